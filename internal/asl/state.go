package asl

import (
	"iter"
	"slices"
	"strings"
	"unicode"

	"github.com/mapjob/mapjob/internal/asl/fields"
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

// flows returns the flows nested in the state: the branches of a Parallel state,
// the item processor of a Map state.
func (s *State) flows() []*Flow {
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

func (p *parser) state(outer fields.Object, name string, v any, path string) (*State, []link) {
	s := &State{Name: name, Path: path}
	object, ok := v.(*value.Object)
	if !ok {
		outer.Document.Problem(path, "got %s, expected an object", value.Describe(v))
		return s, nil
	}
	f := fields.Object{Document: outer.Document, Path: path, Of: "a state", Value: object, Language: outer.Language}
	typeName := f.Text("Type")
	if !slices.Contains(stateTypes, typeName) {
		if f.Has("Type") {
			f.Document.Problem(f.At("Type"), "got %s, expected %s", value.Describe(typeName), fields.Alternatives(stateTypes))
		} else {
			f.Missing("Type", fields.Alternatives(stateTypes))
		}
		return s, nil
	}
	f.Of = "a " + typeName + " state"
	s.Type = StateType(typeName)
	s.Comment = f.Text("Comment")
	s.QueryLanguage = p.queryLanguage(f, outer.Language)
	if p.language == JSONata && s.QueryLanguage == JSONPath {
		f.Document.Problem(f.At("QueryLanguage"), `got "JSONPath" in a state machine whose QueryLanguage is JSONata, expected "JSONata"`)
	}
	f.Language = s.QueryLanguage
	f.RefuseOthers(fields.Kind(typeName))
	links := p.transition(f, s, nil)
	p.dataFlow(f, s)
	switch s.Type {
	case TaskState:
		s.Task = p.task(f)
	case PassState:
		s.Pass = &Pass{}
		s.Pass.Result, _ = f.Get("Result")
	case ChoiceState:
		s.Choice, links = p.choice(f, links)
	case WaitState:
		s.Wait = p.wait(f)
	case FailState:
		s.Fail = &Fail{Error: f.Dynamic("Error", "Error", fields.AnyText()), Cause: f.Dynamic("Cause", "Cause", fields.AnyText())}
	case ParallelState:
		s.Parallel = p.parallel(f)
	case MapState:
		s.Map = p.mapState(f)
	}
	s.Retry = p.retry(f)
	s.Catch, links = p.catch(f, links)
	return s, links
}

// transition reads Next and End.
func (p *parser) transition(f fields.Object, s *State, links []link) []link {
	switch s.Type {
	case ChoiceState, SucceedState, FailState:
		return links
	}
	if end, ok := f.Get("End"); ok {
		s.End, ok = end.(bool)
		if !ok {
			f.Document.Problem(f.At("End"), "got %s, expected true or false", value.Describe(end))
		}
	}
	switch hasNext := f.Has("Next"); {
	case hasNext && s.End:
		f.Document.Problem(f.At("End"), "got both Next and End, expected one of them")
	case !hasNext && !s.End:
		f.Document.Problem(f.Path, "got neither Next nor End, expected one of them")
	}
	return p.link(f, "Next", &s.Next, links)
}

// dataFlow reads the fields that shape input and output.
func (p *parser) dataFlow(f fields.Object, s *State) {
	if s.Type == FailState {
		return
	}
	// Output and Assign are evaluated after the state's work and may read its
	// result.
	after := f
	switch s.Type {
	case TaskState, ParallelState, MapState:
		after.Offer = fields.Result
	}
	if f.Language == JSONata {
		s.Output = after.Template("Output", "Output")
		if s.Type == TaskState || s.Type == ParallelState {
			s.Parameters = f.Template("Arguments", "Arguments")
		}
	} else {
		s.InputPath = f.JSONPath("InputPath")
		s.OutputPath = f.JSONPath("OutputPath")
		switch s.Type {
		case TaskState, PassState, ParallelState:
			s.Parameters = f.Template("Parameters", "Parameters")
		}
		s.ResultPath = f.ReferencePath("ResultPath")
		s.ResultSelector = f.ObjectTemplate("ResultSelector", "ResultSelector")
	}
	s.Assign = p.assign(after, "Assign")
}

// maxVariableName is the largest number of characters of a variable's name
// (developer guide, "Passing data between states with variables").
const maxVariableName = 80

// isVariableName reports whether a name is an identifier as Unicode's UAX #31
// defines it (developer guide, "Variable name syntax").
func isVariableName(name string) bool {
	starts := []*unicode.RangeTable{unicode.L, unicode.Nl, unicode.Other_ID_Start}
	continues := append([]*unicode.RangeTable{unicode.Mn, unicode.Mc, unicode.Nd, unicode.Pc, unicode.Other_ID_Continue}, starts...)
	for i, c := range name {
		if unicode.In(c, unicode.Pattern_Syntax, unicode.Pattern_White_Space) || i == 0 && !unicode.In(c, starts...) || !unicode.In(c, continues...) {
			return false
		}
	}
	return name != ""
}

func (p *parser) assign(f fields.Object, field string) *expression.Template {
	t := f.ObjectTemplate("Assign", field)
	if v, _ := f.Get("Assign"); t != nil {
		object, _ := v.(*value.Object)
		for name := range object.All() {
			if f.Language == JSONPath && len(name) > 2 && name[len(name)-2:] == ".$" {
				name = name[:len(name)-2]
			}
			p.scopes.Assign(name, fields.Step(f.At("Assign"), name))
			switch {
			case name == "states":
				f.Document.Problem(fields.Step(f.At("Assign"), name), `got the name "states", which is reserved, expected another name`)
			case !isVariableName(name):
				f.Document.Problem(fields.Step(f.At("Assign"), name), "got %q, expected a name of letters, digits and underscores that starts with a letter", name)
			case len([]rune(name)) > maxVariableName && !p.anySize:
				f.Document.Problem(fields.Step(f.At("Assign"), name), "got a variable name of %d characters, expected at most %d", len([]rune(name)), maxVariableName)
			}
		}
	}
	return t
}
