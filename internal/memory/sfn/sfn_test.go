package sfn_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/mapjob/mapjob/internal/archive"
	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/engine/event"
	"github.com/mapjob/mapjob/internal/engine/loop"
	"github.com/mapjob/mapjob/internal/memory/sfn"
	"github.com/mapjob/mapjob/internal/sfnapi"
)

type object = map[string]any

const (
	machines      = "arn:aws:states:us-east-1:123456789012:stateMachine:"
	executionsARN = "arn:aws:states:us-east-1:123456789012:execution:"
)

var definitions = map[string]string{
	"Job": `{"StartAt":"Map","States":{"Map":{"Type":"Map","Label":"Items","MaxConcurrency":2,"ToleratedFailurePercentage":100,"End":true,
	"ItemsPath":"$.items","ItemBatcher":{"MaxItemsPerBatch":2},"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},
	"StartAt":"C","States":{"C":{"Type":"Choice","Choices":[{"Variable":"$.Items[0]","NumericLessThan":0,"Next":"F"},{"Variable":"$.Items[0]","NumericGreaterThan":90,"Next":"W"}],"Default":"P"},
	"F":{"Type":"Fail","Error":"Negative","Cause":"below zero"},"W":{"Type":"Wait","Seconds":60,"End":true},"P":{"Type":"Pass","End":true}}}}}}`,
	"Slow":    `{"StartAt":"Wait","States":{"Wait":{"Type":"Wait","Seconds":3600,"End":true}}}`,
	"Token":   `{"StartAt":"Ask","States":{"Ask":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke.waitForTaskToken","Parameters":{"FunctionName":"f","Payload":{"t.$":"$$.Task.Token"}},"HeartbeatSeconds":60,"End":true}}}`,
	"Express": `{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}`,
}

// inOrder lets things go on in the order in which they came.
type inOrder struct{}

func (inOrder) Go(work func())                   { go work() }
func (inOrder) Settle()                          { synctest.Wait() }
func (inOrder) Choose(ready []int64) (int, bool) { return min(len(ready), 1) - 1, false }
func (inOrder) Wake() <-chan struct{}            { return nil }
func (inOrder) Busy() bool                       { return false }

// world is a service in memory, and one over an archive that records the same.
type world struct {
	session  *engine.Session
	memory   *sfn.Service
	recorder *archive.Recorder
	stored   http.Handler
	tokens   sync.Map // by the ARNs of executions
}

// token returns the token that an execution waits for.
func (w *world) token(t *testing.T, arn string) string {
	t.Helper()
	token, ok := w.tokens.Load(arn)
	if !ok {
		t.Fatalf("%s: got no token", arn)
	}
	return token.(string)
}

// open opens a world in a bubble.
func open(t *testing.T) *world {
	t.Helper()
	w := &world{}
	var list []archive.StateMachine
	var err error
	if w.recorder, err = archive.Record(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	options := []engine.Option{engine.WithSeed(1), engine.WithClock(engine.DrivenClock(inOrder{})),
		engine.WithIntegration("arn:aws:states:::lambda:invoke.waitForTaskToken", engine.IntegrationFunc(func(_ context.Context, r *engine.Request) (any, error) {
			w.tokens.Store(r.ExecutionARN, r.Callback.Token)
			return nil, nil
		}))}
	for name, text := range definitions {
		definition, err := asl.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		kind := engine.Standard
		if name == "Express" {
			kind = engine.Express
		}
		m := archive.StateMachine{ARN: machines + name, Name: name, Type: kind, Definition: text, Created: time.Now()}
		list = append(list, m)
		w.recorder.StateMachine(m)
		options = append(options, engine.WithStateMachine(m.ARN, definition, kind))
	}
	w.memory = sfn.New(list...)
	options = append(options, engine.WithMapObserver(engine.MapObservers{w.memory, w.recorder}), engine.WithHistory(func(e event.Event) {
		w.memory.Event(&e)
		w.recorder.Event(e)
	}))
	e, err := engine.New(nil, options...)
	if err != nil {
		t.Fatal(err)
	}
	w.session = e.Open(context.Background())
	w.memory.Open(w.session)
	w.stored = sfnapi.New(nil, w.recorder.Archive()).Handler()
	t.Cleanup(func() {
		w.session.Close()
		if err := w.recorder.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// call sends a request, and returns the answer and the name of the error.
func call(t *testing.T, h http.Handler, operation string, request object) (answer object, refused string) {
	t.Helper()
	body, err := json.Marshal(request)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(string(body)))
	r.Header.Set("X-Amz-Target", "AWSStepFunctions."+operation)
	response := httptest.NewRecorder()
	h.ServeHTTP(response, r)
	if err := json.Unmarshal(response.Body.Bytes(), &answer); err != nil {
		t.Fatal(err)
	}
	if response.Code != http.StatusOK {
		refused, _ = answer["__type"].(string)
	}
	return answer, refused
}

// start starts an execution through the API.
func (w *world) start(t *testing.T, machine, name, input string) string {
	t.Helper()
	answer, refused := call(t, w.memory, "StartExecution", object{"stateMachineArn": machines + machine, "name": name, "input": input})
	if refused != "" {
		t.Fatalf("got %v, expected the execution to start", answer)
	}
	arn := answer["executionArn"].(string)
	w.recorder.Begin(arn, input, time.Now())
	return arn
}

func TestAnswersAreThoseOfAnArchive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t)
		job := w.start(t, "Job", "job", `{"items":[1,2,-3,4,99,6,98,8,97]}`)
		time.Sleep(time.Second)
		slow := w.start(t, "Slow", "slow", `{"a":1}`)
		began := time.Now()
		for _, passed := range []time.Duration{10 * time.Second, 70 * time.Second, 2 * time.Hour} {
			w.session.Run(began.Add(passed))
			runs, _ := call(t, w.memory, "ListMapRuns", object{"executionArn": job})
			run := runs["mapRuns"].([]any)[0].(object)["mapRunArn"].(string)
			children, _ := call(t, w.memory, "ListExecutions", object{"mapRunArn": run})
			child := children["executions"].([]any)[0].(object)["executionArn"].(string)
			for _, x := range []struct {
				operation string
				request   object
			}{
				{"DescribeExecution", object{"executionArn": job}},
				{"DescribeExecution", object{"executionArn": job, "includedData": "METADATA_ONLY"}},
				{"DescribeExecution", object{"executionArn": slow}},
				{"DescribeExecution", object{"executionArn": child}},
				{"DescribeExecution", object{"executionArn": executionsARN + "Job:none"}},
				{"DescribeStateMachineForExecution", object{"executionArn": child}},
				{"ListExecutions", object{"stateMachineArn": machines + "Job"}},
				{"ListExecutions", object{"stateMachineArn": machines + "Slow", "statusFilter": "RUNNING"}},
				{"ListExecutions", object{"stateMachineArn": machines + "None"}},
				{"ListExecutions", object{"mapRunArn": run}},
				{"ListExecutions", object{"mapRunArn": run, "statusFilter": "FAILED"}},
				{"GetExecutionHistory", object{"executionArn": job}},
				{"GetExecutionHistory", object{"executionArn": job, "reverseOrder": true, "maxResults": 1, "includeExecutionData": false}},
				{"GetExecutionHistory", object{"executionArn": child, "reverseOrder": true}},
				{"GetExecutionHistory", object{"executionArn": executionsARN + "Job:none"}},
				{"ListMapRuns", object{"executionArn": job}},
				{"ListMapRuns", object{"executionArn": slow}},
				{"DescribeMapRun", object{"mapRunArn": run}},
				{"DescribeMapRun", object{"mapRunArn": run + "x"}},
				{"ListStateMachines", object{}},
				{"DescribeStateMachine", object{"stateMachineArn": machines + "Job"}},
				{"RedriveExecution", object{"executionArn": job}},
			} {
				got, refused := call(t, w.memory, x.operation, x.request)
				expected, expectedRefused := call(t, w.stored, x.operation, x.request)
				delete(got, "nextToken") // it has another position
				delete(expected, "nextToken")
				if diff := cmp.Diff(expected, got); diff != "" || refused != expectedRefused {
					t.Errorf("after %s: %s %v: got %s and another answer (-archive +memory):\n%s", passed, x.operation, x.request, refused, diff)
				}
			}
		}
		if x, _ := call(t, w.memory, "DescribeExecution", object{"executionArn": job}); x["status"] != "SUCCEEDED" {
			t.Errorf("got %v, expected the job to have succeeded", x)
		}
	})
}

func TestPagesHaveAllEventsAndChildrenOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t)
		job := w.start(t, "Job", "job", `{"items":[1,2,-3,4,99,6,98,8,97]}`)
		w.session.Run(time.Time{})
		runs, _ := call(t, w.memory, "ListMapRuns", object{"executionArn": job})
		run := runs["mapRuns"].([]any)[0].(object)["mapRunArn"].(string)
		for _, x := range []struct {
			operation, list, id string
			request             object
		}{
			{"GetExecutionHistory", "events", "id", object{"executionArn": job}},
			{"GetExecutionHistory", "events", "id", object{"executionArn": job, "reverseOrder": true}},
			{"ListExecutions", "executions", "name", object{"mapRunArn": run}},
		} {
			all, _ := call(t, w.memory, x.operation, x.request)
			var got []any
			x.request["maxResults"] = 2
			for {
				page, refused := call(t, w.memory, x.operation, x.request)
				if refused != "" {
					t.Fatal(page)
				}
				got = append(got, page[x.list].([]any)...)
				if page["nextToken"] == nil {
					break
				}
				x.request["nextToken"] = page["nextToken"]
			}
			if diff := cmp.Diff(all[x.list], any(got)); diff != "" || len(got) < 4 {
				t.Errorf("%s %v: got %d in pages (-at once +in pages):\n%s", x.operation, x.request, len(got), diff)
			}
		}
	})
}

func TestStartAndStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t)
		first := w.start(t, "Slow", "one", `{"a":1}`)
		if first != executionsARN+"Slow:one" {
			t.Errorf("got %s, expected the ARN of the name", first)
		}
		for name, x := range map[string]struct {
			request  object
			expected string
		}{
			"the same input again":     {object{"stateMachineArn": machines + "Slow", "name": "one", "input": `{"a":1}`}, ""},
			"another input":            {object{"stateMachineArn": machines + "Slow", "name": "one", "input": `{"a":2}`}, "ExecutionAlreadyExists"},
			"an unknown machine":       {object{"stateMachineArn": machines + "None"}, "StateMachineDoesNotExist"},
			"a name with a slash":      {object{"stateMachineArn": machines + "Slow", "name": "a/b"}, "InvalidName"},
			"an input that is no JSON": {object{"stateMachineArn": machines + "Slow", "input": "{"}, "InvalidExecutionInput"},
		} {
			if answer, refused := call(t, w.memory, "StartExecution", x.request); refused != x.expected {
				t.Errorf("%s: got %v, expected %q", name, answer, x.expected)
			}
		}
		w.session.Run(time.Now().Add(time.Minute))
		if answer, refused := call(t, w.memory, "StopExecution", object{"executionArn": first, "error": "Enough", "cause": "stopped"}); refused != "" || answer["stopDate"] != float64(time.Now().UnixMilli())/1000 {
			t.Errorf("got %v, expected the time of now", answer)
		}
		w.session.Run(time.Now())
		x, _ := call(t, w.memory, "DescribeExecution", object{"executionArn": first})
		if x["status"] != "ABORTED" || x["error"] != "Enough" || x["cause"] != "stopped" || x["stopDate"].(float64)-x["startDate"].(float64) != 60 {
			t.Errorf("got %v, expected it to be stopped after a minute", x)
		}
		if _, refused := call(t, w.memory, "StartExecution", object{"stateMachineArn": machines + "Slow", "name": "one", "input": `{"a":1}`}); refused != "ExecutionAlreadyExists" {
			t.Errorf("after its end: got %q, expected ExecutionAlreadyExists", refused)
		}
	})
}

func TestIdentifiersRepeat(t *testing.T) {
	var names [2]string
	for i := range names {
		synctest.Test(t, func(t *testing.T) {
			w := open(t)
			answer, _ := call(t, w.memory, "StartExecution", object{"stateMachineArn": machines + "Slow"})
			names[i], _ = answer["executionArn"].(string)
		})
	}
	if names[0] != names[1] || names[0] == "" {
		t.Errorf("got %q, expected the same name in both runs", names)
	}
}

func TestTasksAreAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t)
		good, bad, late := w.start(t, "Token", "good", `{}`), w.start(t, "Token", "bad", `{}`), w.start(t, "Token", "late", `{}`)
		w.session.Run(time.Now())
		tokens := []string{w.token(t, good), w.token(t, bad), w.token(t, late)}
		ask := func(operation string, request object, expected string) {
			t.Helper()
			if answer, refused := call(t, w.memory, operation, request); refused != expected {
				t.Errorf("%s %v: got %v, expected %q", operation, request, answer, expected)
			}
		}
		ask("SendTaskSuccess", object{"taskToken": tokens[0], "output": "{"}, "InvalidOutput")
		ask("SendTaskHeartbeat", object{"taskToken": tokens[0]}, "")
		ask("SendTaskSuccess", object{"taskToken": tokens[0], "output": `{"a":1}`}, "")
		ask("SendTaskSuccess", object{"taskToken": tokens[0], "output": `{"a":2}`}, "TaskTimedOut")
		ask("SendTaskFailure", object{"taskToken": tokens[1], "error": "No", "cause": "no more"}, "")
		ask("SendTaskFailure", object{"taskToken": "made up"}, "InvalidToken")
		ask(sfnapi.ListWaitingTasks, object{"executionArn": late}, "UnknownOperationException") // its tasks wait in the session
		w.session.Run(time.Now().Add(50 * time.Second))
		ask("SendTaskHeartbeat", object{"taskToken": tokens[2]}, "")
		w.session.Run(time.Now().Add(50 * time.Second))
		for arn, expected := range map[string][3]any{good: {"SUCCEEDED", `{"a":1}`, nil}, bad: {"FAILED", nil, "No"}, late: {"RUNNING", nil, nil}} {
			x, _ := call(t, w.memory, "DescribeExecution", object{"executionArn": arn})
			if got := [3]any{x["status"], x["output"], x["error"]}; !slices.Equal(got[:], expected[:]) {
				t.Errorf("got %v, expected %v", got, expected)
			}
		}
		if end := w.session.Run(time.Time{}); end != loop.Blocked {
			t.Errorf("got %v, expected nothing more to happen", end)
		}
		ask("SendTaskSuccess", object{"taskToken": tokens[2], "output": `1`}, "TaskTimedOut")
	})
}
