package mapjob

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/internal/protocol"
)

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
	renameInner(state, newPrefix(state))
	custom := awsstepfunctions.NewCustomState(b.scope, jsii.String(protocol.StateRerunMap), &awsstepfunctions.CustomStateProps{StateJson: &state})
	custom.Next(next)
	custom.AddCatch(next, mapEndedEarly())
	return custom
}

// newPrefix returns a beginning of names and labels that no state inside a state has.
func newPrefix(state map[string]any) string {
	const rerun = "Rerun"
	prefix := rerun
	for known := true; known; {
		known = false
		eachState("", state, func(name string, inner map[string]any) {
			known = known || strings.HasPrefix(name, prefix) || strings.HasPrefix(labelOf(inner), prefix) && name != ""
		})
		if known {
			prefix += rerun
		}
	}
	return prefix
}

// renameInner puts a prefix before the names of the states inside a state, and before
// the labels of their Maps.
func renameInner(state map[string]any, prefix string) {
	for _, machine := range machinesIn(state) {
		states, _ := machine["States"].(map[string]any)
		renamed := map[string]any{}
		for name, inner := range states {
			if inner, ok := inner.(map[string]any); ok {
				renameNext(inner, prefix)
				renameInner(inner, prefix)
				if label := labelOf(inner); label != "" {
					inner["Label"] = shortened(prefix+label, maxLabel)
				}
			}
			renamed[shortened(prefix+name, maxStateName)] = inner
		}
		machine["States"] = renamed
		renameIn(machine, "StartAt", prefix)
	}
}

// renameNext puts a prefix before the names of the states that a state continues
// with.
func renameNext(state map[string]any, prefix string) {
	renameIn(state, "Next", prefix)
	renameIn(state, "Default", prefix)
	for _, field := range []string{"Choices", "Catch"} {
		rules, _ := state[field].([]any)
		for _, rule := range rules {
			if rule, ok := rule.(map[string]any); ok {
				renameIn(rule, "Next", prefix)
			}
		}
	}
}

func renameIn(object map[string]any, field string, prefix string) {
	if name, ok := object[field].(string); ok {
		object[field] = shortened(prefix+name, maxStateName)
	}
}

// labelOf returns the label of a Map, "" if the state has none.
func labelOf(state map[string]any) string {
	label, _ := state["Label"].(string)
	return label
}

// shortened returns a name. If it has more than the given number of characters, a hash
// of it takes the place of its end, so that names that differ still do.
func shortened(name string, most int) string {
	if utf8.RuneCountInString(name) <= most {
		return name
	}
	hash := fmt.Sprintf("-%x", sha256.Sum256([]byte(name)))[:13]
	return string([]rune(name)[:most-len(hash)]) + hash
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
