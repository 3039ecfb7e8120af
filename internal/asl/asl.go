// Package asl parses the Amazon States Language into an immutable definition.
//
// [Parse] reports every problem of a definition at once, each with the path of
// the field, what it got and what it expected, and leaves nothing to be found
// out by a run that a reader of the definition could have known: expressions
// are compiled, references are resolved, fields that a state does not have are
// refused. What changes while a state machine runs is no part of this package;
// an expression sees it through a [Scope].
//
// The language is that of https://states-language.net/spec.html as AWS Step
// Functions runs it (developer guide, "Amazon States Language").
package asl

import "iter"

// QueryLanguage is the language of the expressions in a state.
type QueryLanguage string

// The two query languages. A state machine that names none is JSONPath.
const (
	JSONPath QueryLanguage = "JSONPath"
	JSONata  QueryLanguage = "JSONata"
)

// StateMachine is a definition. It is immutable and may be run any number of
// times at once.
type StateMachine struct {
	Flow
	Comment       string
	Version       string
	QueryLanguage QueryLanguage
	// TimeoutSeconds is how long an execution may take; 0 is without limit.
	TimeoutSeconds int64
	// Definition is the text that was parsed.
	Definition []byte
	unresolved Problems
}

// Flow is a set of states and the one that comes first: a state machine, a
// branch of a Parallel state or the processor of a Map state.
type Flow struct {
	StartAt string
	// Start is the state that StartAt names.
	Start *State
	// States stand in the order of the definition.
	States []*State
	byName map[string]*State
}

// State is the state of that name, or nil.
func (f *Flow) State(name string) *State { return f.byName[name] }

// AllStates yields every state of the flow and of the flows inside it, a
// state before what is nested in it.
func (f *Flow) AllStates() iter.Seq[*State] {
	return func(yield func(*State) bool) { f.all(yield) }
}

func (f *Flow) all(yield func(*State) bool) bool {
	for _, s := range f.States {
		if !yield(s) {
			return false
		}
		for _, inner := range s.Flows() {
			if !inner.all(yield) {
				return false
			}
		}
	}
	return true
}

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

// State is one state. What its type has beside the common fields stands in
// the one of Task, Pass, Choice, Wait, Fail, Parallel and Map that is not nil;
// Succeed has nothing more.
type State struct {
	Name          string
	Type          StateType
	Comment       string
	QueryLanguage QueryLanguage
	// Path is where the state stands in the definition, such as
	// $.States.Orders.ItemProcessor.States.Work.
	Path string

	// Next is the state that follows, nil where End is true and in Choice,
	// Succeed and Fail.
	Next *State
	End  bool

	// InputPath and OutputPath are nil where the definition has none. An
	// explicit null is a path whose Discard is true.
	InputPath  *Path
	OutputPath *Path
	// ResultPath is nil where the definition has none, as for "$".
	ResultPath *ReferencePath
	// Parameters is Parameters in JSONPath and Arguments in JSONata.
	Parameters     *Template
	ResultSelector *Template
	Assign         *Template
	Output         *Template

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

// Flows are the flows nested in the state: branches, or the item processor.
func (s *State) Flows() []*Flow {
	switch {
	case s.Parallel != nil:
		return s.Parallel.Branches
	case s.Map != nil:
		return []*Flow{&s.Map.Processor.Flow}
	}
	return nil
}

// Transitions yields every state that can come after this one, with a word
// about when: "" for Next, a condition for a choice, "default", or the errors
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
			if !yield(c.Next, joinErrors(c.ErrorEquals)) {
				return
			}
		}
	}
}

// Pass is what a Pass state has of its own.
type Pass struct {
	// Result is the literal result, meaningful where HasResult is true.
	Result    any
	HasResult bool
}

// Wait is what a Wait state has of its own: exactly one of the two.
type Wait struct {
	Seconds   *Dynamic
	Timestamp *Dynamic
}

// Fail is what a Fail state has of its own; either may be nil.
type Fail struct {
	Error *Dynamic
	Cause *Dynamic
}

// Parallel is what a Parallel state has of its own.
type Parallel struct{ Branches []*Flow }
