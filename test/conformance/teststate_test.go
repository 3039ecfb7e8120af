package conformance

import (
	"regexp"

	"github.com/mapjob/mapjob/internal/value"
)

// oneState returns a state machine around the single state of a TestState call.
// Every state that it can go to ends the execution.
func (c *recorded) oneState(state *value.Object) any {
	name := text(c.Object, "testState", "stateName")
	if name == "" {
		name = "State"
	}
	states := value.NewObject(name, state)
	for _, next := range targets(state) {
		if next != name {
			states.Set(next, value.NewObject("Type", "Pass", "End", true))
		}
	}
	machine := value.NewObject("StartAt", name, "States", states)
	if language := text(state, "QueryLanguage"); language != "" {
		machine.Set("QueryLanguage", language)
	}
	return machine
}

// targets returns the states that a state can go to.
func targets(state *value.Object) []string {
	var names []string
	for _, field := range []string{"Next", "Default"} {
		if name := text(state, field); name != "" {
			names = append(names, name)
		}
	}
	for _, field := range []string{"Choices", "Catch"} {
		for _, rule := range list(state, field) {
			if name := text(rule, "Next"); name != "" {
				names = append(names, name)
			}
		}
	}
	return names
}

// prefix opens the causes of an execution, and not those of TestState.
var prefix = regexp.MustCompile(`^An error occurred while executing the state '.*?' \(entered at the event id #\d+\)\. `)

func (c *recorded) tests() bool { return text(c.Object, "api") == "TestState" }
