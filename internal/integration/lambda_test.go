//go:build linux || darwin

package integration

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/invocation"
	"github.com/mapjob/mapjob/internal/lambdahost"
	"github.com/mapjob/mapjob/internal/sqs"
)

const (
	optimized = "arn:aws:states:::lambda:invoke"
	sdk       = "arn:aws:states:::aws-sdk:lambda:invoke"
)

// host is a host of the test function. It counts the invocations of tasks.
type host struct {
	*lambdahost.Host
	invocations atomic.Int64
}

func (h *host) Has(string) bool { return true }

func (h *host) Invoke(ctx context.Context, name string, payload []byte) (*lambdahost.Response, error) {
	h.invocations.Add(1)
	return h.Host.Invoke(ctx, name, payload)
}

// startFunctions starts a host with the test function under several names.
func startFunctions(t *testing.T) *host {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "bootstrap")
	build := exec.Command("go", "build", "-tags", "lambda.norpc", "-o", binary, "../lambdahost/testdata/function")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("the test function does not build: %v\n%s", err, out)
	}
	h, err := lambdahost.New(lambdahost.WithColdStartTimeout(5 * time.Second))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	for name, f := range map[string]lambdahost.Function{
		"worker":  {},
		"hurried": {Timeout: 1500 * time.Millisecond},
		"exits":   {Env: map[string]string{"INIT": "exit"}},
		"broken":  {Env: map[string]string{"INIT": "error"}},
		"manual":  {Env: map[string]string{"HANDLER": "manual"}},
		"raw":     {Env: map[string]string{"HANDLER": "raw"}},
		"absent":  {Command: []string{"/no/such/file"}},
		"busy":    {Timeout: time.Minute, Concurrency: 1},
	} {
		f.Name, f.Timeout = name, cmp.Or(f.Timeout, 20*time.Second)
		if f.Command == nil {
			f.Command = []string{binary}
		}
		if err := h.Add(f); err != nil {
			t.Fatal(err)
		}
	}
	return &host{Host: h}
}

// task runs a definition with one task, which invokes a function. The definition
// has the fields of the task that more names.
func (h *host) task(t *testing.T, resource, function, payload string, more object) (x *engine.Execution, invocations int64) {
	t.Helper()
	task := object{"Type": "Task", "Resource": resource, "Next": "Done"}
	maps.Copy(task, more)
	task["Arguments"] = object{"FunctionName": function, "Payload": json.RawMessage(payload)}
	if function == "" { // the resource is the function
		task["Arguments"] = json.RawMessage(payload)
	}
	definition, err := json.Marshal(object{"QueryLanguage": "JSONata", "StartAt": "Task", "States": object{
		"Task": task, "Done": object{"Type": "Succeed"}}})
	if err != nil {
		t.Fatal(err)
	}
	machine, err := asl.Parse(definition)
	if err != nil {
		t.Fatal(err)
	}
	services := &Services{Functions: h}
	var call engine.IntegrationFunc
	for state := range machine.AllStates() {
		if state.Task != nil {
			if call, err = services.Find(state.Task.Resource, services.Invoke); err != nil {
				t.Fatal(err)
			}
		}
	}
	e, err := engine.New(machine, engine.WithIntegration(resource, call), engine.WithClock(engine.VirtualClock(time.Now())))
	if err != nil {
		t.Fatal(err)
	}
	before := h.invocations.Load()
	if x, err = e.Run(t.Context(), []byte("{}")); err != nil {
		t.Fatal(err)
	}
	return x, h.invocations.Load() - before
}

var requestID = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

// withoutIDs replaces each request ID with ID.
func withoutIDs(text string) string { return requestID.ReplaceAllString(text, "ID") }

// exitPayload is what Lambda answers if the function exits.
const exitPayload = `{"errorType":"Runtime.ExitError","errorMessage":"RequestId: ID Error: Runtime exited with error: exit status 3"}`

func TestFailuresOfFunctionsAreErrorsOfTheTask(t *testing.T) {
	h := startFunctions(t)
	go func() { _, _ = h.Host.Invoke(context.Background(), "busy", []byte(`{"do":"sleep","millis":60000}`)) }()
	for h.Stats("busy").Alive == 0 {
		time.Sleep(time.Millisecond)
	}
	for _, c := range []struct{ what, function, payload, name, cause string }{
		{"a timeout", "hurried", `{"do":"sleep","millis":60000}`, "Sandbox.Timedout",
			`{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: ID Error: Task timed out after 1.50 seconds"}`},
		{"an exit", "worker", `{"do":"exit","code":3}`, "Runtime.ExitError", exitPayload},
		{"an exit without an error", "worker", `{"do":"exit"}`, "Runtime.ExitError",
			`{"errorType":"Runtime.ExitError","errorMessage":"RequestId: ID Error: Runtime exited without providing a reason"}`},
		{"a signal", "worker", `{"do":"kill"}`, "Runtime.ExitError",
			`{"errorType":"Runtime.ExitError","errorMessage":"RequestId: ID Error: Runtime exited with error: signal: killed"}`},
		{"an exit of the initialization", "exits", `{}`, "Runtime.ExitError",
			`{"errorType":"Runtime.ExitError","errorMessage":"RequestId: ID Error: Runtime exited with error: exit status 7"}`},
		{"an error of the initialization", "broken", `{}`, "Init.NoConfiguration", `{"errorType":"Init.NoConfiguration","errorMessage":"TABLE is not set"}`},
		{"the function's error", "worker", `{"do":"error","message":"no such order"}`, "errorString", `{"errorMessage":"no such order","errorType":"errorString"}`},
		{"an error without a type", "manual", `{"do":"error without a type"}`, "Lambda.Unknown",
			`The cause could not be determined because Lambda did not return an error type. Returned payload: {"errorMessage":"no type"}`},
		{"a response over 6 MB", "worker", `{"do":"bytes","bytes":6291557}`, "Function.ResponseSizeTooLarge",
			`{"errorType":"Function.ResponseSizeTooLarge","errorMessage":"Response payload size exceeded maximum allowed payload size (6291556 bytes)."}`},
		{"a response over 256 KiB", "worker", `{"do":"bytes","bytes":262145}`, "States.DataLimitExceeded",
			`The state/task 'lambda' returned a result with a size exceeding the maximum number of bytes service limit.`},
		{"a throttle", "busy", `{}`, "Lambda.TooManyRequestsException",
			`Rate Exceeded. (Service: AWSLambda; Status Code: 429; Error Code: TooManyRequestsException; Request ID: ID; Proxy: null)`},
		{"a function that does not exist", "wroker", `{}`, "Lambda.ResourceNotFoundException",
			`Function not found: arn:aws:lambda:us-east-1:123456789012:function:wroker (this host has absent, broken, busy, exits, hurried, manual, raw, worker)` +
				` (Service: AWSLambda; Status Code: 404; Error Code: ResourceNotFoundException; Request ID: ID; Proxy: null)`},
	} {
		t.Run(c.what, func(t *testing.T) {
			rules := func(name string) object {
				return object{"Retry": []object{{"ErrorEquals": []string{name}, "MaxAttempts": 1}},
					"Catch": []object{{"ErrorEquals": []string{name}, "Next": "Done", "Output": "{% $states.errorOutput %}"}}}
			}
			x, n := h.task(t, optimized, c.function, c.payload, rules(c.name))
			var caught struct{ Error, Cause string }
			if err := json.Unmarshal(x.Output, &caught); err != nil {
				t.Fatalf("got %s with %s: %s, expected it to be caught", x.Status, x.Error, x.Cause)
			}
			if caught.Error != c.name || withoutIDs(caught.Cause) != c.cause {
				t.Errorf("got %s: %s\nexpected %s: %s", caught.Error, caught.Cause, c.name, c.cause)
			}
			if n != 2 {
				t.Errorf("got %d invocations, expected two: a Retry that names %s", n, c.name)
			}
			x, n = h.task(t, optimized, c.function, c.payload, rules("Another"))
			if x.Status != engine.Failed || x.Error != c.name || withoutIDs(x.Cause) != c.cause || n != 1 {
				t.Errorf("got %s after %d invocations with %s: %s, expected one invocation that fails with %s", x.Status, n, x.Error, x.Cause, c.name)
			}
		})
	}
	t.Run("by the function's ARN", func(t *testing.T) {
		x, _ := h.task(t, "arn:aws:lambda:us-east-1:123456789012:function:worker", "", `{"do":"exit","code":3}`, nil)
		if x.Error != "Runtime.ExitError" || withoutIDs(x.Cause) != exitPayload {
			t.Errorf("got %s: %s, expected Runtime.ExitError: %s", x.Error, x.Cause, exitPayload)
		}
	})
	t.Run("an answer that is not JSON", func(t *testing.T) {
		x, _ := h.task(t, optimized, "raw", `{}`, object{"Output": "{% $states.result.Payload %}"})
		if string(x.Output) != `"no JSON at all"` {
			t.Errorf("got %s with %s: %s, expected the text", x.Output, x.Error, x.Cause)
		}
	})
	t.Run("an executable that does not exist", func(t *testing.T) {
		if x, _ := h.task(t, optimized, "absent", `{}`, nil); x.Error != "Runtime.InvalidEntrypoint" {
			t.Errorf("got %s: %s, expected Runtime.InvalidEntrypoint", x.Error, x.Cause)
		}
	})
	t.Run("aws-sdk:lambda:invoke", func(t *testing.T) {
		x, _ := h.task(t, sdk, "worker", `{"do":"exit","code":3}`, nil)
		want := fmt.Sprintf(`{"ExecutedVersion":"$LATEST","FunctionError":"Unhandled","Payload":%q,"StatusCode":200}`, exitPayload)
		if x.Status != engine.Succeeded || withoutIDs(string(x.Output)) != want {
			t.Errorf("got %s with %s, expected %s with %s", x.Status, x.Output, engine.Succeeded, want)
		}
		x, _ = h.task(t, sdk, "worker", `{"do":"error","message":""}`, object{"Output": "{% $parse($states.result.Payload).errorType %}"})
		if string(x.Output) != `"errorString"` {
			t.Errorf("got %s with %s: %s, expected the type in the payload", x.Output, x.Error, x.Cause)
		}
		x, _ = h.task(t, sdk, "manual", `{"do":"pid"}`, nil)
		if strings.Contains(string(x.Output), "FunctionError") || !regexp.MustCompile(`"Payload":"[0-9]+"`).Match(x.Output) {
			t.Errorf("got %s, expected the answer as text and no FunctionError", x.Output)
		}
		x, _ = h.task(t, sdk, "busy", `{}`, nil)
		const prefix = "Rate Exceeded. (Service: Lambda, Status Code: 429, Request ID: ID"
		if x.Error != "Lambda.TooManyRequestsException" || !strings.HasPrefix(withoutIDs(x.Cause), prefix) {
			t.Errorf("got %s: %s, expected Lambda.TooManyRequestsException: %s", x.Error, x.Cause, prefix)
		}
	})
}

// A task, a caller of the API, an event and a queue see the same failure.
func TestEveryCallerSeesTheSameFailure(t *testing.T) {
	h := startFunctions(t)
	payload := strings.ReplaceAll(exitPayload, "status 3", "status 7")
	check := func(caller, functionError, got string) {
		t.Helper()
		if functionError != "Unhandled" || withoutIDs(got) != payload {
			t.Errorf("%s: got FunctionError %q with %s, expected Unhandled with %s", caller, functionError, got, payload)
		}
	}
	response, err := http.Post(h.URL()+"/2015-03-31/functions/exits/invocations", "application/json", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("got status %d, %v, expected 200", response.StatusCode, err)
	}
	check("a caller of the API", response.Header.Get("X-Amz-Function-Error"), string(body))

	queues := sqs.New(sqs.Options{})
	if err := queues.CreateQueue("orders", nil); err != nil {
		t.Fatal(err)
	}
	deliveries := make(chan invocation.Delivery, 1)
	invoker := invocation.New(invocation.Options{Host: h.Host, Queues: queues, Concurrency: 2, Delivered: func(d invocation.Delivery) { deliveries <- d }})
	t.Cleanup(invoker.Close)
	result, err := invoker.Event(invocation.EventConfig{Function: "exits", MaxAge: time.Hour}, []byte("{}"))
	if err != nil {
		t.Fatal(err)
	}
	r := <-result
	check("an event", r.FunctionError, string(r.Answer))

	if err := invoker.Poll(invocation.Mapping{Queue: "orders", Function: "exits", Timeout: 20 * time.Second}); err != nil {
		t.Fatal(err)
	}
	if _, err := queues.Send("arn:aws:sqs:us-east-1:123456789012:orders", "{}", nil); err != nil {
		t.Fatal(err)
	}
	d := <-deliveries
	check("a queue", d.FunctionError, string(d.Answer))
	if len(d.Failed) != 1 {
		t.Errorf("got failed messages %v, expected the one message", d.Failed)
	}
}
