package stack

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/engine/enginetest"
)

const (
	functionARN = "arn:aws:lambda:us-east-1:123456789012:function:Stack-Function"
	machineARN  = "arn:aws:states:us-east-1:123456789012:stateMachine:Stack-"
)

func TestTasksInvokeFunctionsByARN(t *testing.T) {
	c := start(t, object{
		"Function": function(),
		"Machine":  single(functionARN, nil, nil),
		"Version":  single(functionARN+":$LATEST", nil, nil),
		"Invoke":   single("arn:aws:states:::lambda:invoke", object{"FunctionName": functionARN, "Payload": "{% $states.input %}"}, nil),
	})
	// The result is the answer of the function, which may be any JSON.
	for _, input := range []string{`{"a":[1,"x"]}`, `"text"`, `null`, `7`} {
		for _, name := range []string{"Machine", "Version"} {
			if x := execute(t, c, name, input); string(x.Output) != input {
				t.Errorf("%s: got %s (%s: %s), expected %s", name, x.Output, x.Error, x.Cause, input)
			}
		}
	}
	x := execute(t, c, "Machine", `{"fail": "broken"}`)
	var cause struct{ ErrorMessage, ErrorType string }
	if err := json.Unmarshal([]byte(x.Cause), &cause); err != nil || x.Error != "errorString" || cause.ErrorMessage != "broken" {
		t.Errorf("got %s: %s, expected what the function failed with", x.Error, x.Cause)
	}
	// A text is the payload as it is, and null none, as recorded.
	for input, expected := range map[string]string{`"[1]"`: `[1]`, `null`: `{}`, `{"a":1}`: `{"a":1}`} {
		got, err := json.Marshal(output(t, c, "Invoke", input)["Payload"])
		if err != nil || string(got) != expected {
			t.Errorf("got payload %s and error %v for %s, expected %s", got, err, input, expected)
		}
	}
}

func TestStateMachinesStartEachOther(t *testing.T) {
	c := start(t, object{
		"Inner": machine("Done", object{"Done": object{"Type": "Succeed", "Output": object{"doubled": "{% $states.input.n * 2 %}"}}}),
		"Bad":   machine("Fail", object{"Fail": object{"Type": "Fail", "Error": "Bad", "Cause": "always"}}),
		"Wait":  single("arn:aws:states:::states:startExecution.sync:2", object{"StateMachineArn": machineARN + "Inner", "Input": object{"n": 21}}, nil),
		"Watch": single("arn:aws:states:::states:startExecution.sync", object{"StateMachineArn": machineARN + "Bad"}, nil),
		"Any":   single("arn:aws:states:::states:startExecution.sync:2", object{"StateMachineArn": "{% $states.input.arn %}", "Input": object{}}, nil),
		"Describe": machine("Start", object{
			"Start": object{"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sfn:startExecution", "Next": "Wait",
				"Arguments": object{"StateMachineArn": machineARN + "Inner", "Name": "inner", "Input": `{"n": 1}`}},
			"Wait": object{"Type": "Wait", "Seconds": 0, "Next": "Describe"},
			"Describe": object{"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sfn:describeExecution", "End": true,
				"Arguments": object{"ExecutionArn": "{% $states.input.ExecutionArn %}"}},
		}),
		// No definition names it: what it lacks fails when it is started.
		"Elsewhere": single("arn:aws:states:::glue:startJobRun", object{"JobName": "job"}, nil),
	})
	if got := enginetest.At(output(t, c, "Wait", `{}`), "Output", "doubled"); got != 42.0 {
		t.Errorf("got %v, expected the output of the state machine that was started", got)
	}
	if x := execute(t, c, "Watch", `{}`); x.Error != "States.TaskFailed" || !strings.Contains(x.Cause, `"Error":"Bad"`) {
		t.Errorf("got %s: %s, expected the failure of the state machine that was started", x.Error, x.Cause)
	}
	if got := output(t, c, "Describe", `{}`); got["Status"] != "SUCCEEDED" || got["Output"] != `{"doubled":2}` {
		t.Errorf("got %v, expected the execution that has ended", got)
	}
	if x := execute(t, c, "Any", `{"arn": "`+machineARN+`Elsewhere"}`); x.Status != engine.Failed || !strings.Contains(x.Cause, "does not run on this machine") {
		t.Errorf("got %s with %s: %s, expected the missing task to fail", x.Status, x.Error, x.Cause)
	}
	if x := execute(t, c, "Any", `{"arn": "`+machineARN+`Missing"}`); x.Error != "StepFunctions.StateMachineDoesNotExistException" {
		t.Errorf("got %s: %s, expected a state machine that does not exist", x.Error, x.Cause)
	}
}

func TestItemsAreNotForNestedExecutions(t *testing.T) {
	jobStart := object{"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Next": "Map",
		"Arguments": object{"FunctionName": functionARN, "Payload": object{"items": []string{"own"}}}, "Output": "{% $states.result.Payload %}"}
	overItems := func(states object) object {
		return object{"Type": "Map", "End": true, "Items": "{% $states.input.items %}", "ItemProcessor": object{"StartAt": "Work", "States": states}}
	}
	c := start(t, object{
		"Function": function(),
		"Inner":    machine("JobStart", object{"JobStart": jobStart, "Map": overItems(object{"Work": object{"Type": "Pass", "End": true}})}),
		"Outer": machine("JobStart", object{"JobStart": jobStart, "Map": overItems(object{"Work": object{
			"Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync:2", "End": true,
			"Arguments": object{"StateMachineArn": machineARN + "Inner", "Input": object{}},
			"Output":    object{"outer": "{% $states.input %}", "inner": "{% $states.result.Output %}"},
		}})}),
	})
	ctx := context.Background()
	items, err := c.StoreItems(ctx, func(yield func(json.RawMessage, error) bool) {
		yield(json.RawMessage(`"given"`), nil)
	})
	if err != nil {
		t.Fatal(err)
	}
	m, err := c.Machine("Outer")
	if err != nil {
		t.Fatal(err)
	}
	var invoked []string // from one goroutine at a time here
	x, err := c.Execute(ctx, m, Execution{Input: []byte(`{}`), Items: items, Invoked: func(r *engine.Request, _ any, _ error) {
		invoked = append(invoked, r.StateMachineARN)
	}})
	if err != nil {
		t.Fatal(err)
	}
	if string(x.Output) != `[{"inner":["own"],"outer":"given"}]` {
		t.Errorf("got %s (%s: %s), expected the given item, and the own one of the inner job", x.Output, x.Error, x.Cause)
	}
	if len(invoked) != 1 || invoked[0] != m.ARN {
		t.Errorf("got invocations of %v, expected the one of the outer job", invoked)
	}
}

func TestMissingIntegrationsAreRefusedBeforeTheRun(t *testing.T) {
	c := start(t, object{
		"Job": machine("Map", object{"Map": object{"Type": "Map", "End": true, "ItemProcessor": object{"StartAt": "Work", "States": object{
			"Work": object{"Type": "Task", "Resource": "arn:aws:states:::glue:startJobRun.sync", "Arguments": object{"JobName": "j"}, "End": true},
		}}}}),
		"Transaction": single("arn:aws:states:::aws-sdk:dynamodb:transactWriteItems", object{"TransactItems": []object{}}, nil),
		"Encrypt":     single("arn:aws:states:::aws-sdk:s3:putBucketEncryption", "{% $states.input %}", nil),
		"Foreign":     single("arn:aws:lambda:us-east-1:123456789012:function:Other", nil, nil),
		"Activity":    single("arn:aws:states:us-east-1:123456789012:activity:manual", nil, nil),
		"Outer":       single("arn:aws:states:::states:startExecution", object{"StateMachineArn": machineARN + "Transaction"}, nil),
	})
	for name, expected := range map[string]string{
		"Job":         "state machine Job can't run on this machine:\n$.States.Map.ItemProcessor.States.Work.Resource: got \"arn:aws:states:::glue:startJobRun.sync\": it does not run on this machine, expected one of those that docs/local-run.md lists",
		"Transaction": `$.States.Task.Resource: got "arn:aws:states:::aws-sdk:dynamodb:transactWriteItems": the DynamoDB of this machine (dynalite) has no TransactWriteItems, and neither transactions`,
		"Encrypt":     "the S3 of this machine has no PutBucketEncryption for tasks, expected one of: copyObject,",
		"Foreign":     "the function does not run on this machine, expected one of the app",
		"Activity":    "activities have no workers on this machine",
		"Outer":       `state machine Transaction: $.States.Task.Resource: got "arn:aws:states:::aws-sdk:dynamodb:transactWriteItems"`,
	} {
		x, err := tryExecute(c, name, `[]`)
		if err == nil || !strings.Contains(err.Error(), expected) {
			t.Errorf("%s: got %v and error %v, expected %q", name, x, err, expected)
		}
	}
}
