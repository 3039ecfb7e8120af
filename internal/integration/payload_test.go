package integration

import (
	"context"
	"testing"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/lambdahost"
)

// fails are functions that all fail, and that keep the payload which they got.
type fails struct{ payload string }

func (f *fails) Has(string) bool { return true }

func (f *fails) Invoke(_ context.Context, _ string, payload []byte) (*lambdahost.Response, error) {
	f.payload = string(payload)
	return &lambdahost.Response{FunctionError: "Unhandled", Payload: []byte(`{"errorType":"Bad","errorMessage":"worse"}`)}, nil
}

// invoke runs one task, which passes the payload to a function that fails.
func (f *fails) invoke(t *testing.T, resource, payload string) *engine.Execution {
	t.Helper()
	machine, err := asl.Parse([]byte(`{"QueryLanguage":"JSONata","StartAt":"T","States":{"T":{"Type":"Task","Resource":"` + resource + `",
		"Arguments":{"FunctionName":"f","Payload":` + payload + `},"End":true}}}`))
	if err != nil {
		t.Fatal(err)
	}
	s := &Services{Functions: f}
	call, err := s.Find(machine.Start.Task.Resource, s.Invoke)
	if err != nil {
		t.Fatal(err)
	}
	e, err := engine.New(machine, engine.WithIntegration(resource, call))
	if err != nil {
		t.Fatal(err)
	}
	x, err := e.Run(t.Context(), []byte(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func TestInvokeAndItsSDKIntegration(t *testing.T) {
	const optimized, sdk = "arn:aws:states:::lambda:invoke", "arn:aws:states:::aws-sdk:lambda:invoke"
	t.Run("Optimized lambda:invoke: a function's error gives error = errorType, cause = the payload as JSON", func(t *testing.T) {
		if x := (&fails{}).invoke(t, optimized, `{}`); x.Status != engine.Failed || x.Error != "Bad" || x.Cause != `{"errorType":"Bad","errorMessage":"worse"}` {
			t.Errorf("got %s %s %s, expected the error and the payload of the function", x.Status, x.Error, x.Cause)
		}
	})
	t.Run("aws-sdk:lambda:invoke succeeds with FunctionError and a string Payload", func(t *testing.T) {
		const expected = `{"ExecutedVersion":"$LATEST","FunctionError":"Unhandled","Payload":"{\"errorType\":\"Bad\",\"errorMessage\":\"worse\"}","StatusCode":200}`
		if x := (&fails{}).invoke(t, sdk, `{}`); string(x.Output) != expected {
			t.Errorf("got %s %s %s, expected %s", x.Status, x.Output, x.Error, expected)
		}
	})
	t.Run("A string Payload is sent raw, null as {}", func(t *testing.T) {
		for _, resource := range []string{optimized, sdk} {
			for payload, expected := range map[string]string{`"[1]"`: `[1]`, `null`: `{}`, `{"a":"b"}`: `{"a":"b"}`} {
				f := &fails{}
				if f.invoke(t, resource, payload); f.payload != expected {
					t.Errorf("%s: got %s for %s, expected %s", resource, f.payload, payload, expected)
				}
			}
		}
	})
}
