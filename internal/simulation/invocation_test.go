package simulation_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/fault"
	"github.com/mapjob/mapjob/internal/simulation"
	"github.com/mapjob/mapjob/internal/simulation/deployment"
)

// handlerFunc is a function that is a handler.
type handlerFunc func(ctx context.Context, payload []byte) ([]byte, error)

func (f handlerFunc) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	return f(ctx, payload)
}

// lone returns a stack of one definition.
func lone(t *testing.T, definition string) *deployment.Stack {
	t.Helper()
	machine, err := asl.Parse([]byte(definition))
	if err != nil {
		t.Fatal(err)
	}
	return deployment.Lone(machine)
}

// invokes is a state machine that invokes a function named f. Its output is the
// answer, or {"Error": …, "Cause": …}.
const invokes = `{"QueryLanguage": "JSONata", "StartAt": "Call", "States": {
	"Call": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
		"Arguments": {"FunctionName": "f", "Payload": "{% $states.input %}"}, "Output": "{% $states.result.Payload %}",
		"Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Failed", "Output": "{% $states.errorOutput %}"}]},
	"Failed": {"Type": "Succeed"}}}`

// world starts a simulation that is closed at the end of the test, and must close
// without an error.
func world(t *testing.T, o simulation.Options) *simulation.Simulation {
	t.Helper()
	w, err := simulation.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// runToEnd runs an execution of the only state machine.
func runToEnd(t *testing.T, w *simulation.Simulation, machine *deployment.Machine, input string) *engine.Execution {
	t.Helper()
	arn, err := w.Session().Start(machine.ARN, "", []byte(input))
	if err != nil {
		t.Fatal(err)
	}
	w.Session().RunToEnd(arn)
	x, _ := w.Session().Result(arn)
	return x
}

// errorOf returns the name and message of the error in an output of invokes.
func errorOf(t *testing.T, x *engine.Execution) (name, message string) {
	t.Helper()
	var failure struct{ Error, Cause string }
	if err := json.Unmarshal(x.Output, &failure); err != nil {
		t.Fatalf("%v in %s %s %s %s", err, x.Output, x.Status, x.Error, x.Cause)
	}
	var payload struct{ ErrorMessage, ErrorType string }
	if json.Unmarshal([]byte(failure.Cause), &payload) != nil {
		return failure.Error, failure.Cause
	}
	return failure.Error, payload.ErrorMessage
}

type refusedError struct{ why string }

func (e *refusedError) Error() string { return e.why }

func TestErrorsOfFunctionsHaveTheNamesOfLambda(t *testing.T) {
	for what, test := range map[string]struct {
		handler       handlerFunc
		name, message string
	}{
		"an error with a name": {func(context.Context, []byte) ([]byte, error) {
			return nil, messages.InvokeResponse_Error{Type: "Refused", Message: "no"}
		}, "Refused", "no"},
		"an error of a type":         {func(context.Context, []byte) ([]byte, error) { return nil, &refusedError{"no"} }, "refusedError", "no"},
		"an error of package errors": {func(context.Context, []byte) ([]byte, error) { return nil, errors.New("no") }, "errorString", "no"},
		"a wrapped error": {func(context.Context, []byte) ([]byte, error) {
			return nil, fmt.Errorf("well: %w", &refusedError{"no"})
		}, "wrapError", "well: no"},
		"a panic with a text":   {func(context.Context, []byte) ([]byte, error) { panic("no") }, "string", "no"},
		"a panic with an error": {func(context.Context, []byte) ([]byte, error) { panic(&refusedError{"no"}) }, "refusedError", "no"},
		"a panic of the runtime": {func(_ context.Context, p []byte) ([]byte, error) { return p[100:], nil }, "boundsError",
			"runtime error: slice bounds out of range [100:2]"},
		"the end of the goroutine": {func(context.Context, []byte) ([]byte, error) { runtime.Goexit(); return nil, nil },
			"Runtime.ExitError", "the handler ended its goroutine"},
		"an answer that is too large": {func(context.Context, []byte) ([]byte, error) {
			return []byte(`"` + strings.Repeat("x", 6291556) + `"`), nil
		}, "Function.ResponseSizeTooLarge", "Response payload size exceeded maximum allowed payload size (6291556 bytes)."},
		"a handler that does not look at its context": {func(context.Context, []byte) ([]byte, error) { time.Sleep(time.Hour); return []byte("1"), nil },
			"Sandbox.Timedout", "RequestId: 00000000-0000-4000-8000-000000000001 Error: Task timed out after 900.00 seconds"},
		"a handler that returns when its time is up": {func(ctx context.Context, _ []byte) ([]byte, error) { <-ctx.Done(); return nil, ctx.Err() },
			"Sandbox.Timedout", "RequestId: 00000000-0000-4000-8000-000000000001 Error: Task timed out after 900.00 seconds"},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := lone(t, invokes)
			w := world(t, simulation.Options{Stack: s, Handlers: map[string]lambda.Handler{"f": test.handler}})
			name, message := errorOf(t, runToEnd(t, w, s.Machines[0], "{}"))
			if name != test.name || message != test.message {
				t.Errorf("%s: got %s: %s, expected %s: %s", what, name, message, test.name, test.message)
			}
		})
	}
}

func TestAnInvocationHasADeadlineAndAContextOfLambda(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := lone(t, invokes)
		var ids []string
		w := world(t, simulation.Options{Stack: s, Handlers: map[string]lambda.Handler{"f": handlerFunc(func(ctx context.Context, _ []byte) ([]byte, error) {
			c, _ := lambdacontext.FromContext(ctx)
			deadline, _ := ctx.Deadline()
			if left := time.Until(deadline); left != 15*time.Minute || c.InvokedFunctionArn != "arn:aws:lambda:us-east-1:123456789012:function:f" {
				t.Errorf("got %s to the deadline and %+v, expected 15 minutes and the ARN of f", left, c)
			}
			ids = append(ids, c.AwsRequestID)
			return []byte(`"done"`), nil
		})}})
		for range 2 {
			if x := runToEnd(t, w, s.Machines[0], "{}"); string(x.Output) != `"done"` {
				t.Errorf("got %s %s, expected the answer", x.Status, x.Output)
			}
		}
		if len(ids) != 2 || ids[0] == ids[1] || ids[0] == "" {
			t.Errorf("got the request IDs %v, expected another one for each invocation", ids)
		}
	})
}

// As on AWS: an invocation does not end with the task that waits for it.
func TestAFunctionRunsOnWhenItsTaskHasTimedOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := lone(t, strings.Replace(invokes, `"End": true,`, `"End": true, "TimeoutSeconds": 10,`, 1))
		finished := time.Time{}
		w := world(t, simulation.Options{Stack: s, Handlers: map[string]lambda.Handler{"f": handlerFunc(func(ctx context.Context, _ []byte) ([]byte, error) {
			time.Sleep(time.Minute)
			finished = time.Now()
			return []byte("1"), ctx.Err()
		})}})
		began := time.Now()
		if name, _ := errorOf(t, runToEnd(t, w, s.Machines[0], "{}")); name != "States.Timeout" {
			t.Errorf("got %s, expected States.Timeout", name)
		}
		if in := w.InFlight(); len(in) != 1 || in[0].Function.Name != "f" || in[0].State != "Call" || in[0].Since != began {
			t.Errorf("got %+v in flight, expected the invocation of f", in)
		}
		w.Session().Run(time.Now().Add(time.Hour))
		if took := finished.Sub(began); took != time.Minute || len(w.InFlight()) != 0 {
			t.Errorf("got an end after %s and %v in flight, expected one after a minute", took, w.InFlight())
		}
	})
}

func TestCloseNamesFunctionsThatDoNotEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := lone(t, invokes)
		stuck := make(chan struct{})
		w, err := simulation.New(simulation.Options{Stack: s, Handlers: map[string]lambda.Handler{"f": handlerFunc(func(context.Context, []byte) ([]byte, error) {
			<-stuck
			return nil, nil
		})}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Session().Start(s.Machines[0].ARN, "", []byte("{}")); err != nil {
			t.Fatal(err)
		}
		w.Session().Run(time.Now())
		const expected = "function f: still runs after its context has ended, expected it to return"
		if err := w.Close(); err == nil || err.Error() != expected {
			t.Errorf("got %v, expected %s", err, expected)
		}
		close(stuck)
	})
}

func TestCloseEndsContextsAndWaitsForHandlers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := lone(t, invokes)
		ended := false
		w, err := simulation.New(simulation.Options{Stack: s, Handlers: map[string]lambda.Handler{"f": handlerFunc(func(ctx context.Context, _ []byte) ([]byte, error) {
			<-ctx.Done()
			time.Sleep(time.Minute)
			ended = true
			return nil, ctx.Err()
		})}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Session().Start(s.Machines[0].ARN, "", []byte("{}")); err != nil {
			t.Fatal(err)
		}
		w.Session().Run(time.Now())
		if err := w.Close(); err != nil || !ended {
			t.Errorf("got %v, and a handler that has ended: %v", err, ended)
		}
	})
}

func TestWhatIsMissingIsListed(t *testing.T) {
	const definition = `{"StartAt": "Call", "States": {
		"Call": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f"}, "Next": "Convert"},
		"Convert": {"Type": "Task", "Resource": "arn:aws:states:::glue:startJobRun.sync", "Parameters": {"JobName": "j"}, "End": true}}}`
	_, err := simulation.New(simulation.Options{Stack: lone(t, definition),
		Handlers: map[string]lambda.Handler{"g": handlerFunc(nil)}, Tasks: map[string]engine.Integration{"Convrt": nil}})
	const expected = `function "g": got a handler, expected one of the stack's functions: f
function f, which state Call invokes: got no handler, expected sfntest.Handle("f", …) or sfntest.HandleFunc("f", …)
state Convert: got arn:aws:states:::glue:startJobRun.sync, which has no fake, expected sfntest.HandleTask("Convert", …)
task "Convrt": got a handler, expected the name of a Task state or the resource of one: Call, Convert`
	if err == nil || err.Error() != expected {
		t.Errorf("got\n%v\nexpected\n%s", err, expected)
	}
	_, err = simulation.New(simulation.Options{Stack: lone(t, invokes), Handlers: map[string]lambda.Handler{"f": handlerFunc(nil)},
		Plan: &fault.Plan{Faults: []fault.Fault{{Fault: fault.Error, State: "Cal"}}}})
	if err == nil || !strings.Contains(err.Error(), `"Cal"`) || !strings.Contains(err.Error(), "Call") {
		t.Errorf("got %v, expected an error about a state that is not there", err)
	}
}

func TestAPayloadHasToBeJSON(t *testing.T) {
	for _, test := range []struct{ payload, name, message string }{
		{` {"a": 1, "a": [null]} `, "", ""},
		{`"\ud800"`, "", ""},
		{`{nope`, "Lambda.InvalidRequestContentException", "Could not parse request body into json"},
		{`{} {}`, "Lambda.InvalidRequestContentException", "Could not parse request body into json"},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := lone(t, invokes)
			var got string
			w := world(t, simulation.Options{Stack: s, Handlers: map[string]lambda.Handler{"f": handlerFunc(func(_ context.Context, p []byte) ([]byte, error) {
				got = string(p)
				return []byte(`{}`), nil
			})}})
			input, err := json.Marshal(test.payload) // a string is sent as it is
			if err != nil {
				t.Fatal(err)
			}
			name, message := errorOf(t, runToEnd(t, w, s.Machines[0], string(input)))
			if name != test.name || !strings.HasPrefix(message, test.message) || name == "" && got != test.payload {
				t.Errorf("%s: got %q with %s: %s, expected %s: %s", test.payload, got, name, message, test.name, test.message)
			}
		})
	}
}
