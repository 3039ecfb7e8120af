package asl

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mapjob/mapjob/internal/value"
)

// What AWS allows (developer guide, "Step Functions service quotas").
const (
	maxDefinitionBytes = 1 << 20
	maxStateName       = 80
	maxSeconds         = 99999999
)

// maxNesting is how deep a definition may nest objects and arrays: no
// definition that a person writes comes near.
const maxNesting = 500

func deeper(v any, than int) bool {
	switch v := v.(type) {
	case []any:
		return than == 0 || slices.ContainsFunc(v, func(x any) bool { return deeper(x, than-1) })
	case *value.Object:
		for _, x := range v.All() {
			if deeper(x, than-1) {
				return true
			}
		}
		return than <= 0
	}
	return false
}

// Option changes how [Parse] reads a definition.
type Option func(*reader)

// WithoutSizeLimits takes definitions and names of any length. Default: those
// that are longer than the service allows are problems.
func WithoutSizeLimits() Option { return func(r *reader) { r.anySize = true } }

// Parse reads a definition. The error is [Problems], with everything that is
// wrong at once.
func Parse(definition []byte, options ...Option) (*StateMachine, error) {
	r := &reader{names: map[string]string{}}
	for _, option := range options {
		option(r)
	}
	if len(definition) > maxDefinitionBytes && !r.anySize {
		r.problem("$", "got a definition of %d bytes, expected at most %d", len(definition), maxDefinitionBytes)
		return nil, r.problems
	}
	text := definition
	v, err := value.Parse(text)
	if err != nil {
		text = quoteSubstitutions(definition)
		if quoted, again := value.Parse(text); again == nil {
			v, err = quoted, nil
		}
	}
	if err != nil {
		r.problem("$", "got text that is not JSON, expected a JSON object: %v", err)
		var syntax *jsontext.SyntacticError
		if errors.As(err, &syntax) {
			r.problems[0].Line = 1 + bytes.Count(definition[:min(int(syntax.ByteOffset), len(definition))], []byte("\n"))
		}
		return nil, r.problems
	}
	if deeper(v, maxNesting) {
		r.problem("$", "got values nested more than %d deep, expected fewer", maxNesting)
		return nil, r.problems
	}
	m := r.stateMachine(v)
	if len(r.problems) > 0 {
		r.problems.locate(text)
		return nil, r.problems
	}
	r.unresolved.locate(text)
	m.unresolved = r.unresolved
	m.Definition = bytes.Clone(definition)
	return m, nil
}

func (r *reader) stateMachine(v any) *StateMachine {
	f, ok := r.fields(v, "$", "a state machine", kindMachine, JSONata)
	if !ok {
		return nil
	}
	m := &StateMachine{
		Comment:       f.text("Comment"),
		Version:       f.oneOf("Version", "1.0", "1.0"),
		QueryLanguage: f.queryLanguage(JSONPath),
	}
	r.language = m.QueryLanguage
	f.language = m.QueryLanguage
	m.TimeoutSeconds, _ = f.integer("TimeoutSeconds", 1, maxSeconds)
	f.flow(&m.Flow)
	return m
}

// ends reports whether a flow has a state at which it ends.
func (f *Flow) ends() bool {
	return slices.ContainsFunc(f.States, func(s *State) bool {
		return s.End || s.Type == SucceedState || s.Type == FailState
	})
}

// queryLanguage is the QueryLanguage of a machine, a flow or a state. A state
// inside a JSONata machine can't go back to JSONPath, see the developer guide,
// "Transforming data with JSONata".
func (f fields) queryLanguage(outer QueryLanguage) QueryLanguage {
	language := QueryLanguage(f.oneOf("QueryLanguage", string(outer), string(JSONPath), string(JSONata)))
	if language != JSONPath && language != JSONata {
		return outer
	}
	return language
}

// flow reads StartAt and States and resolves the transitions between them.
func (f fields) flow(flow *Flow) {
	flow.byName = map[string]*State{}
	flow.StartAt = f.text("StartAt")
	if !f.has("StartAt") {
		f.missing("StartAt", "the name of a state")
	}
	states, ok := f.object.Get("States")
	if !ok {
		f.missing("States", "an object of states")
		return
	}
	object, ok := states.(*value.Object)
	if !ok || object.Len() == 0 {
		f.problem(f.at("States"), "got %s, expected an object with at least one state", describeEmpty(states))
		return
	}
	var links []link
	problems := len(f.problems)
	for name, v := range object.All() {
		path := step(f.at("States"), name)
		if n := len([]rune(name)); n > maxStateName && !f.anySize || n == 0 {
			f.problem(path, "got a state name of %d characters, expected 1 to %d", n, maxStateName)
		}
		if first, taken := f.names[name]; taken {
			f.problem(path, "got a second state named %q, expected names to be unique in the state machine; the first is %s", name, first)
		} else {
			f.names[name] = path
		}
		s, more := f.state(name, v, path)
		links = append(links, more...)
		flow.States = append(flow.States, s)
		flow.byName[name] = s
	}
	wellFormed := len(f.problems) == problems
	if flow.StartAt != "" {
		flow.Start = flow.byName[flow.StartAt]
		if flow.Start == nil {
			f.known(f.at("StartAt"), missingTarget(flow.StartAt, f.at("StartAt")), "got %q, expected the name of a state in States", flow.StartAt)
		}
	}
	for _, l := range links {
		*l.to = flow.byName[l.name]
		if *l.to == nil {
			f.known(l.path, missingTarget(l.name, l.path), "got %q, expected the name of a state in %s", l.name, f.at("States"))
		}
	}
	// The service looks at the transitions of states that are as they should be,
	// and says nothing of unreachable states where there is no end to reach.
	if wellFormed && f.path == "$" && !flow.ends() {
		f.known(f.at("States"), "MISSING_END_STATE: Workflow has no terminal state at null",
			"got no state at which the state machine ends, expected one with End, or of type Succeed or Fail")
		return
	}
	f.unreachable(flow)
}

func describeEmpty(v any) string {
	if object, ok := v.(*value.Object); ok && object.Len() == 0 {
		return "an empty object"
	}
	return describe(v)
}

// unreachable reports states that no transition leads to, as AWS does
// (MISSING_TRANSITION_TARGET).
func (f fields) unreachable(flow *Flow) {
	if flow.Start == nil {
		return
	}
	seen := map[*State]bool{flow.Start: true}
	for queue := []*State{flow.Start}; len(queue) > 0; queue = queue[1:] {
		for next := range queue[0].Transitions() {
			if next == nil { // reported where it is named
				return
			}
			if !seen[next] {
				seen[next] = true
				queue = append(queue, next)
			}
		}
	}
	for _, s := range flow.States {
		if !seen[s] {
			f.known(s.Path, fmt.Sprintf(`MISSING_TRANSITION_TARGET: State "%s" is not reachable. at %s`, s.Name, pointer(s.Path)),
				"got a state that no transition leads to, expected it to be reachable from %q", flow.StartAt)
		}
	}
}

// link is a transition whose target is resolved when all states are read.
type link struct {
	to   **State
	name string
	path string
}

// missingTarget is the service's text for a transition to nowhere, which says
// Next of Default and StartAt, too.
func missingTarget(name, path string) string {
	return fmt.Sprintf("MISSING_TRANSITION_TARGET: Missing 'Next' target: %s at %s", name, pointer(path))
}

func (f fields) link(name string, to **State, links []link) []link {
	target, ok := f.object.Get(name)
	if !ok {
		return links
	}
	text, ok := target.(string)
	if !ok {
		f.problem(f.at(name), "got %s, expected the name of a state", describe(target))
		return links
	}
	return append(links, link{to, text, f.at(name)})
}

var stateTypes = []string{"Task", "Pass", "Choice", "Wait", "Succeed", "Fail", "Parallel", "Map"}

func (outer fields) state(name string, v any, path string) (*State, []link) {
	s := &State{Name: name, Path: path}
	object, ok := v.(*value.Object)
	if !ok {
		outer.problem(path, "got %s, expected an object", describe(v))
		return s, nil
	}
	f := fields{reader: outer.reader, path: path, of: "a state", object: object, language: outer.language}
	typeName := f.text("Type")
	if !slices.Contains(stateTypes, typeName) {
		if f.has("Type") {
			f.problem(f.at("Type"), "got %s, expected %s", describe(typeName), oneOf(stateTypes))
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
		f.problem(f.at("QueryLanguage"), `got "JSONPath" in a state machine whose QueryLanguage is JSONata, expected "JSONata"`)
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
			f.problem(f.at("End"), "got %s, expected true or false", describe(end))
		}
	}
	switch hasNext := f.has("Next"); {
	case hasNext && s.End:
		f.problem(f.at("End"), "got both Next and End, expected one of them")
	case !hasNext && !s.End:
		f.problem(f.path, "got neither Next nor End, expected one of them")
	}
	return f.link("Next", &s.Next, links)
}

// dataFlow reads the fields that shape input and output.
func (f fields) dataFlow(s *State) {
	if s.Type == FailState {
		return
	}
	// What follows the state's work may read its result.
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

// maxVariableName is the number of characters of a variable's name (developer
// guide, "Passing data between states with variables").
const maxVariableName = 80

func (f fields) assign(field string) *Template {
	t := f.objectTemplate("Assign", field)
	if v, _ := f.object.Get("Assign"); t != nil {
		object, _ := v.(*value.Object)
		for name := range object.All() {
			if f.language == JSONPath && len(name) > 2 && name[len(name)-2:] == ".$" {
				name = name[:len(name)-2]
			}
			switch {
			case name == "states":
				f.problem(step(f.at("Assign"), name), `got the name "states", which is reserved, expected another name`)
			case !variableName.MatchString(name):
				f.problem(step(f.at("Assign"), name), "got %q, expected a name of letters, digits and underscores that does not start with a digit", name)
			case len([]rune(name)) > maxVariableName && !f.anySize:
				f.problem(step(f.at("Assign"), name), "got a variable name of %d characters, expected at most %d", len([]rune(name)), maxVariableName)
			}
		}
	}
	return t
}

func (f fields) wait() *Wait {
	w := &Wait{
		Seconds: f.dynamic("Seconds", "Seconds", wholeIn(0, maxSeconds)),
		Timestamp: f.dynamic("Timestamp", "Timestamp", dynamicKind{
			literal: func(v any) bool {
				text, ok := v.(string)
				if ok {
					_, ok = ParseTimestamp(text)
				}
				return ok
			},
			expected:    `a timestamp such as "2026-03-14T01:59:00Z"`,
			expressions: true,
		}),
	}
	n := 0
	for _, name := range []string{"Seconds", "SecondsPath", "Timestamp", "TimestampPath"} {
		if f.has(name) {
			n++
		}
	}
	if n != 1 {
		f.problem(f.path, "got %d of Seconds, SecondsPath, Timestamp and TimestampPath, expected exactly one", n)
	}
	return w
}

func (f fields) parallel() *Parallel {
	p := &Parallel{}
	branches := f.list("Branches", "branches")
	if len(branches) == 0 {
		f.problem(f.at("Branches"), "got no branch, expected at least one")
	}
	for i, v := range branches {
		flow := &Flow{}
		p.Branches = append(p.Branches, flow)
		branch, ok := f.reader.fields(v, element(f.at("Branches"), i), "a branch", kindBranch, f.flowLanguage(v))
		if ok {
			branch.flow(flow)
		}
	}
	return p
}

// flowLanguage is the query language of a nested flow: without its own, that of
// the state machine, whatever the state around it has.
func (f fields) flowLanguage(v any) QueryLanguage {
	if object, ok := v.(*value.Object); ok {
		if language, ok := object.Get("QueryLanguage"); ok && language == string(JSONata) {
			return JSONata
		}
	}
	return f.reader.language
}
