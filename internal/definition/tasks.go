package definition

import (
	"encoding/json"
	"iter"
	"maps"
	"regexp"
	"slices"
)

// Tasks yields the names and texts of the Task states in a definition. One that is
// no JSON has none.
func Tasks(text string) iter.Seq2[string, string] {
	var v any
	_ = json.Unmarshal([]byte(text), &v)
	return tasksIn(v)
}

func tasksIn(v any) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		switch v := v.(type) {
		case []any:
			for _, element := range v {
				for name, text := range tasksIn(element) {
					if !yield(name, text) {
						return
					}
				}
			}
		case map[string]any:
			states, _ := v["States"].(map[string]any)
			for _, name := range slices.Sorted(maps.Keys(states)) {
				state, _ := states[name].(map[string]any)
				if text, err := json.Marshal(state); err == nil && state["Type"] == "Task" && !yield(name, string(text)) {
					return
				}
			}
			for _, name := range slices.Sorted(maps.Keys(v)) {
				for name, text := range tasksIn(v[name]) {
					if !yield(name, text) {
						return
					}
				}
			}
		}
	}
}

// Names reports whether an ARN is in a text, not as a part of a longer one.
func Names(text, arn string) bool {
	return regexp.MustCompile(regexp.QuoteMeta(arn) + `(?:[^\w-]|$)`).MatchString(text)
}
