package injection

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/asl/services"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/engine/event"
	"github.com/mapjob/mapjob/internal/fault"
	"github.com/mapjob/mapjob/internal/lambdahost"
	"github.com/mapjob/mapjob/internal/objects/objectstest"
	"github.com/mapjob/mapjob/internal/value"
)

// struck keeps what strikes.
type struck struct {
	mu   sync.Mutex
	list []string
}

func (s *struck) add(strike fault.Strike) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = append(s.list, strings.TrimSpace(fmt.Sprint(strike.Fault.What(), " ", strike.Site.State)))
}

func (s *struck) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.list, ", ")
}

// inject returns an injection with faults, and a host with the function Stack-Worker
// that counts its invocations.
func inject(t *testing.T, faults string) (_ *Injection, strikes *struck, invoked *atomic.Int64) {
	t.Helper()
	plan, err := fault.Read([]byte(faults))
	if err != nil {
		t.Fatal(err)
	}
	host, err := lambdahost.New()
	if err != nil {
		t.Fatal(err)
	}
	invoked, strikes = new(atomic.Int64), &struck{}
	err = host.Add(lambdahost.Function{Name: "Stack-Worker", Timeout: 300 * time.Millisecond, Answer: func(payload []byte) ([]byte, bool) {
		return fmt.Appendf(nil, `{"n":%d,"got":%s}`, invoked.Add(1), payload), false
	}})
	if err != nil {
		t.Fatal(err)
	}
	i := New(Options{Plan: plan, Struck: strikes.add, Host: host, Places: places(), Hold: func() func() { return func() {} }})
	t.Cleanup(func() {
		if err := errors.Join(i.Close(), host.Close()); err != nil {
			t.Error(err)
		}
	})
	return i, strikes, invoked
}

// requestOf is a request of a state of the job.
func requestOf(t *testing.T, state, resource string, parameters any) *engine.Request {
	t.Helper()
	parsed, ok := services.Parse(resource)
	if !ok {
		t.Fatalf("got the resource %s, expected a valid one", resource)
	}
	return &engine.Request{Resource: parsed, StateName: state, StateMachineARN: jobARN, Parameters: parameters}
}

func TestFaultsOfFunctions(t *testing.T) {
	t.Parallel()
	for faults, expected := range map[string]struct {
		answer  string // or the error's type, or its text
		invoked int64
	}{
		`[]`:                                   {`{"n":1,"got":{"Items":[{"index":7}]}}`, 1},
		`[{fault: error, function: Consumer}]`: {`{"n":1,`, 1},
		`[{fault: error}]`:                     {"MapJob.Injected: The error was injected by a fault.", 0},
		`[{fault: error, error: Busy, cause: later, item: 7}]`: {"Busy: later", 0},
		`[{fault: error, item: 8}]`:                            {`{"n":1,`, 1},
		`[{fault: throttle}]`:                                  {"Lambda.TooManyRequestsException: Rate Exceeded.", 0},
		`[{fault: timeout}]`:                                   {"Sandbox.Timedout: ", 1},
		`[{fault: crash}]`:                                     {"Runtime.ExitError: ", 0},
		`[{fault: crash, when: after}]`:                        {"Runtime.ExitError: ", 1},
		`[{fault: duplicate}]`:                                 {`{"n":1,`, 2},
		`[{fault: duplicate, when: together}]`:                 {`{"n":`, 2},
		`[{fault: slow, delay: 20ms}]`:                         {`{"n":1,`, 1},
		`[{fault: lost, state: Worker}]`:                       {"Lambda.SdkClientException: Unable to execute HTTP request: The target server failed to respond", 1},
		`[{fault: large}]`:                                     {`"xxx`, 1},
		`[{fault: large, bytes: 6291557}]`:                     {"Function.ResponseSizeTooLarge: Response payload size exceeded", 1},
		`[{fault: answer, answer: [1]}]`:                       {`[1]`, 1},
	} {
		t.Run(faults, func(t *testing.T) {
			t.Parallel()
			i, strikes, invoked := inject(t, faults)
			began := time.Now()
			items, err := value.Parse([]byte(`{"Items":[{"index":7}]}`))
			if err != nil {
				t.Fatal(err)
			}
			call := engine.IntegrationFunc(func(ctx context.Context, _ *engine.Request) (any, error) {
				response, err := i.Invoke(ctx, "Stack-Worker", []byte(`{"Items":[{"index":7}]}`))
				if err != nil || response.FunctionError == "" {
					return response, err
				}
				var failed struct{ ErrorType, ErrorMessage string }
				if err := json.Unmarshal(response.Payload, &failed); err != nil {
					return nil, err
				}
				return nil, &engine.TaskError{Name: failed.ErrorType, Cause: failed.ErrorMessage}
			})
			output, err := i.task(t.Context(), requestOf(t, "Worker", workerARN, items), call)
			got := fmt.Sprint(err)
			if response, ok := output.(*lambdahost.Response); ok && err == nil {
				got = string(response.Payload)
			}
			if !strings.HasPrefix(got, expected.answer) {
				t.Errorf("got %.80s, expected %s", got, expected.answer)
			}
			i.settle(t.Context())
			if n := invoked.Load(); n != expected.invoked {
				t.Errorf("got %d invocations, expected %d", n, expected.invoked)
			}
			if len(i.Unreached()) == 0 && faults != "[]" && !strings.HasSuffix(strikes.String(), " Map/Worker") {
				t.Errorf("got the strikes %s, expected one at Map/Worker", strikes)
			}
			if strings.Contains(faults, "slow") && time.Since(began) < 20*time.Millisecond {
				t.Errorf("got an answer after %s, expected a late one", time.Since(began))
			}
		})
	}
}

// Nothing is known of a task if a queue or an event invokes a function.
func TestFaultsOfFunctionsWithoutATask(t *testing.T) {
	i, strikes, _ := inject(t, `[{fault: error, state: Worker}, {fault: lost, function: Worker}]`)
	response, err := i.Invoke(t.Context(), "arn:aws:lambda:us-east-1:123456789012:function:Stack-Worker:live", []byte("{}"))
	if err != nil || response.FunctionError == "" || !strings.Contains(string(response.Payload), "Runtime.ExitError") {
		t.Errorf("got %+v and %v, expected a function that exited", response, err)
	}
	if got := strikes.String(); got != "lost" {
		t.Errorf("got %s, expected the fault without a state", got)
	}
}

func TestFaultsOfOtherTasks(t *testing.T) {
	t.Parallel()
	for faults, expected := range map[string]struct {
		answer string // or the error
		called bool
	}{
		`[]`:                         {"done", true},
		`[{fault: crash}]`:           {"done", true}, // of functions only
		`[{fault: error, item: 0}]`:  {"done", true},
		`[{fault: error}]`:           {"MapJob.Injected: The error was injected by a fault.", false},
		`[{fault: error, error: E}]`: {"E: The error was injected by a fault.", false},
		`[{fault: throttle, call: "dynamodb:PutItem"}]`: {"DynamoDB.ProvisionedThroughputExceededException: The level of", false},
		`[{fault: throttle, call: "dynamodb:GetItem"}]`: {"done", true},
		`[{fault: timeout}]`:                            {"DynamoDB.SdkClientException: Unable to execute HTTP request: ", true},
		`[{fault: slow, delay: 1ms}]`:                   {"done", true},
		`[{fault: lost, state: TakeLock}]`:              {"DynamoDB.SdkClientException: Unable to execute HTTP request: ", true},
	} {
		i, _, _ := inject(t, faults)
		called := false
		output, err := i.task(t.Context(), requestOf(t, "TakeLock", "arn:aws:states:::dynamodb:putItem", nil), func(context.Context, *engine.Request) (any, error) {
			called = true
			return "done", nil
		})
		got := fmt.Sprint(output)
		if err != nil {
			got = err.Error()
		}
		if !strings.HasPrefix(got, expected.answer) || called != expected.called {
			t.Errorf("%s: got %s and called %v, expected %s and %v", faults, got, called, expected.answer, expected.called)
		}
	}
}

// The call of a task that times out is made, and its answer never comes. An answer
// that is lost may be an error.
func TestAnswersThatDoNotCome(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		faults   string
		timed    bool
		expected string
	}{
		{`[{fault: timeout}]`, true, "context deadline exceeded"},
		{`[{fault: timeout}]`, false, "DynamoDB.SdkClientException: Unable"},
		{`[{fault: lost}]`, true, "DynamoDB.SdkClientException: Unable"},
		{`[{fault: slow, delay: 1ms}]`, true, "the condition failed"},
	} {
		i, _, _ := inject(t, test.faults)
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		r := requestOf(t, "TakeLock", "arn:aws:states:::dynamodb:putItem", nil)
		r.Timed = test.timed
		called := false
		_, err := i.task(ctx, r, func(context.Context, *engine.Request) (any, error) {
			called = true
			return nil, errors.New("the condition failed")
		})
		if err == nil || !strings.HasPrefix(err.Error(), test.expected) || !called {
			t.Errorf("%s, timed %v: got %v and called %v, expected %s after a call", test.faults, test.timed, err, called, test.expected)
		}
	}
}

// Both invocations of a duplicate are over when Close returns, and one that comes
// later is not begun.
func TestCloseWaitsForDuplicates(t *testing.T) {
	plan, err := fault.Read([]byte(`[{fault: duplicate, when: together, times: -1}]`))
	if err != nil {
		t.Fatal(err)
	}
	host, err := lambdahost.New()
	if err != nil {
		t.Fatal(err)
	}
	var begun, ended atomic.Int64
	err = host.Add(lambdahost.Function{Name: "Stack-Worker", Timeout: time.Minute, Answer: func([]byte) ([]byte, bool) {
		if n := begun.Add(1); n%2 == 0 {
			time.Sleep(100 * time.Millisecond)
		}
		ended.Add(1)
		return []byte("1"), false
	}})
	if err != nil {
		t.Fatal(err)
	}
	i := New(Options{Plan: plan, Struck: func(fault.Strike) {}, Host: host, Places: places(), Hold: func() func() { return func() {} }})
	if _, err := i.Invoke(t.Context(), "Stack-Worker", []byte("{}")); err != nil {
		t.Error(err)
	}
	if err := i.Close(); err != nil || begun.Load() != ended.Load() || begun.Load() == 0 {
		t.Errorf("got %v with %d invocations begun and %d ended, expected all that have begun to end", err, begun.Load(), ended.Load())
	}
	if _, err := i.Invoke(t.Context(), "Stack-Worker", []byte("{}")); !errors.Is(err, lambdahost.ErrClosed) {
		t.Errorf("got %v after Close, expected %v", err, lambdahost.ErrClosed)
	}
	if err := host.Close(); err != nil {
		t.Error(err)
	}
}

func TestAFaultThatWaitsEndsWithItsTask(t *testing.T) {
	i, _, _ := inject(t, `[{fault: slow, delay: 1h, times: 2}]`)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	done := func(context.Context, *engine.Request) (any, error) { return "done", nil }
	if output, err := i.task(ctx, requestOf(t, "TakeLock", "arn:aws:states:::dynamodb:putItem", nil), done); err == nil {
		t.Errorf("got %v, expected the end of the task", output)
	}
	if response, err := i.Invoke(ctx, "Stack-Worker", []byte("{}")); err == nil {
		t.Errorf("got %v, expected the end of the task", response)
	}
}

// Items of Maps that are not those of a job count by their indexes.
func TestItemsOfOtherMaps(t *testing.T) {
	i, strikes, _ := inject(t, `[{fault: error, item: 5, times: -1}]`)
	r := requestOf(t, "Notify", "arn:aws:states:::sns:publish", nil)
	done := func(context.Context, *engine.Request) (any, error) { return "done", nil }
	for first := range 4 {
		r.First, r.Items = 2*first, 2
		_, err := i.task(t.Context(), r, done)
		if (err != nil) != (first == 2) {
			t.Errorf("items %d and %d: got %v, expected an error if it has item 5", 2*first, 2*first+1, err)
		}
	}
	if got := strikes.String(); got != "error Each/Notify" {
		t.Errorf("got the strikes %s, expected one", got)
	}
}

func TestFaultsOfRequests(t *testing.T) {
	t.Parallel()
	for faults, expected := range map[string]struct {
		answers string // status of two requests; 0 is a broken connection
		reached int64
	}{
		`[{fault: error, call: "s3:GetObject"}]`:                                          {"200 200", 2},
		`[{fault: error, call: "s3:PutObject"}]`:                                          {"500 200", 1},
		`[{fault: error, call: "s3:PutObject", error: AccessDenied}]`:                     {"400 200", 1},
		`[{fault: throttle, call: "s3:*"}]`:                                               {"503 200", 1},
		`[{fault: throttle, call: "s3:*", invocation: 2}]`:                                {"200 503", 1},
		`[{fault: throttle, call: "s3:*", state: TakeLock}]`:                              {"200 200", 2},
		`[{fault: throttle, call: "s3:*", function: Worker, state: Map/Worker, item: 7}]`: {"503 200", 1},
		`[{fault: throttle, call: "s3:*", item: 8}]`:                                      {"200 200", 2},
		`[{fault: lost, call: "s3:PutObject"}]`:                                           {"0 200", 2},
		`[{fault: slow, call: "s3:PutObject", delay: 30ms}]`:                              {"200 200", 2},
		`[{fault: crash, when: write 1}]`:                                                 {"0 0", 1},
		`[{fault: crash, when: write 2}]`:                                                 {"200 0", 2},
		`[{fault: crash, when: write 3}]`:                                                 {"200 200", 2},
	} {
		t.Run(faults, func(t *testing.T) {
			t.Parallel()
			i, _, _ := inject(t, faults)
			var reached atomic.Int64
			service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				if string(body) != "text" || r.URL.Path != "/bucket/a b/k" || r.URL.RawQuery != "x-id=PutObject" {
					w.WriteHeader(http.StatusNotImplemented)
				}
				reached.Add(1)
			}))
			defer service.Close()
			endpoints, err := i.Serve([]string{"AWS_ENDPOINT_URL_S3=" + service.URL})
			if err != nil {
				t.Fatal(err)
			}
			address, _ := strings.CutPrefix(endpoints[0], "AWS_ENDPOINT_URL_S3=")
			if address == service.URL {
				t.Fatal("got the service itself, expected what stands before it")
			}
			v := &invoked{site: fault.Site{Machine: "Shop/Job", State: "Map/Worker", Function: "Shop/Worker", Items: []int{7}}}
			ctx, kill := context.WithCancel(t.Context())
			defer kill()
			v.crash = kill // the function's connections break
			i.invoked["Root=1"] = v
			began := time.Now()
			var answers []string
			for range 2 {
				r, err := http.NewRequestWithContext(ctx, http.MethodPut, address+"/bucket/a%20b/k?x-id=PutObject", strings.NewReader("text"))
				if err != nil {
					t.Fatal(err)
				}
				r.Header.Set(traceHeader, "Root=1")
				status := 0
				if response, err := http.DefaultClient.Do(r); err == nil {
					status = response.StatusCode
					_ = response.Body.Close()
				}
				answers = append(answers, strconv.Itoa(status))
			}
			if got := strings.Join(answers, " "); got != expected.answers || reached.Load() != expected.reached {
				t.Errorf("got answers %s and %d requests at the service, expected %s and %d", got, reached.Load(), expected.answers, expected.reached)
			}
			if strings.Contains(faults, "slow") && time.Since(began) < 30*time.Millisecond {
				t.Errorf("got answers after %s, expected a late one", time.Since(began))
			}
		})
	}
}

// A run whose requests can't go wrong has no proxies.
func TestRequestsHaveNoProxyWithoutNeed(t *testing.T) {
	for faults, needed := range map[string]bool{
		`[{fault: crash}]`: false, `[{fault: error, state: TakeLock}]`: false, `[{fault: stop}]`: false,
		`[{fault: crash, when: write 1}]`: true, `[{fault: slow, delay: 1s, call: "s3:*"}]`: true,
	} {
		i, _, _ := inject(t, faults)
		endpoints, err := i.Serve([]string{"AWS_ENDPOINT_URL_S3=http://127.0.0.1:1"})
		if err != nil {
			t.Fatal(err)
		}
		if got := endpoints[0] != "AWS_ENDPOINT_URL_S3=http://127.0.0.1:1"; got != needed {
			t.Errorf("%s: got a proxy: %v, expected %v", faults, got, needed)
		}
	}
	var none *Injection
	if endpoints, err := none.Serve([]string{"A=b"}); err != nil || endpoints[0] != "A=b" {
		t.Errorf("got %v and %v without faults, expected the same endpoints", endpoints, err)
	}
}

// A request whose invocation is not known is struck by faults of any function.
func TestRequestsOfUnknownFunctions(t *testing.T) {
	i, strikes, _ := inject(t, `[{fault: throttle, call: "s3:*", function: Worker}, {fault: throttle, call: "s3:*", attempt: 0}, {fault: throttle, call: "s3:*"}, {fault: crash, when: write 1}]`)
	service := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer service.Close()
	endpoints, err := i.Serve([]string{"AWS_ENDPOINT_URL_S3=" + service.URL})
	if err != nil {
		t.Fatal(err)
	}
	for _, expected := range []int{503, 200} {
		response, err := http.Get(strings.TrimPrefix(endpoints[0], "AWS_ENDPOINT_URL_S3=") + "/bucket/key")
		if err != nil || response.StatusCode != expected {
			t.Fatalf("got %v and %v, expected %d", response, err, expected)
		}
		_ = response.Body.Close()
	}
	if got := strikes.String(); got != "throttle" || len(i.Unreached()) != 3 {
		t.Errorf("got the strikes %s, and %v that did not strike, expected the fault without a function", got, i.Unreached())
	}
}

func TestExecutionsAreStopped(t *testing.T) {
	t.Parallel()
	const execution = "arn:aws:states:us-east-1:123456789012:execution:Job:x"
	events := []event.Event{
		{ExecutionARN: execution, ID: 1, Type: event.ExecutionStarted},
		{ExecutionARN: execution, ID: 2, Type: event.TaskStateEntered, Data: event.Data{Name: "TakeLock"}},
		{ExecutionARN: execution, ID: 3, Type: event.TaskStateExited, Data: event.Data{Name: "TakeLock"}},
		{ExecutionARN: execution, ID: 4, Type: event.MapStateEntered, Data: event.Data{Name: "Map"}},
		{ExecutionARN: "arn:aws:states:us-east-1:123456789012:execution:Job/Map:child", ID: 9, Type: event.TaskStateEntered, Data: event.Data{Name: "Worker"}},
	}
	for faults, expected := range map[string]string{
		`[{fault: stop, state: Map, error: E, cause: why}]`: "stop Map: E why",
		`[{fault: stop}]`:                              "stop TakeLock:  ",
		`[{fault: stop, invocation: 2}]`:               "stop Map:  ",
		`[{fault: stop, when: event 3}]`:               "stop at event 3:  ",
		`[{fault: stop, when: event 9}]`:               "",
		`[{fault: stop, state: Worker}]`:               "",
		`[{fault: stop, state: Map, machine: Broken}]`: "",
		`[{fault: stop, after: 20ms, state: Map}]`:     "stop after 20ms Map:  ",
		`[{fault: stop, after: 1h}]`:                   "",
		`[{fault: error, state: Map}]`:                 "",
	} {
		i, strikes, _ := inject(t, faults)
		stopped := make(chan string, 9)
		x := i.Execution(func(arn, name, cause string) bool {
			stopped <- strikes.String() + ": " + name + " " + cause
			return arn == execution
		}, &objectstest.Memory{})
		seen := 0
		happened := x.History(func(event.Event) { seen++ })
		for _, e := range events {
			happened(e)
		}
		got := ""
		if expected != "" {
			got = <-stopped
		}
		x.End(t.Context())
		if got != expected || seen != len(events) || len(stopped) != 0 {
			t.Errorf("%s: got %q of %d events, expected %q", faults, got, seen, expected)
		}
		if unreached := len(i.Unreached()) == 1; unreached != (expected == "") {
			t.Errorf("%s: got faults that did not strike: %v, expected %v", faults, unreached, expected == "")
		}
	}
}
