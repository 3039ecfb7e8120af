package stack

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/engine"
)

// waiting returns a state machine that passes the token of its task to the function
// and waits for the answer.
func waiting(payload, more object) object {
	payload["token"] = "{% $states.context.Task.Token %}"
	return single("arn:aws:states:::lambda:invoke.waitForTaskToken", object{"FunctionName": "Stack-Function", "Payload": payload}, more)
}

func TestFunctionsAnswerTaskTokens(t *testing.T) {
	c := start(t, object{
		"Function": function(),
		"Success":  waiting(object{"operation": "SendTaskSuccess"}, nil),
		"Failure":  waiting(object{"operation": "SendTaskFailure"}, nil),
		// Without the heartbeats the task would time out before the answer.
		"Heartbeats": waiting(object{"operation": "SendTaskSuccess", "heartbeats": 4}, object{"HeartbeatSeconds": 1}),
		"Silence":    waiting(object{"operation": "SendTaskHeartbeat"}, object{"HeartbeatSeconds": 1}),
		"Crash":      waiting(object{"fail": "broken"}, nil),
	})
	for name, expected := range map[string]struct{ status, error, cause string }{
		"Success":    {status: engine.Succeeded},
		"Failure":    {engine.Failed, "Refused", "the function said no"},
		"Heartbeats": {status: engine.Succeeded},
		"Silence":    {status: engine.Failed, error: "States.Timeout"},
		"Crash":      {engine.Failed, "errorString", "broken"},
	} {
		x := execute(t, c, name, `{}`)
		if x.Status != expected.status || x.Error != expected.error || !strings.Contains(x.Cause, expected.cause) {
			t.Errorf("%s: got %s with %q: %q, expected %v", name, x.Status, x.Error, x.Cause, expected)
		}
		if x.Status == engine.Succeeded && string(x.Output) != `{"answered":true}` {
			t.Errorf("%s: got %s, expected the output that the function sent", name, x.Output)
		}
	}
}

func TestFunctionsStartExecutions(t *testing.T) {
	c := start(t, object{
		"Function": function(),
		"Slow":     machine("Wait", object{"Wait": object{"Type": "Wait", "Seconds": 3600, "End": true}}),
		"Bad":      single("arn:aws:states:::glue:startJobRun", object{"JobName": "j"}, nil),
	})
	call := caller(t, c)
	if answer := call("StartExecution", object{"stateMachineArn": machineARN + "Missing"}); answer["__type"] != "StateMachineDoesNotExist" {
		t.Errorf("got %v, expected StateMachineDoesNotExist", answer)
	}
	bad := call("StartExecution", object{"stateMachineArn": machineARN + "Bad"})
	if err := c.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if x := call("DescribeExecution", object{"executionArn": bad["executionArn"]}); x["status"] != "FAILED" || !strings.Contains(fmt.Sprint(x["cause"]), "does not run on this machine") {
		t.Errorf("got %v, expected an execution that could not be run to fail, and Drain to wait for it", x)
	}
	slow := call("StartExecution", object{"stateMachineArn": machineARN + "Slow"})
	if x := call("DescribeExecution", object{"executionArn": slow["executionArn"]}); x["status"] != "RUNNING" {
		t.Errorf("got %v, expected it to run", x)
	}
}

// caller returns a client of the stack's Step Functions API.
func caller(t *testing.T, c *Stack) func(operation string, request object) (answer object) {
	return func(operation string, request object) (answer object) {
		t.Helper()
		body, err := json.Marshal(request)
		if err != nil {
			t.Fatal(err)
		}
		r, err := http.NewRequest(http.MethodPost, c.sfnServer.URL, strings.NewReader(string(body)))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(operation, ".") {
			operation = "AWSStepFunctions." + operation
		}
		r.Header.Set("X-Amz-Target", operation)
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
			t.Fatal(err)
		}
		return answer
	}
}

// Executions that wait for another one, directly or not, have the tasks of that one's Map Run, and
// so has the other one itself. A task that has timed out is in no list.
func TestTasksThatWaitAreThoseOfNestedExecutions(t *testing.T) {
	seconds := 3
	c := start(t, object{
		"Function": function(),
		"Inner": machine("Map", object{"Map": object{"Type": "Map", "Label": "Map", "End": true, "Items": []int{1, 2}, "ToleratedFailurePercentage": 100,
			"ItemProcessor": object{"ProcessorConfig": object{"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "Ask", "States": object{
				"Ask": object{"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "End": true, "TimeoutSeconds": seconds,
					"Arguments": object{"FunctionName": "Stack-Function", "Payload": object{"operation": "SendTaskHeartbeat", "token": "{% $states.context.Task.Token %}"}}}}}}}),
		"Middle": machine("Start", object{
			"Start": object{"Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync:2", "End": true,
				"Arguments": object{"StateMachineArn": machineARN + "Inner", "Name": "inner", "Input": object{}}}}),
		"Outer": machine("Start", object{
			"Start": object{"Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync:2", "Next": "Wait",
				"Arguments": object{"StateMachineArn": machineARN + "Middle", "Name": "middle", "Input": object{}}},
			"Wait": object{"Type": "Wait", "Seconds": 3600, "End": true}}),
	})
	call := caller(t, c)
	outer := call("StartExecution", object{"stateMachineArn": machineARN + "Outer", "name": "outer"})["executionArn"].(string)
	middle, inner := strings.NewReplacer("Outer", "Middle", "outer", "middle").Replace(outer), strings.NewReplacer("Outer", "Inner", "outer", "inner").Replace(outer)
	total := func(execution string) (n float64, tasks []any) {
		answer := call("MapJob.ListWaitingTasks", object{"executionArn": execution})
		n, ok := answer["total"].(float64)
		if !ok {
			t.Fatalf("got %v, expected tasks that wait", answer)
		}
		tasks, _ = answer["waitingTasks"].([]any)
		return n, tasks
	}
	until := func(n float64) {
		t.Helper()
		for end := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
			if got, _ := total(outer); got == n {
				return
			} else if time.Now().After(end) {
				t.Fatalf("got %v tasks that wait, expected %v", got, n)
			}
		}
	}
	until(2)
	if n, _ := total(middle); n != 2 {
		t.Errorf("got %v tasks of the execution between, expected the two that it waits for", n)
	}
	n, tasks := total(inner)
	if n != 2 || len(tasks) != 2 {
		t.Fatalf("got %v tasks of the inner execution, expected the two of its Map Run", n)
	}
	child := tasks[0].(map[string]any)["executionArn"].(string)
	if n, _ := total(child); n != 1 || child == inner {
		t.Errorf("got %v tasks of %s, expected one of a child of the Map Run", n, child)
	}
	if n, _ := total(inner + "-another"); n != 0 {
		t.Errorf("got %v tasks of another execution, expected none", n)
	}
	until(0) // they have timed out
	if x := call("DescribeExecution", object{"executionArn": outer}); x["status"] != "RUNNING" {
		t.Errorf("got %v, expected that the outer execution runs on", x)
	}
}

// A lock asks for its owner, and may stop it.
func TestTasksAskForExecutionsThatTheAPIStarted(t *testing.T) {
	ask := func(action string) object {
		return single("arn:aws:states:::aws-sdk:sfn:"+action, object{"ExecutionArn": "{% $states.input.owner %}"}, nil)
	}
	c := start(t, object{
		"Slow":     machine("Wait", object{"Wait": object{"Type": "Wait", "Seconds": 3600, "End": true}}),
		"Describe": ask("describeExecution"),
		"Stop":     ask("stopExecution"),
	})
	call := caller(t, c)
	slow := call("StartExecution", object{"stateMachineArn": machineARN + "Slow", "name": "owner"})
	input := fmt.Sprintf(`{"owner": %q}`, slow["executionArn"])
	if x := execute(t, c, "Describe", input); !strings.Contains(string(x.Output), `"Status":"RUNNING"`) {
		t.Errorf("got %s %s, expected the execution that runs", x.Output, x.Cause)
	}
	execute(t, c, "Stop", input)
	if err := c.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if x := call("DescribeExecution", object{"executionArn": slow["executionArn"]}); x["status"] != "ABORTED" {
		t.Errorf("got %v, expected it to be stopped", x)
	}
	if x := execute(t, c, "Describe", input); !strings.Contains(string(x.Output), `"Status":"ABORTED"`) {
		t.Errorf("got %s %s, expected the execution that was stopped", x.Output, x.Cause)
	}
}
