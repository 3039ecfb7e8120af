package runtimes

import (
	"encoding/json"
	"testing"
)

// TestMemory has functions of 128 MB. Memory that forked processes share counts once.
func TestMemory(t *testing.T) {
	for _, c := range []struct{ runtime, event, answer, failure string }{
		{"python3.13", `"memory"`, "", "Runtime.OutOfMemory"},
		{"python3.13", `"shared memory"`, "[0, 0, 0]", ""},
		{"nodejs22.x", `"memory"`, "", "Runtime.OutOfMemory"},
	} {
		t.Run(c.runtime+" "+c.event, func(t *testing.T) {
			r, err := host(t, c.runtime, "index.handle").Invoke(t.Context(), "f", []byte(c.event))
			if err != nil {
				t.Fatal(err)
			}
			var failure struct{ ErrorType string }
			_ = json.Unmarshal(r.Payload, &failure) // an answer may be anything
			if failure.ErrorType != c.failure || c.failure == "" && !sameJSON(t, string(r.Payload), c.answer) {
				t.Errorf("got %s (%s), expected %s%s", r.Payload, r.FunctionError, c.failure, c.answer)
			}
		})
	}
}
