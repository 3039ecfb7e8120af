package stack

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/engine"
)

// call is an operation of the Step Functions API, with its answer or the type
// of its error.
func call(t *testing.T, s *stepFunctions, operation string, request object) (answer object, refused string) {
	t.Helper()
	body, err := json.Marshal(request)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequest(http.MethodPost, s.url, strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Amz-Target", apiTarget+operation)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != http.StatusOK {
		refused, _ = answer["__type"].(string)
	}
	return answer, refused
}

// waits is a state machine that waits for this long and answers with its input.
func waits(seconds int) object {
	return machine("Wait", object{"Wait": object{"Type": "Wait", "Seconds": seconds, "End": true}})
}

const machines = "arn:aws:states:us-east-1:123456789012:stateMachine:"

// ended waits for the end of an execution.
func ended(t *testing.T, s *stepFunctions, arn any) object {
	t.Helper()
	for range 500 {
		x, refused := call(t, s, "DescribeExecution", object{"executionArn": arn})
		if refused != "" {
			t.Fatalf("describing %v: got %s", arn, refused)
		}
		if x["status"] != "RUNNING" {
			return x
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("%v still runs after 5 s", arn)
	return nil
}

func TestAnExecutionIsStartedOnce(t *testing.T) {
	express := waits(0)
	express["Properties"].(object)["StateMachineType"] = "EXPRESS"
	c := start(t, object{"Slow": waits(1), "Express": express})
	request := func(machine, name, input string) object {
		return object{"stateMachineArn": machines + "Stack-" + machine, "name": name, "input": input}
	}

	first, refused := call(t, c.api, "StartExecution", request("Slow", "one", `{"a":1}`))
	if refused != "" || first["executionArn"] != "arn:aws:states:us-east-1:123456789012:execution:Stack-Slow:one" {
		t.Fatalf("got %v, expected the execution to start", first)
	}
	again, refused := call(t, c.api, "StartExecution", request("Slow", "one", `{"a":1}`))
	if refused != "" || again["executionArn"] != first["executionArn"] || again["startDate"] != first["startDate"] {
		t.Errorf("got %v, expected the execution that runs: %v", again, first)
	}
	if _, refused := call(t, c.api, "StartExecution", request("Slow", "one", `{"a":2}`)); refused != "ExecutionAlreadyExists" {
		t.Errorf("with another input: got %q, expected ExecutionAlreadyExists", refused)
	}
	if x, _ := call(t, c.api, "DescribeExecution", object{"executionArn": first["executionArn"]}); x["status"] != "RUNNING" || x["stopDate"] != nil {
		t.Errorf("got %v, expected it to run", x)
	}
	if x := ended(t, c.api, first["executionArn"]); x["status"] != "SUCCEEDED" || x["output"] != `{"a":1}` || x["input"] != `{"a":1}` || x["stopDate"] == nil {
		t.Errorf("got %v, expected its output", x)
	}
	if _, refused := call(t, c.api, "StartExecution", request("Slow", "one", `{"a":1}`)); refused != "ExecutionAlreadyExists" {
		t.Errorf("after its end: got %q, expected ExecutionAlreadyExists", refused)
	}

	first, _ = call(t, c.api, "StartExecution", request("Express", "one", `{}`))
	repeated, refused := call(t, c.api, "StartExecution", request("Express", "one", `{}`))
	if refused != "" || first["executionArn"] == repeated["executionArn"] {
		t.Errorf("got %v and %v, expected the name of an Express execution to be free again", first, repeated)
	}
}

func TestExecutionsEndWithTheCloud(t *testing.T) {
	c := start(t, object{"Slow": waits(3600)})
	answer, refused := call(t, c.api, "StartExecution", object{"stateMachineArn": machines + "Stack-Slow"})
	if refused != "" {
		t.Fatal(answer)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	x, gone := c.api.executions.describe(describeExecutionRequest{answer["executionArn"].(string)})
	if gone != nil || x.Status != engine.Aborted {
		t.Errorf("got %v %v, expected it to be aborted", x, gone)
	}
}

func TestStartExecutionRefusesWhatAWSRefuses(t *testing.T) {
	c := start(t, object{"Slow": waits(0)})
	for _, test := range []struct{ machine, name, input, expected string }{
		{"Stack-Other", "a", `{}`, "StateMachineDoesNotExist"},
		{"Stack-Slow", "a b", `{}`, "InvalidName"},
		{"Stack-Slow", "a/b", `{}`, "InvalidName"},
		{"Stack-Slow", strings.Repeat("a", 81), `{}`, "InvalidName"},
		{"Stack-Slow", "a", `{`, "InvalidExecutionInput"},
		{"Stack-Slow", "a", `"` + strings.Repeat("x", engine.AWSLimits.PayloadBytes) + `"`, "InvalidExecutionInput"},
		{"Stack-Slow", strings.Repeat("a", 80), `"` + strings.Repeat("x", engine.AWSLimits.PayloadBytes-2) + `"`, ""},
	} {
		if answer, refused := call(t, c.api, "StartExecution", object{"stateMachineArn": machines + test.machine, "name": test.name, "input": test.input}); refused != test.expected {
			t.Errorf("%s %.90q %.20s: got %v, expected %q", test.machine, test.name, test.input, answer, test.expected)
		}
	}
	if _, refused := call(t, c.api, "DescribeExecution", object{"executionArn": "arn:aws:states:us-east-1:123456789012:execution:Stack-Slow:never"}); refused != "ExecutionDoesNotExist" {
		t.Errorf("got %q, expected ExecutionDoesNotExist", refused)
	}
}
