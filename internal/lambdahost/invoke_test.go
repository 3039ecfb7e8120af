//go:build linux || darwin

package lambdahost_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mapjob/mapjob/internal/lambdahost"
)

func TestSequentialInvocationsShareAProcess(t *testing.T) {
	h := newHost(t)
	add(t, h, nil)
	first := invoke(t, h, `{"do":"pid"}`)
	if !first.ColdStart || first.InitDuration <= 0 {
		t.Errorf("first invocation: got ColdStart %v after %s, expected a cold start", first.ColdStart, first.InitDuration)
	}
	if first.Billed < first.Duration+first.InitDuration || first.Billed%time.Millisecond != 0 {
		t.Errorf("got %s billed for %s and an initialization of %s, expected the sum in whole milliseconds", first.Billed, first.Duration, first.InitDuration)
	}
	ids := map[string]bool{first.RequestID: true}
	for range 200 {
		next := invoke(t, h, `{"do":"pid"}`)
		if string(next.Payload) != string(first.Payload) || next.ColdStart || next.InitDuration != 0 {
			t.Fatalf("got process %s (ColdStart %v), expected %s again", next.Payload, next.ColdStart, first.Payload)
		}
		ids[next.RequestID] = true
	}
	if len(ids) != 201 {
		t.Errorf("got %d request IDs for 201 invocations", len(ids))
	}
	want := lambdahost.Stats{Invocations: 201, Started: 1, Alive: 1}
	got := h.Stats("worker")
	got.MostMemory = 0 // as much as the process happens to use
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("wrong counts (-expected +got):\n%s", diff)
	}
}

func TestParallelInvocationsHaveTheirOwnProcesses(t *testing.T) {
	h := newHost(t)
	add(t, h, nil)
	const n = 5
	pids := make([]string, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { pids[i] = string(invoke(t, h, `{"do":"pid","millis":500}`).Payload) })
	}
	all.Wait()
	slices.Sort(pids)
	if distinct := slices.Compact(slices.Clone(pids)); len(distinct) != n {
		t.Errorf("got processes %v, expected %d different ones", pids, n)
	}
	// If all are idle, the most recently used one gets each invocation.
	time.Sleep(200 * time.Millisecond) // until all have asked for their next invocation
	again := invoke(t, h, `{"do":"pid"}`)
	for range 5 {
		time.Sleep(100 * time.Millisecond)
		if next := invoke(t, h, `{"do":"pid"}`); string(next.Payload) != string(again.Payload) {
			t.Errorf("got process %s after %s, expected the most recently used one", next.Payload, again.Payload)
		}
	}
	if got := h.Stats("worker"); got.Started != n || got.Alive != n {
		t.Errorf("got %+v, expected %d processes", got, n)
	}
}

func TestFunctionSeesItsContext(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	dir := t.TempDir()
	add(t, h, func(f *lambdahost.Function) { f.Dir, f.Timeout = dir, 7*time.Second })
	response := invoke(t, h, `{"do":"context"}`)
	got := succeed[map[string]any](t, h, `{"do":"context"}`)
	if want := "arn:aws:lambda:us-east-1:123456789012:function:worker"; got["arn"] != want {
		t.Errorf("got ARN %q, expected %q", got["arn"], want)
	}
	if !strings.Contains(string(response.Payload), response.RequestID) {
		t.Errorf("the function saw %s, expected the request ID %s", response.Payload, response.RequestID)
	}
	if remaining := got["remaining"].(float64); remaining > 7000 || remaining < 5000 {
		t.Errorf("got %v ms until the deadline, expected nearly 7000", remaining)
	}
	if real, _ := filepath.EvalSymlinks(dir); got["dir"] != real {
		t.Errorf("got working directory %q, expected %q", got["dir"], real)
	}
	if trace := got["trace"].(string); !strings.HasPrefix(trace, "Root=1-") || !strings.Contains(trace, ";Sampled=0") {
		t.Errorf("got trace header %q", trace)
	}

	byARN, err := h.Invoke(t.Context(), "arn:aws:lambda:us-east-1:123456789012:function:worker:live", []byte(`{"do":"context"}`))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(byARN.Payload), `function:worker:live"`) {
		t.Errorf("got %s, expected the ARN with its qualifier", byARN.Payload)
	}
}

func TestFunctionHasItsOwnEnvironment(t *testing.T) {
	t.Setenv("LAMBDAHOST_TEST_SECRET", "secret")
	t.Setenv("AWS_PROFILE", "production")
	t.Setenv("TMPDIR", t.TempDir())
	h := newHost(t)
	add(t, h, func(f *lambdahost.Function) {
		f.Env = map[string]string{"TABLE": "orders", "EMPTY": "", "AWS_LAMBDA_FUNCTION_NAME": "impostor", "AWS_LAMBDA_RUNTIME_API": "nowhere:1"}
		f.ARN = "arn:aws:lambda:eu-central-1:111111111111:function:worker"
		f.Handler, f.MemoryMB = "worker.handle", 512
	})
	got := map[string]string{}
	for _, entry := range succeed[[]string](t, h, `{"do":"environment"}`) {
		key, value, _ := strings.Cut(entry, "=")
		if _, twice := got[key]; twice {
			t.Errorf("got %s twice, expected it once", key)
		}
		got[key] = value
	}
	varying := []string{"AWS_LAMBDA_RUNTIME_API", "AWS_LAMBDA_LOG_STREAM_NAME", "_X_AMZN_TRACE_ID"}
	for _, key := range varying {
		if got[key] == "" || got[key] == "nowhere:1" {
			t.Errorf("got %s=%q, expected a value of the host", key, got[key])
		}
		delete(got, key)
	}
	want := map[string]string{
		"TABLE": "orders", "EMPTY": "",
		"PATH": os.Getenv("PATH"), "HOME": os.Getenv("HOME"), "TMPDIR": os.Getenv("TMPDIR"),
		"AWS_REGION": "eu-central-1", "AWS_DEFAULT_REGION": "eu-central-1", "LANG": "en_US.UTF-8", "TZ": ":UTC",
		"_HANDLER": "worker.handle", "LAMBDA_TASK_ROOT": filepath.Dir(binary),
		"AWS_LAMBDA_FUNCTION_NAME": "worker", "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
		"AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand", "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/worker",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("wrong environment (-expected +got):\n%s", diff)
	}
}

func TestResponseNeedNotBeJSON(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	add(t, h, func(f *lambdahost.Function) { f.Env = map[string]string{"HANDLER": "raw"} })
	if response := invoke(t, h, `{}`); string(response.Payload) != "no JSON at all" || response.FunctionError != "" {
		t.Errorf("got %q with FunctionError %q, expected the text unchanged", response.Payload, response.FunctionError)
	}
}

func TestEmptyPayloadMeansEmptyObject(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	add(t, h, func(f *lambdahost.Function) { f.Env = map[string]string{"HANDLER": "echo"} })
	if response := invoke(t, h, ""); string(response.Payload) != "{}" {
		t.Errorf("got %q, expected {}", response.Payload)
	}
}

func TestInvokeErrors(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	add(t, h, nil)
	for _, c := range []struct{ name, function, payload, code, message string }{
		{"unknown function", "wroker", "{}", "ResourceNotFoundException", "Function not found: arn:aws:lambda:us-east-1:123456789012:function:wroker (this host has worker)"},
		{"invalid name", "not a name", "{}", "ValidationException", "'not a name' at 'functionName'"},
		{"no JSON", "worker", "{nope", "InvalidRequestContentException", "Could not parse request body into json"},
		{"one byte too large", "worker", `"` + strings.Repeat("x", 6291456-1) + `"`, "RequestEntityTooLargeException", "6291456"},
	} {
		_, err := h.Invoke(t.Context(), c.function, []byte(c.payload))
		var refusal *lambdahost.Error
		if !errors.As(err, &refusal) || refusal.Code != c.code || !strings.Contains(refusal.Message, c.message) {
			t.Errorf("%s: got %v, expected %s with %q", c.name, err, c.code, c.message)
		}
	}
	if diff := cmp.Diff(lambdahost.Stats{}, h.Stats("worker")); diff != "" {
		t.Errorf("a refused request changed the counts (-expected +got):\n%s", diff)
	}
}

func TestLargestPayloadPasses(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	add(t, h, func(f *lambdahost.Function) { f.Env = map[string]string{"HANDLER": "echo"} })
	payload := `"` + strings.Repeat("x", 6291456-2) + `"`
	if response := invoke(t, h, payload); string(response.Payload) != payload {
		t.Errorf("got %d bytes back (FunctionError %q), expected %d", len(response.Payload), response.FunctionError, len(payload))
	}
}

func TestConcurrencyLimitThrottles(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		options []lambdahost.Option
		change  func(*lambdahost.Function)
	}{
		{"of the host", []lambdahost.Option{lambdahost.WithConcurrency(2)}, nil},
		{"of the function", nil, func(f *lambdahost.Function) { f.Concurrency = 2 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHost(t, c.options...)
			add(t, h, c.change)
			var all sync.WaitGroup
			for range 2 {
				all.Go(func() { invoke(t, h, `{"do":"sleep","millis":1000}`) })
			}
			eventually(t, "two processes", func() bool { return h.Stats("worker").Started == 2 })
			_, err := h.Invoke(t.Context(), "worker", []byte(`{"do":"pid"}`))
			var refusal *lambdahost.Error
			if !errors.As(err, &refusal) || refusal.Code != "TooManyRequestsException" || refusal.Message != "Rate Exceeded." {
				t.Errorf("got %v, expected TooManyRequestsException: Rate Exceeded.", err)
			}
			all.Wait()
			for range 50 { // sequential invocations are never throttled
				invoke(t, h, `{"do":"pid"}`)
			}
			if got := h.Stats("worker"); got.Throttles != 1 || got.Started != 2 {
				t.Errorf("got %+v, expected one throttle and two processes", got)
			}
		})
	}
}

func TestIdleProcessesMakeRoomForOtherFunctions(t *testing.T) {
	h := newHost(t, lambdahost.WithConcurrency(2))
	for _, name := range []string{"first", "second", "third"} {
		add(t, h, func(f *lambdahost.Function) { f.Name = name })
	}
	for range 3 {
		for _, name := range []string{"first", "second", "third"} {
			if _, err := h.Invoke(t.Context(), name, []byte(`{"do":"pid"}`)); err != nil {
				t.Fatal(err)
			}
			if alive := h.Stats("first").Alive + h.Stats("second").Alive + h.Stats("third").Alive; alive > 2 {
				t.Errorf("got %d processes, expected two at most", alive)
			}
		}
	}
	if h.Stats("first").Throttles != 0 {
		t.Error("got a throttle, expected an idle process to make room")
	}
}

func TestInvocationRunsOnWhenItsCallerLeaves(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	add(t, h, nil)
	invoke(t, h, `{"do":"pid"}`)
	file := filepath.Join(t.TempDir(), "touched")
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := h.Invoke(ctx, "worker", fmt.Appendf(nil, `{"do":"sleep then touch","millis":400,"file":%q}`, file))
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, expected context.DeadlineExceeded", err)
	}
	eventually(t, "the file of the function", func() bool { _, err := os.Stat(file); return err == nil })
	eventually(t, "two invocations", func() bool { return h.Stats("worker").Invocations == 2 })
	invoke(t, h, `{"do":"pid"}`)
	if got := h.Stats("worker"); got.Started != 1 || got.Errors != 0 {
		t.Errorf("got %+v, expected the same process to serve again", got)
	}
}

func TestProcessStaysWhenItsCallerLeavesDuringTheColdStart(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	add(t, h, func(f *lambdahost.Function) { f.Env = map[string]string{"INIT": "slow"} })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := h.Invoke(ctx, "worker", []byte(`{"do":"pid"}`)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, expected context.DeadlineExceeded", err)
	}
	time.Sleep(2 * time.Second)
	if response := invoke(t, h, `{"do":"pid"}`); response.ColdStart {
		t.Error("got a second cold start, expected the process that was starting")
	}
	if got := h.Stats("worker"); got.Started != 1 || got.Invocations != 1 {
		t.Errorf("got %+v, expected one process and one invocation", got)
	}
}

func TestInvokeWithEndedContextStartsNothing(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	add(t, h, nil)
	ctx, cancel := context.WithCancelCause(t.Context())
	reason := errors.New("the state machine was stopped")
	cancel(reason)
	if _, err := h.Invoke(ctx, "worker", nil); !errors.Is(err, reason) {
		t.Errorf("got %v, expected %v", err, reason)
	}
	if got := h.Stats("worker").Started; got != 0 {
		t.Errorf("got %d processes, expected none", got)
	}
}
