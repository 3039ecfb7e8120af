package asl

import (
	"iter"
	"regexp"
	"slices"
	"strings"

	"github.com/mapjob/mapjob/internal/expression"
	"github.com/mapjob/mapjob/internal/value"
)

// StateType is the Type of a state.
type StateType string

// The eight types of states.
const (
	TaskState     StateType = "Task"
	PassState     StateType = "Pass"
	ChoiceState   StateType = "Choice"
	WaitState     StateType = "Wait"
	SucceedState  StateType = "Succeed"
	FailState     StateType = "Fail"
	ParallelState StateType = "Parallel"
	MapState      StateType = "Map"
)

// State is one state. The fields of its type are in one of Task, Pass, Choice,
// Wait, Fail, Parallel and Map; the others are nil. A Succeed state has only the
// common fields.
type State struct {
	Name          string
	Type          StateType
	Comment       string
	QueryLanguage QueryLanguage
	// Path is the place of the state in the definition, such as
	// $.States.Orders.ItemProcessor.States.Work.
	Path string

	// Next is the next state. It is nil if End is true, and in Choice, Succeed and
	// Fail states.
	Next *State
	End  bool

	// InputPath and OutputPath are nil if the definition does not set them. An
	// explicit null is a path whose Discard is true.
	InputPath  *expression.Path
	OutputPath *expression.Path
	// ResultPath is nil if the definition does not set it, which means "$".
	ResultPath *expression.ReferencePath
	// Parameters holds Parameters in JSONPath and Arguments in JSONata.
	Parameters     *expression.Template
	ResultSelector *expression.Template
	Assign         *expression.Template
	Output         *expression.Template

	Retry []*Retrier
	Catch []*Catcher

	Task     *Task
	Pass     *Pass
	Choice   *Choice
	Wait     *Wait
	Fail     *Fail
	Parallel *Parallel
	Map      *Map
}

// Flows returns the flows nested in the state: the branches of a Parallel state,
// the item processor of a Map state.
func (s *State) Flows() []*Flow {
	switch {
	case s.Parallel != nil:
		return s.Parallel.Branches
	case s.Map != nil:
		return []*Flow{&s.Map.Processor.Flow}
	}
	return nil
}

// Transitions returns an iterator over the states that can follow this one. The
// text says when: "" for Next, the condition of a rule, "default", or the errors
// of a catcher.
func (s *State) Transitions() iter.Seq2[*State, string] {
	return func(yield func(*State, string) bool) {
		if s.Next != nil && !yield(s.Next, "") {
			return
		}
		if s.Choice != nil {
			for _, rule := range s.Choice.Rules {
				if !yield(rule.Next, rule.Text) {
					return
				}
			}
			if s.Choice.Default != nil && !yield(s.Choice.Default, "default") {
				return
			}
		}
		for _, c := range s.Catch {
			if !yield(c.Next, strings.Join(c.ErrorEquals, ", ")) {
				return
			}
		}
	}
}

var stateTypes = []string{"Task", "Pass", "Choice", "Wait", "Succeed", "Fail", "Parallel", "Map"}

func (outer fields) state(name string, v any, path string) (*State, []link) {
	s := &State{Name: name, Path: path}
	object, ok := v.(*value.Object)
	if !ok {
		outer.reader.problem(path, "got %s, expected an object", value.Describe(v))
		return s, nil
	}
	f := fields{reader: outer.reader, path: path, of: "a state", object: object, language: outer.language}
	typeName := f.text("Type")
	if !slices.Contains(stateTypes, typeName) {
		if f.has("Type") {
			f.reader.problem(f.at("Type"), "got %s, expected %s", value.Describe(typeName), oneOf(stateTypes))
		} else {
			f.missing("Type", oneOf(stateTypes))
		}
		return s, nil
	}
	f.of = "a " + typeName + " state"
	s.Type = StateType(typeName)
	s.Comment = f.text("Comment")
	s.QueryLanguage = f.queryLanguage(outer.language)
	if outer.reader.language == JSONata && s.QueryLanguage == JSONPath {
		f.reader.problem(f.at("QueryLanguage"), `got "JSONPath" in a state machine whose QueryLanguage is JSONata, expected "JSONata"`)
	}
	f.language = s.QueryLanguage
	f.refuseOthers(fieldKind(typeName))
	links := f.transition(s, nil)
	f.dataFlow(s)
	switch s.Type {
	case TaskState:
		s.Task = f.task()
	case PassState:
		s.Pass = &Pass{}
		s.Pass.Result, s.Pass.HasResult = f.object.Get("Result")
	case ChoiceState:
		s.Choice, links = f.choice(links)
	case WaitState:
		s.Wait = f.wait()
	case FailState:
		s.Fail = &Fail{Error: f.dynamic("Error", "Error", anyText), Cause: f.dynamic("Cause", "Cause", anyText)}
	case ParallelState:
		s.Parallel = f.parallel()
	case MapState:
		s.Map = f.mapState(s)
	}
	s.Retry = f.retry()
	s.Catch, links = f.catch(links)
	return s, links
}

// transition reads Next and End.
func (f fields) transition(s *State, links []link) []link {
	switch s.Type {
	case ChoiceState, SucceedState, FailState:
		return links
	}
	if end, ok := f.object.Get("End"); ok {
		s.End, ok = end.(bool)
		if !ok {
			f.reader.problem(f.at("End"), "got %s, expected true or false", value.Describe(end))
		}
	}
	switch hasNext := f.has("Next"); {
	case hasNext && s.End:
		f.reader.problem(f.at("End"), "got both Next and End, expected one of them")
	case !hasNext && !s.End:
		f.reader.problem(f.path, "got neither Next nor End, expected one of them")
	}
	return f.link("Next", &s.Next, links)
}

// dataFlow reads the fields that shape input and output.
func (f fields) dataFlow(s *State) {
	if s.Type == FailState {
		return
	}
	// Output and Assign are evaluated after the state's work and may read its
	// result.
	after := f
	switch s.Type {
	case TaskState, ParallelState, MapState:
		after.offer = offersResult
	}
	if f.language == JSONata {
		s.Output = after.template("Output", "Output")
		if s.Type == TaskState || s.Type == ParallelState {
			s.Parameters = f.template("Arguments", "Arguments")
		}
	} else {
		s.InputPath = f.queryPath("InputPath")
		s.OutputPath = f.queryPath("OutputPath")
		switch s.Type {
		case TaskState, PassState, ParallelState:
			s.Parameters = f.template("Parameters", "Parameters")
		}
		s.ResultPath = f.referencePath("ResultPath")
		s.ResultSelector = f.objectTemplate("ResultSelector", "ResultSelector")
	}
	s.Assign = after.assign("Assign")
}

// maxVariableName is the largest number of characters of a variable's name
// (developer guide, "Passing data between states with variables").
const maxVariableName = 80

// variableName matches the name of a variable.
var variableName = regexp.MustCompile(`^[\p{L}_][\p{L}\p{N}_]*$`)

func (f fields) assign(field string) *expression.Template {
	t := f.objectTemplate("Assign", field)
	if v, _ := f.object.Get("Assign"); t != nil {
		object, _ := v.(*value.Object)
		for name := range object.All() {
			if f.language == JSONPath && len(name) > 2 && name[len(name)-2:] == ".$" {
				name = name[:len(name)-2]
			}
			switch {
			case name == "states":
				f.reader.problem(step(f.at("Assign"), name), `got the name "states", which is reserved, expected another name`)
			case !variableName.MatchString(name):
				f.reader.problem(step(f.at("Assign"), name), "got %q, expected a name of letters, digits and underscores that does not start with a digit", name)
			case len([]rune(name)) > maxVariableName && !f.reader.anySize:
				f.reader.problem(step(f.at("Assign"), name), "got a variable name of %d characters, expected at most %d", len([]rune(name)), maxVariableName)
			}
		}
	}
	return t
}
