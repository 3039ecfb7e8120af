package engine_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/engine"
)

const machinePrefix = "arn:aws:states:us-east-1:123456789012:stateMachine:"

// sharing returns an engine whose runs share executions.
func sharing(t *testing.T, executions *engine.Executions, machine, name, states string) *engine.Engine {
	t.Helper()
	m, err := asl.Parse([]byte(`{"QueryLanguage": "JSONata", "StartAt": "A", "States": {` + states + `}}`))
	if err != nil {
		t.Fatal(err)
	}
	e, err := engine.New(m, engine.WithExecutions(executions), engine.WithExecutionName(name), engine.WithStateMachineARN(machinePrefix+machine))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// output runs a state machine of one state, whose result is computed from
// $states.result, what an action of Step Functions answers.
func output(t *testing.T, executions *engine.Executions, action, arguments, result string) string {
	t.Helper()
	x, err := sharing(t, executions, "Asks", "", `"A": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sfn:`+action+`", "Arguments": `+arguments+`,
		"Output": "{% `+result+` %}", "End": true}`).Run(t.Context(), []byte(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	return string(x.Output) + x.Error
}

func TestTasksAskForExecutionsOfOtherRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var executions engine.Executions
		slow := sharing(t, &executions, "Job", "slow", `"A": {"Type": "Wait", "Seconds": 3600, "End": true}`)
		started, err := slow.Start(t.Context(), []byte(`{"n": 1}`))
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan *engine.Execution)
		go func() { ended <- started.Finish() }()
		synctest.Wait()
		if _, err := slow.Run(t.Context(), []byte(`{}`)); !errors.Is(err, engine.ErrExecutionRuns) {
			t.Errorf("got %v, expected that the name is taken", err)
		}

		describe := func(result string) string {
			return output(t, &executions, "describeExecution", `{"ExecutionArn": "`+started.ARN+`"}`, result)
		}
		if got := describe("$states.result.[Status, Input]"); got != `["RUNNING","{\"n\":1}"]` {
			t.Errorf("got %s, expected the execution that runs", got)
		}
		if got := output(t, &executions, "getExecutionHistory", `{"ExecutionArn": "`+started.ARN+`", "ReverseOrder": true, "MaxResults": 1, "IncludeExecutionData": false}`, "$states.result.Events.Type"); got != `"WaitStateEntered"` {
			t.Errorf("got %s, expected its last event", got)
		}
		time.Sleep(time.Second)
		output(t, &executions, "stopExecution", `{"ExecutionArn": "`+started.ARN+`", "Error": "Replaced", "Cause": "by another"}`, "$states.result.StopDate")
		x := <-ended
		if x.Status != engine.Aborted || x.Error != "Replaced" || x.Stop.Sub(started.Start) != time.Second || x.Start != started.Start {
			t.Errorf("got %+v, expected that it was stopped after a second", x)
		}
		if got := describe("$states.result.[Status, Error, Cause]"); got != `["ABORTED","Replaced","by another"]` {
			t.Errorf("got %s, expected the execution that was stopped", got)
		}
		if _, err := slow.Start(t.Context(), []byte(`{}`)); err != nil {
			t.Errorf("got %v, expected that the name is free again", err)
		}
	})
}

func TestARunInVirtualTimeKnowsOnlyItsOwnExecutions(t *testing.T) {
	var executions engine.Executions
	known := engine.WithStateMachine(machinePrefix+"Child", parse(t, `{"StartAt": "C", "States": {"C": {"Type": "Succeed"}}}`), engine.Standard)
	for range 2 {
		succeeds(t, run(t, `{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:states:::states:startExecution",
			"Parameters": {"StateMachineArn": "`+machinePrefix+`Child", "Name": "n"}, "ResultPath": "$", "OutputPath": "$.ExecutionArn", "End": true}}}`, `{}`,
			known, engine.WithExecutions(&executions), engine.WithClock(engine.VirtualClock(time.Unix(0, 0)))),
			`"arn:aws:states:us-east-1:123456789012:execution:Child:n"`)
	}
}

func TestTheExecutionThatStartedLastIsListedFirst(t *testing.T) {
	var executions engine.Executions
	for _, name := range []string{"one", "two", "three"} {
		if _, err := sharing(t, &executions, "Job", name, `"A": {"Type": "Succeed"}`).Run(t.Context(), []byte(`{}`)); err != nil {
			t.Fatal(err)
		}
	}
	for arguments, expected := range map[string]string{
		`"StatusFilter": "SUCCEEDED"`:                                      `[["three","two","one"],false]`,
		`"StatusFilter": "SUCCEEDED", "MaxResults": 2`:                     `[["three","two"],"1"]`,
		`"StatusFilter": "SUCCEEDED", "MaxResults": 2, "NextToken": "1"`:   `[["one"],false]`,
		`"StatusFilter": "FAILED"`:                                         `[[],false]`,
		`"StatusFilter": "SUCCEEDED", "NextToken": "not one of an answer"`: "Sfn.InvalidTokenException",
	} {
		got := output(t, &executions, "listExecutions", `{"StateMachineArn": "`+machinePrefix+`Job", `+arguments+`}`,
			"[[$states.result.Executions.Name], $exists($states.result.NextToken) ? $states.result.NextToken : false]")
		if diff := cmp.Diff(expected, got); diff != "" {
			t.Errorf("%s (-expected +got):\n%s", arguments, diff)
		}
	}
}

func TestStopReturnsWhenTheExecutionHasEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var executions engine.Executions
		started, err := sharing(t, &executions, "Job", "slow", `"A": {"Type": "Wait", "Seconds": 3600, "End": true}`).Start(t.Context(), []byte(`{}`))
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan *engine.Execution, 1)
		go func() { ended <- started.Finish() }()
		if executions.Stop(started.ARN+"x", "", "") {
			t.Error("another execution was stopped")
		}
		if !executions.Stop(started.ARN, "Enough", "of it") {
			t.Error("got no execution, expected it to be stopped")
		}
		if status := output(t, &executions, "describeExecution", `{"ExecutionArn": "`+started.ARN+`"}`, "$states.result.Status"); status != `"ABORTED"` {
			t.Errorf("got status %s, expected it to have ended", status)
		}
		if x := <-ended; x.Error != "Enough" || x.Cause != "of it" {
			t.Errorf("got error %q and cause %q", x.Error, x.Cause)
		}
		if !executions.Stop(started.ARN, "", "") {
			t.Error("got no execution, expected the one that has ended")
		}
	})
}
