// Package enginetest looks at executions in tests.
package enginetest

import (
	"encoding/json"
	"testing"

	"github.com/mapjob/mapjob/internal/engine"
)

// Output returns the output of an execution, which has to succeed with an object.
func Output(t testing.TB, x *engine.Execution) map[string]any {
	t.Helper()
	if x.Status != engine.Succeeded {
		t.Fatalf("got %s with %s: %s, expected the execution to succeed", x.Status, x.Error, x.Cause)
	}
	var o map[string]any
	if err := json.Unmarshal(x.Output, &o); err != nil {
		t.Fatalf("got %s, expected an object", x.Output)
	}
	return o
}

// At returns a member inside a value, nil if there is none.
func At(v any, names ...string) any {
	for _, name := range names {
		o, _ := v.(map[string]any)
		v = o[name]
	}
	return v
}
