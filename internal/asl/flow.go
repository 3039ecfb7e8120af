package asl

import (
	"fmt"
	"iter"
	"slices"

	"github.com/mapjob/mapjob/internal/asl/fields"
	"github.com/mapjob/mapjob/internal/value"
)

// Flow is a set of states and the first of them: a state machine, a branch of a
// Parallel state or the processor of a Map state.
type Flow struct {
	StartAt string
	// Start is the state that StartAt names.
	Start *State
	// States is in the order of the definition.
	States []*State
	byName map[string]*State
}

// State returns the state with the given name, or nil.
func (f *Flow) State(name string) *State { return f.byName[name] }

// AllStates returns an iterator over the states of the flow and of the flows
// nested in it. A state comes before its nested states.
func (f *Flow) AllStates() iter.Seq[*State] {
	return func(yield func(*State) bool) { f.all(yield) }
}

func (f *Flow) all(yield func(*State) bool) bool {
	for _, s := range f.States {
		if !yield(s) {
			return false
		}
		for _, inner := range s.flows() {
			if !inner.all(yield) {
				return false
			}
		}
	}
	return true
}

// ends reports whether a state of the flow ends it.
func (f *Flow) ends() bool {
	return slices.ContainsFunc(f.States, func(s *State) bool {
		return s.End || s.Type == SucceedState || s.Type == FailState
	})
}

// flow reads StartAt and States and resolves the transitions.
func (p *parser) flow(f fields.Object, flow *Flow) {
	defer p.scopes.Enter()()
	flow.byName = map[string]*State{}
	flow.StartAt = f.Text("StartAt")
	if !f.Has("StartAt") {
		f.Missing("StartAt", "the name of a state")
	}
	states, ok := f.Get("States")
	if !ok {
		f.Missing("States", "an object of states")
		return
	}
	object, ok := states.(*value.Object)
	if !ok || object.Len() == 0 {
		f.Document.Problem(f.At("States"), "got %s, expected an object with at least one state", describeEmpty(states))
		return
	}
	var links []link
	problems := len(f.Document.Problems)
	for name, v := range object.All() {
		path := fields.Step(f.At("States"), name)
		if n := len([]rune(name)); n > maxStateName && !p.anySize || n == 0 {
			f.Document.Problem(path, "got a state name of %d characters, expected 1 to %d", n, maxStateName)
		}
		if first, taken := p.names[name]; taken {
			f.Document.Problem(path, "got a second state named %q, expected a name that is unique in the state machine; the first is %s", name, first)
		} else {
			p.names[name] = path
		}
		s, more := p.state(f, name, v, path)
		links = append(links, more...)
		flow.States = append(flow.States, s)
		flow.byName[name] = s
	}
	wellFormed := len(f.Document.Problems) == problems
	if flow.StartAt != "" {
		flow.Start = flow.byName[flow.StartAt]
		if flow.Start == nil {
			f.Document.Known(f.At("StartAt"), missingTarget(flow.StartAt, f.At("StartAt")), "got %q, expected the name of a state in States", flow.StartAt)
		}
	}
	for _, l := range links {
		*l.to = flow.byName[l.name]
		if *l.to == nil {
			f.Document.Known(l.path, missingTarget(l.name, l.path), "got %q, expected the name of a state in %s", l.name, f.At("States"))
		}
	}
	// AWS checks transitions only if the states are valid, and does not report
	// unreachable states if no state ends the state machine.
	if wellFormed && f.Path == "$" && !flow.ends() {
		f.Document.Known(f.At("States"), "MISSING_END_STATE: Workflow has no terminal state at null",
			"got no state that ends the state machine, expected one with End, or of type Succeed or Fail")
		return
	}
	p.unreachable(f, flow)
}

// flowLanguage returns the query language of a nested flow. The default is that of
// the state machine, not that of the state around the flow.
func (p *parser) flowLanguage(v any) QueryLanguage {
	if object, ok := v.(*value.Object); ok {
		if language, ok := object.Get("QueryLanguage"); ok && language == string(JSONata) {
			return JSONata
		}
	}
	return p.language
}

// queryLanguage reads the QueryLanguage of a state machine, a flow or a state.
func (p *parser) queryLanguage(f fields.Object, outer QueryLanguage) QueryLanguage {
	language := QueryLanguage(f.OneOf("QueryLanguage", string(outer), string(JSONPath), string(JSONata)))
	if language != JSONPath && language != JSONata {
		return outer
	}
	return language
}

func describeEmpty(v any) string {
	if object, ok := v.(*value.Object); ok && object.Len() == 0 {
		return "an empty object"
	}
	return value.Describe(v)
}

// unreachable reports states that no transition leads to, as AWS does
// (MISSING_TRANSITION_TARGET).
func (p *parser) unreachable(f fields.Object, flow *Flow) {
	if flow.Start == nil {
		return
	}
	seen := map[*State]bool{flow.Start: true}
	for queue := []*State{flow.Start}; len(queue) > 0; queue = queue[1:] {
		for next := range queue[0].Transitions() {
			if next == nil { // already reported
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
			f.Document.Known(s.Path, fmt.Sprintf(`MISSING_TRANSITION_TARGET: State "%s" is not reachable. at %s`, s.Name, fields.Pointer(s.Path)),
				"got a state that no transition leads to, expected one that is reachable from %q", flow.StartAt)
		}
	}
}

// link is a transition whose target is resolved after all states are read.
type link struct {
	to   **State
	name string
	path string
}

// missingTarget returns AWS's text for a transition to a state that does not
// exist. AWS calls it Next in Default and StartAt, too.
func missingTarget(name, path string) string {
	return fmt.Sprintf("MISSING_TRANSITION_TARGET: Missing 'Next' target: %s at %s", name, fields.Pointer(path))
}

func (p *parser) link(f fields.Object, name string, to **State, links []link) []link {
	target, ok := f.Get(name)
	if !ok {
		return links
	}
	text, ok := target.(string)
	if !ok {
		f.Document.Problem(f.At(name), "got %s, expected the name of a state", value.Describe(target))
		return links
	}
	return append(links, link{to, text, f.At(name)})
}
