//go:build linux || darwin

package lambdahost_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/lambdahost"
)

func TestAnInvocationGoesWrongAsItsCallerWants(t *testing.T) {
	t.Parallel()
	closed := make(chan struct{})
	close(closed)
	for name, test := range map[string]struct {
		control   lambdahost.Control
		crash     bool // while the function works
		worked    bool
		errorType string
	}{
		"nothing":             {lambdahost.Control{}, false, true, ""},
		"a crash before":      {lambdahost.Control{Crash: closed}, false, false, "Runtime.ExitError"},
		"a crash meanwhile":   {lambdahost.Control{}, true, false, "Runtime.ExitError"},
		"a crash after":       {lambdahost.Control{Answered: lambdahost.Kill}, false, true, "Runtime.ExitError"},
		"an answer held back": {lambdahost.Control{Answered: lambdahost.Hold}, false, true, "Sandbox.Timedout"},
	} {
		for _, stub := range []bool{false, true} {
			if stub && test.crash { // it answers at once
				continue
			}
			t.Run(name+map[bool]string{true: ", of a stub"}[stub], func(t *testing.T) {
				t.Parallel()
				h := newHost(t)
				mark := filepath.Join(t.TempDir(), "mark")
				add(t, h, func(f *lambdahost.Function) {
					f.Timeout = 1500 * time.Millisecond
					if stub {
						f.Answer = func([]byte) ([]byte, bool) {
							return []byte("true"), os.WriteFile(mark, nil, 0o600) != nil
						}
					}
				})
				control := test.control
				if test.crash {
					crash := make(chan struct{})
					control.Crash = crash
					time.AfterFunc(300*time.Millisecond, func() { close(crash) })
				}
				payload := map[string]any{"do": "sleep then touch", "file": mark}
				if test.crash {
					payload["millis"] = 1200
				}
				text, err := json.Marshal(payload)
				if err != nil {
					t.Fatal(err)
				}
				control.TraceID = lambdahost.NewTraceID()
				response, err := h.InvokeWith(t.Context(), "worker", text, control)
				if err != nil {
					t.Fatal(err)
				}
				if got := isThere(mark); got != test.worked {
					t.Errorf("got work that was done: %v, expected %v", got, test.worked)
				}
				var failure struct{ ErrorType, ErrorMessage string }
				if response.FunctionError != "" {
					if err := json.Unmarshal(response.Payload, &failure); err != nil {
						t.Fatal(err)
					}
				}
				if failure.ErrorType != test.errorType {
					t.Errorf("got error %q with %q, expected %q", failure.ErrorType, failure.ErrorMessage, test.errorType)
				}
				if test.errorType == "Runtime.ExitError" && !strings.HasSuffix(failure.ErrorMessage, "signal: killed") {
					t.Errorf("got message %q, expected that it was killed", failure.ErrorMessage)
				}
				if stub {
					return
				}
				if trace := succeed[map[string]any](t, h, `{"do":"context"}`)["trace"]; trace == control.TraceID {
					t.Errorf("got the trace %s of an earlier invocation, expected a new one", trace)
				}
			})
		}
	}
}

func isThere(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func TestAFunctionSeesTheTraceOfItsCaller(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	add(t, h, nil)
	trace := lambdahost.NewTraceID()
	response, err := h.InvokeWith(t.Context(), "worker", []byte(`{"do":"context"}`), lambdahost.Control{TraceID: trace})
	if err != nil || !strings.Contains(string(response.Payload), trace) {
		t.Errorf("got %v and %v, expected the trace %s", response, err, trace)
	}
}
