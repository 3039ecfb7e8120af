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

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/engine"
)

type object = map[string]any

// waiting is a [Runner] of state machines that wait for this many seconds and
// answer with their input.
type waiting map[string]struct {
	kind    engine.Type
	seconds int
}

const (
	machines      = "arn:aws:states:us-east-1:123456789012:stateMachine:"
	executionsARN = "arn:aws:states:us-east-1:123456789012:execution:"
)

func (w waiting) StateMachine(arn string) (*StateMachine, error) {
	m, ok := w[strings.TrimPrefix(arn, machines)]
	if !ok {
		return nil, nil
	}
	return &StateMachine{ARN: arn, Type: m.kind}, nil
}

func (w waiting) Start(ctx context.Context, machine *StateMachine, name string, input []byte) (*Started, error) {
	then := `"Pass": {"Type": "Pass", "End": true}`
	if machine.Type == engine.Express { // which answers with its own ARN
		then = `"Pass": {"Type": "Pass", "InputPath": "$$.Execution.Id", "End": true}`
	}
	definition, err := asl.Parse(fmt.Appendf(nil, `{"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": %d, "Next": "Pass"}, %s}}`,
		w[strings.TrimPrefix(machine.ARN, machines)].seconds, then))
	if err != nil {
		return nil, err
	}
	e, err := engine.New(definition, engine.WithExecutionName(name), engine.WithType(machine.Type), engine.WithStateMachineARN(machine.ARN))
	if err != nil {
		return nil, err
	}
	x, err := e.Start(ctx, input)
	if err != nil {
		return nil, err
	}
	return &Started{ARN: x.ARN, Start: x.Start, Finish: x.Finish}, nil
}

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
		s := New(waiting{"Slow": {engine.Standard, 60}, "Express": {engine.Express, 0}})
		defer s.Close()
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
		s := New(waiting{"Slow": {engine.Standard, 3600}})
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
	s := New(waiting{"Slow": {engine.Standard, 0}})
	defer s.Close()
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
		"another operation":      {"ListExecutions", object{}, "UnknownOperationException"},
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
