package mapjob

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/internal/jsonata"
	"github.com/mapjob/mapjob/internal/protocol"
)

// rerunPrefix begins the names of the states inside the Map of a rerun.
var rerunPrefix = strings.TrimSuffix(protocol.StateRerunMap, protocol.StateMap)

// rerunMapBefore returns the Map for the items of a rerun, if the job's Map reads
// another format: a definition can't compute an item reader's format. It is the other
// Map, with its states, under other names, because those of a definition are unique.
// It continues with next.
func (b *builder) rerunMapBefore(next awsstepfunctions.IChainable, other awsstepfunctions.DistributedMap) awsstepfunctions.CustomState {
	state := rendered(*other.ToStateJson(awsstepfunctions.QueryLanguage_JSONATA)).(map[string]any)
	for _, field := range []string{"Next", "End", "Catch", "Items"} {
		delete(state, field)
	}
	reader := lines()
	state["Label"] = protocol.RerunMapLabel
	state["ItemReader"] = rendered(reader.forMap().Render(awsstepfunctions.QueryLanguage_JSONATA))
	state["ItemBatcher"].(map[string]any)["MaxItemsPerBatch"] = upTo(b.settings.mode.batchSize)
	taken := map[string]bool{}
	eachState(protocol.StateMap, state, func(name string, _ map[string]any) { taken[name] = true })
	renameInner(state, func(name string) string {
		for name = rerunPrefix + name; taken[name]; name = rerunPrefix + name {
		}
		return name
	})
	custom := awsstepfunctions.NewCustomState(b.scope, jsii.String(protocol.StateRerunMap), &awsstepfunctions.CustomStateProps{StateJson: (*jsonata.Object)(&state)})
	custom.Next(next)
	custom.AddCatch(next, mapEndedEarly())
	return custom
}

// renameInner renames the states inside a state, and the labels of their Maps.
func renameInner(state map[string]any, rename func(string) string) {
	for _, machine := range machinesIn(state) {
		states, _ := machine["States"].(map[string]any)
		renamed := map[string]any{}
		for name, inner := range states {
			if inner, ok := inner.(map[string]any); ok {
				renameNext(inner, rename)
				renameInner(inner, rename)
				if label, ok := inner["Label"].(string); ok {
					inner["Label"] = rerunPrefix + label
				}
			}
			renamed[rename(name)] = inner
		}
		machine["States"] = renamed
		renameIn(machine, "StartAt", rename)
	}
}

// renameNext renames the states that a state continues with.
func renameNext(state map[string]any, rename func(string) string) {
	renameIn(state, "Next", rename)
	renameIn(state, "Default", rename)
	for _, field := range []string{"Choices", "Catch"} {
		rules, _ := state[field].([]any)
		for _, rule := range rules {
			if rule, ok := rule.(map[string]any); ok {
				renameIn(rule, "Next", rename)
			}
		}
	}
}

func renameIn(object map[string]any, field string, rename func(string) string) {
	if name, ok := object[field].(string); ok {
		object[field] = rename(name)
	}
}

// rendered returns what a construct of the CDK renders, without the marks of jsii
// for the maps inside it.
func rendered(value any) any {
	switch value := value.(type) {
	case map[string]any:
		if marked, ok := value["$jsii.map"]; ok && len(value) == 1 {
			return rendered(marked)
		}
		plain := map[string]any{}
		for name, member := range value {
			plain[name] = rendered(member)
		}
		return plain
	case []any:
		plain := make([]any, len(value))
		for i, element := range value {
			plain[i] = rendered(element)
		}
		return plain
	}
	return value
}
