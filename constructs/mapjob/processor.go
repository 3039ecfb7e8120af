package mapjob

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/mapjob/mapjob/constructs/internal/refusal"
	"github.com/mapjob/mapjob/internal/protocol"
)

// jsonPathFields are the fields that only a state in JSONPath has (Amazon States
// Language, "Transforming data").
var jsonPathFields = []string{
	"InputPath", "OutputPath", "ResultPath", "Parameters", "ResultSelector", "ItemsPath", "SecondsPath", "TimestampPath",
	"TimeoutSecondsPath", "HeartbeatSecondsPath", "ErrorPath", "CausePath", "MaxConcurrencyPath", "ToleratedFailureCountPath", "ToleratedFailurePercentagePath",
}

// validateStates checks the states of a Processor: CreateStateMachine would refuse
// them, or they could not run to their end. The states inside a Parallel or a Map
// state can be seen only when they are part of a state machine.
func (s *settings) validateStates(processor awsstepfunctions.State) (found refusal.Problems) {
	const own = "the job's own Map"
	labels := map[string]string{protocol.MapLabel: own, protocol.RerunMapLabel: own}
	eachState(protocol.StateProcessor, *processor.ToStateJson(awsstepfunctions.QueryLanguage_JSONATA), func(name string, state map[string]any) {
		s.validateState(name, state, &found)
		if n := utf8.RuneCountInString(name); n > maxStateName {
			found.Add("Processor: got a name of %d characters, %q, expected at most %d", n, name, maxStateName)
		}
		if label := labelOf(state); label != "" {
			validateLabel(label, name, labels, &found)
		}
	})
	return found
}

// Limits of names in a definition (Amazon States Language, "States"; Step Functions
// developer guide, "Distributed Map", Label).
const (
	maxStateName = 80
	maxLabel     = 40
)

// validateLabel checks the label of a state. The labels of a definition are unique:
// labels has those of other states, by label.
func validateLabel(label, name string, labels map[string]string, found *refusal.Problems) {
	if n := utf8.RuneCountInString(label); n > maxLabel {
		found.Add("Processor: got a label of %d characters of state %q, expected at most %d", n, name, maxLabel)
	}
	if other, taken := labels[label]; taken {
		found.Add("Processor: got the label %q of state %q, which %s has too, expected another one", label, name, other)
	}
	labels[label] = fmt.Sprintf("state %q", name)
}

func (s *settings) validateState(name string, state map[string]any, found *refusal.Problems) {
	for _, field := range jsonPathFields {
		if _, ok := state[field]; ok {
			found.Add("Processor: got state %q with %s, which is JSONPath, expected JSONata: in the CDK, the constructors and functions that end in Jsonata", name, field)
			return
		}
	}
	if !s.mode.express {
		return
	}
	refuse := func(what string) {
		found.Add("Processor: got state %q, which %s, with %q Children, expected %q: Express executions last %d s at most and can't wait for an answer",
			name, what, ExpressChildren, StandardChildren, maxExpressSeconds)
	}
	resource, _ := state["Resource"].(string)
	waits := func(ending string) bool { return strings.HasSuffix(resource, ending) }
	switch seconds, _ := state["Seconds"].(float64); {
	case slices.ContainsFunc([]string{".sync", ".sync:2", ".waitForTaskToken"}, waits):
		refuse("waits for an answer")
	case strings.Contains(resource, ":activity:"):
		refuse("is an activity")
	case state["Type"] == "Wait" && seconds >= maxExpressSeconds:
		refuse("waits too long")
	}
}

// eachState visits a state and the states inside it, by their names.
func eachState(name string, state map[string]any, visit func(name string, state map[string]any)) {
	visit(name, state)
	for _, machine := range machinesIn(state) {
		states, _ := machine["States"].(map[string]any)
		for _, inner := range slices.Sorted(maps.Keys(states)) {
			if state, ok := states[inner].(map[string]any); ok {
				eachState(inner, state, visit)
			}
		}
	}
}

// machinesIn returns the state machines inside a state.
func machinesIn(state map[string]any) (machines []map[string]any) {
	branches, _ := state["Branches"].([]any)
	for _, machine := range append(slices.Clone(branches), state["ItemProcessor"], state["Iterator"]) {
		if machine, ok := machine.(map[string]any); ok {
			machines = append(machines, machine)
		}
	}
	return machines
}
