package sfnapi

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mapjob/mapjob/internal/archive"
	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/engine"
)

type object = map[string]any

// waiting are state machines that wait for this many seconds and answer with their
// input.
type waiting map[string]struct {
	kind    engine.Type
	seconds int
}

// recorded is a [Runner] of state machines, each with a definition.
type recorded struct {
	definitions map[string]string
	kinds       map[string]engine.Type
	recorder    *archive.Recorder
	executions  engine.Executions
}

// serve returns a service of state machines, which is closed when the test ends.
func (w waiting) serve(t *testing.T) *Service {
	t.Helper()
	definitions, kinds := map[string]string{}, map[string]engine.Type{}
	for name, m := range w {
		then := `"Pass": {"Type": "Pass", "End": true}`
		if m.kind == engine.Express { // which answers with its own ARN
			then = `"Pass": {"Type": "Pass", "InputPath": "$$.Execution.Id", "End": true}`
		}
		definitions[name] = fmt.Sprintf(`{"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": %d, "Next": "Pass"}, %s}}`, m.seconds, then)
		kinds[name] = m.kind
	}
	return record(t, t.TempDir(), definitions, kinds)
}

func record(t *testing.T, folder string, definitions map[string]string, kinds map[string]engine.Type) *Service {
	t.Helper()
	recorder, err := archive.Record(folder)
	if err != nil {
		t.Fatal(err)
	}
	for name, definition := range definitions {
		recorder.StateMachine(archive.StateMachine{ARN: machines + name, Name: name, Type: kinds[name], Definition: definition, Created: time.Now()})
	}
	s := New(&recorded{definitions: definitions, kinds: kinds, recorder: recorder}, recorder.Archive())
	t.Cleanup(func() {
		s.Close()
		if err := recorder.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

const (
	machines      = "arn:aws:states:us-east-1:123456789012:stateMachine:"
	executionsARN = "arn:aws:states:us-east-1:123456789012:execution:"
)

func (r *recorded) StateMachine(arn string) (*StateMachine, error) {
	name := strings.TrimPrefix(arn, machines)
	if r.definitions[name] == "" {
		return nil, nil
	}
	return &StateMachine{ARN: arn, Type: r.kinds[name]}, nil
}

func (r *recorded) Start(ctx context.Context, machine *StateMachine, name string, input []byte) (*Started, error) {
	definition, err := asl.Parse([]byte(r.definitions[strings.TrimPrefix(machine.ARN, machines)]))
	if err != nil {
		return nil, err
	}
	e, err := engine.New(definition, engine.WithExecutionName(name), engine.WithType(machine.Type), engine.WithStateMachineARN(machine.ARN),
		engine.WithExecutions(&r.executions), engine.WithHistory(r.recorder.Event), engine.WithMapObserver(r.recorder))
	if err != nil {
		return nil, err
	}
	x, err := e.Start(ctx, input)
	if err != nil {
		return nil, err
	}
	r.recorder.Begin(x.ARN, string(input), x.Start)
	return &Started{ARN: x.ARN, Start: x.Start, Finish: x.Finish}, nil
}

func (r *recorded) Stop(arn, name, cause string) bool { return r.executions.Stop(arn, name, cause) }

// call calls an operation. If it fails, refused is the type of the error.
func call(t *testing.T, s *Service, operation string, request any) (answer object, refused string) {
	t.Helper()
	body, ok := request.(string)
	if !ok {
		text, err := json.Marshal(request)
		if err != nil {
			t.Fatal(err)
		}
		body = string(text)
	}
	r := httptest.NewRequest(http.MethodPost, "http://localhost/", strings.NewReader(body))
	r.Header.Set("X-Amz-Target", apiTarget+operation)
	response := httptest.NewRecorder()
	s.ServeHTTP(response, r)
	if err := json.Unmarshal(response.Body.Bytes(), &answer); err != nil {
		t.Fatal(err)
	}
	if response.Code != http.StatusOK {
		refused, _ = answer["__type"].(string)
	}
	return answer, refused
}

func TestStartExecutionIsIdempotent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := waiting{"Slow": {engine.Standard, 60}, "Express": {engine.Express, 0}}.serve(t)
		request := func(machine, name, input string) object {
			return object{"stateMachineArn": machines + machine, "name": name, "input": input}
		}

		first, refused := call(t, s, "StartExecution", request("Slow", "one", `{"a":1}`))
		if refused != "" || first["executionArn"] != executionsARN+"Slow:one" {
			t.Fatalf("got %v, expected the execution to start", first)
		}
		time.Sleep(time.Second)
		again, refused := call(t, s, "StartExecution", request("Slow", "one", `{"a":1}`))
		if refused != "" || again["executionArn"] != first["executionArn"] || again["startDate"] != first["startDate"] {
			t.Errorf("got %v, expected the execution that runs: %v", again, first)
		}
		if _, refused := call(t, s, "StartExecution", request("Slow", "one", `{"a":2}`)); refused != "ExecutionAlreadyExists" {
			t.Errorf("with another input: got %q, expected ExecutionAlreadyExists", refused)
		}
		if x, _ := call(t, s, "DescribeExecution", object{"executionArn": first["executionArn"]}); x["status"] != "RUNNING" || x["stopDate"] != nil {
			t.Errorf("got %v, expected it to run", x)
		}
		time.Sleep(time.Minute)
		x, refused := call(t, s, "DescribeExecution", object{"executionArn": first["executionArn"]})
		if refused != "" || x["status"] != "SUCCEEDED" || x["output"] != `{"a":1}` || x["input"] != `{"a":1}` || x["stopDate"].(float64)-x["startDate"].(float64) != 60 {
			t.Errorf("got %v, expected its output after a minute", x)
		}
		if _, refused := call(t, s, "StartExecution", request("Slow", "one", `{"a":1}`)); refused != "ExecutionAlreadyExists" {
			t.Errorf("after its end: got %q, expected ExecutionAlreadyExists", refused)
		}

		one, _ := call(t, s, "StartExecution", request("Express", "one", `{}`))
		other, refused := call(t, s, "StartExecution", request("Express", "one", `{}`))
		if refused != "" || one["executionArn"] == other["executionArn"] {
			t.Errorf("got %v and %v, expected the name of an Express execution to be free again", one, other)
		}
		synctest.Wait()
		if x, _ := call(t, s, "DescribeExecution", object{"executionArn": one["executionArn"]}); x["output"] != fmt.Sprintf("%q", one["executionArn"]) {
			t.Errorf("got %v, expected an execution that has the ARN of the answer, %v", x, one["executionArn"])
		}
	})
}

func TestCloseAbortsExecutions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := waiting{"Slow": {engine.Standard, 3600}}.serve(t)
		answer, refused := call(t, s, "StartExecution", object{"stateMachineArn": machines + "Slow"})
		if refused != "" {
			t.Fatal(answer)
		}
		s.Close()
		if x, _ := call(t, s, "DescribeExecution", object{"executionArn": answer["executionArn"]}); x["status"] != "ABORTED" {
			t.Errorf("got %v, expected it to be aborted", x)
		}
	})
}

func TestRefusals(t *testing.T) {
	s := waiting{"Slow": {engine.Standard, 0}}.serve(t)
	tooLong := strings.Repeat("x", engine.AWSLimits.PayloadBytes)
	start := func(machine, name, input string) object {
		return object{"stateMachineArn": machines + machine, "name": name, "input": input}
	}
	for name, test := range map[string]struct {
		operation string
		request   any
		expected  string
	}{
		"another state machine":  {"StartExecution", start("Other", "a", `{}`), "StateMachineDoesNotExist"},
		"a name with a space":    {"StartExecution", start("Slow", "a b", `{}`), "InvalidName"},
		"a name with a slash":    {"StartExecution", start("Slow", "a/b", `{}`), "InvalidName"},
		"a long name":            {"StartExecution", start("Slow", strings.Repeat("a", 81), `{}`), "InvalidName"},
		"the longest name":       {"StartExecution", start("Slow", strings.Repeat("a", 80), `{}`), ""},
		"input that is not JSON": {"StartExecution", start("Slow", "a", `{`), "InvalidExecutionInput"},
		"a long input":           {"StartExecution", start("Slow", "a", `"`+tooLong+`"`), "InvalidExecutionInput"},
		"the longest input":      {"StartExecution", start("Slow", "longest", `"`+tooLong[2:]+`"`), ""},
		"another execution":      {"DescribeExecution", object{"executionArn": executionsARN + "Slow:never"}, "ExecutionDoesNotExist"},
		"another operation":      {"CreateActivity", object{}, "UnknownOperationException"},
		"not JSON":               {"SendTaskFailure", `[`, "SerializationException"},
		"an invalid token":       {"SendTaskSuccess", object{"taskToken": "made up", "output": "1"}, "InvalidToken"},
		"an old token":           {"SendTaskHeartbeat", object{"taskToken": strings.Repeat("x", engine.TokenLength)}, "TaskTimedOut"},
		"output that is no JSON": {"SendTaskSuccess", object{"taskToken": "made up", "output": "no JSON"}, "InvalidOutput"},
		"a long output":          {"SendTaskSuccess", object{"taskToken": "made up", "output": `"` + tooLong + `"`}, "InvalidOutput"},
	} {
		if answer, refused := call(t, s, test.operation, test.request); refused != test.expected {
			t.Errorf("%s: got %.200v, expected %q", name, answer, test.expected)
		}
	}
}

func TestAFailureOfATaskHasALimit(t *testing.T) {
	s := New(nil, nil)
	for _, r := range []taskAnswer{{Error: strings.Repeat("é", 257)}, {Cause: strings.Repeat("é", 32_769)}} {
		if _, refused := s.failure(r); refused == nil || refused.Type != "ValidationException" {
			t.Errorf("got %v for %d and %d bytes, expected ValidationException", refused, len(r.Error), len(r.Cause))
		}
	}
	if _, refused := s.failure(taskAnswer{TaskToken: "no", Error: strings.Repeat("é", 256), Cause: strings.Repeat("é", 32_768)}); refused == nil || refused.Type != "InvalidToken" {
		t.Errorf("got %v, expected that only the token is refused", refused)
	}
}
