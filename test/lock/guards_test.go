package lock

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// guards lists what keeps executions apart, each with how to remove it from a
// definition. The model has to find a missing one.
var guards = []struct {
	missing, from, to string
}{
	{"the lock is taken whether it is free or not",
		"attribute_not_exists(#owner) OR #owner = :me", "attribute_not_exists(#owner) OR attribute_exists(#owner) OR #owner = :me"},
	{"a dead owner's lock is taken over without a check of the owner",
		"attribute_not_exists(#owner) OR #owner IN (:me, :ended)", "attribute_not_exists(#owner) OR attribute_exists(#owner) OR #owner IN (:me, :ended)"},
	{"the lock is released without a check of the owner",
		`"ConditionExpression":"#owner = :me"`, `"ConditionExpression":"#owner = :me OR attribute_exists(#owner)"`},
	{"an owner that runs counts as ended",
		"'DELETED']", "'DELETED', 'WaitStateEntered']"},
	{"an owner that can't be found counts as ended at once",
		"< 300000 ? 'ExecutionStarted'", "< 0 ? 'ExecutionStarted'"},
	{"an owner that was stopped counts as running",
		"'ExecutionAborted', 'DELETED']", "'DELETED']"},
}

// enough is how many schedules may be needed to find a missing guard.
const enough = 1000

func TestModelFindsAMissingGuard(t *testing.T) {
	folder := assembly(t)
	template := filepath.Join(folder, "Test.template.json")
	original, err := os.ReadFile(template)
	if err != nil {
		t.Fatal(err)
	}
	for _, guard := range guards {
		t.Run(guard.missing, func(t *testing.T) {
			if err := os.WriteFile(template, without(t, original, guard.from, guard.to), 0o600); err != nil {
				t.Fatal(err)
			}
			w := start(t, folder)
			for seed := uint64(1); seed <= enough; seed++ {
				s := w.newSchedule(t, seed)
				w.run(t, &s.plan, s.watch)
				if problems := s.problems(); len(problems) > 0 {
					t.Logf("found in schedule %d, %s: %s", seed, s.machine.id, problems[0])
					return
				}
			}
			t.Errorf("got %d schedules without a problem, expected one", enough)
		})
	}
}

// without returns the template with a guard replaced.
func without(t *testing.T, template []byte, from, to string) []byte {
	t.Helper()
	var content any
	if err := json.Unmarshal(template, &content); err != nil {
		t.Fatal(err)
	}
	found := 0
	var replace func(any) any
	replace = func(v any) any {
		switch v := v.(type) {
		case string:
			found += strings.Count(v, from)
			return strings.ReplaceAll(v, from, to)
		case []any:
			for i := range v {
				v[i] = replace(v[i])
			}
		case map[string]any:
			for name := range v {
				v[name] = replace(v[name])
			}
		}
		return v
	}
	text, err := json.Marshal(replace(content))
	if err != nil || found == 0 {
		t.Fatalf("got no %q in the template (%v), expected it in the definitions", from, err)
	}
	return text
}
