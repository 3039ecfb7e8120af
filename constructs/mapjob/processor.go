package mapjob

import (
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/mapjob/mapjob/constructs/internal/refusal"
)

// onlyJSONPath are the fields that a state has in JSONPath alone (Amazon States
// Language, "Transforming data").
var onlyJSONPath = []string{
	"InputPath", "OutputPath", "ResultPath", "Parameters", "ResultSelector", "ItemsPath", "SecondsPath", "TimestampPath",
	"TimeoutSecondsPath", "HeartbeatSecondsPath", "ErrorPath", "CausePath", "MaxConcurrencyPath", "ToleratedFailureCountPath", "ToleratedFailurePercentagePath",
}

// validateProcessor looks at the states of a person's own, as the definition
// will have them, where CreateStateMachine would refuse them or they could not
// run to their end. What is inside of a Parallel or a Map state is not to be
// seen before the definition is made: see validateInside.
func (p *Props) validateProcessor(found *refusal.Problems) {
	for _, state := range *awsstepfunctions.State_FindReachableStates(p.Processor.StartState(), nil) {
		eachState(*state.StateId(), *state.ToStateJson(awsstepfunctions.QueryLanguage_JSONATA), func(name string, state map[string]any) {
			p.validateState(name, state, found)
		})
	}
}

// validateInside looks at the states inside of the processor's, once they are
// bound to a definition.
func (p *Props) validateInside(processor awsstepfunctions.State) (found refusal.Problems) {
	eachState("Processor", *processor.ToStateJson(awsstepfunctions.QueryLanguage_JSONATA), func(name string, state map[string]any) {
		p.validateState(name, state, &found)
	})
	return found
}

func (p *Props) validateState(name string, state map[string]any, found *refusal.Problems) {
	for _, field := range onlyJSONPath {
		if _, there := state[field]; there {
			found.Add("Processor: got state %q with %s, which is JSONPath, expected JSONata: in the CDK, the constructors and functions that end in Jsonata", name, field)
			return
		}
	}
	if p.Children != ExpressChildren {
		return
	}
	const refused = "Processor: got state %q, which %s, with %q Children, expected %q: Express executions last at most %d s and wait for nobody"
	resource, _ := state["Resource"].(string)
	waits := func(ending string) bool { return strings.HasSuffix(resource, ending) }
	switch seconds, _ := state["Seconds"].(float64); {
	case slices.ContainsFunc([]string{".sync", ".sync:2", ".waitForTaskToken"}, waits):
		found.Add(refused, name, "waits for an answer", ExpressChildren, StandardChildren, maxExpressSeconds)
	case strings.Contains(resource, ":activity:"):
		found.Add(refused, name, "is an activity", ExpressChildren, StandardChildren, maxExpressSeconds)
	case state["Type"] == "Wait" && seconds >= maxExpressSeconds:
		found.Add(refused, name, "waits too long", ExpressChildren, StandardChildren, maxExpressSeconds)
	}
}

// eachState visits a state and those inside of it.
func eachState(name string, state map[string]any, visit func(name string, state map[string]any)) {
	visit(name, state)
	inside, _ := state["Branches"].([]any)
	for _, field := range []string{"ItemProcessor", "Iterator"} {
		inside = append(inside, state[field])
	}
	for _, machine := range inside {
		machine, _ := machine.(map[string]any)
		states, _ := machine["States"].(map[string]any)
		for inner, state := range states {
			if state, ok := state.(map[string]any); ok {
				eachState(inner, state, visit)
			}
		}
	}
}
