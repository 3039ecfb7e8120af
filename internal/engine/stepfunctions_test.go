package engine_test

import (
	"strings"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/engine/event"
)

func TestNestedExecutions(t *testing.T) {
	child := parse(t, `{"StartAt":"C","States":{"C":{"Type":"Choice","Choices":[{"Variable":"$.fail","IsPresent":true,"Next":"F"}],"Default":"P"},"F":{"Type":"Fail","Error":"Bad","Cause":"input"},"P":{"Type":"Wait","Seconds":30,"End":true}}}`)
	const arn = "arn:aws:states:us-east-1:123456789012:stateMachine:Child"
	definition := func(pattern string) string {
		return `{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution` + pattern + `","Parameters":{"StateMachineArn":"` + arn + `","Input.$":"$","Name":"n"},"OutputPath":"$.Output","End":true}}}`
	}
	known := engine.WithStateMachine(arn, child, engine.Standard)
	succeeds(t, run(t, definition(".sync:2"), `{"a":1}`, known), `{"a":1}`)
	succeeds(t, run(t, definition(".sync"), `{"a":1}`, known), `"{\"a\":1}"`)
	fails(t, run(t, definition(".sync"), `{"fail":1}`, known), "States.TaskFailed", `"Error":"Bad"`)
}

func TestStartExecutionSyncAnswersWithRedriveCountRedriveStatusAndRedriveStatusReason(t *testing.T) {
	const arn = "arn:aws:states:us-east-1:123456789012:stateMachine:Child"
	child := engine.WithStateMachine(arn, parse(t, `{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}`), engine.Standard)
	for _, pattern := range []string{".sync", ".sync:2"} {
		x := run(t, `{"QueryLanguage":"JSONata","StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution`+pattern+`",
			"Arguments":{"StateMachineArn":"`+arn+`"},"Output":"{% $states.result.[RedriveCount,RedriveStatus,RedriveStatusReason] %}","End":true}}}`, `{}`, child)
		succeeds(t, x, `[0,"NOT_REDRIVABLE","Execution is SUCCEEDED and cannot be redriven"]`)
	}
}

func TestTokensOfTheStepFunctionsAPI(t *testing.T) {
	// Waiter passes its token to Answerer, which answers it after n seconds.
	const arn = "arn:aws:states:us-east-1:123456789012:stateMachine:Answerer"
	answer := func(call, arguments, next string) string {
		return `{"Type":"Task","Resource":"arn:aws:states:::aws-sdk:sfn:` + call + `","Arguments":{"TaskToken":` + arguments + `},"Catch":[{"ErrorEquals":["States.ALL"],"Next":"Caught"}],` + next + `}`
	}
	const token = `"{% $states.context.Execution.Input.token %}"`
	caught := `"Caught":{"Type":"Pass","Assign":{"caught":"{% $states.input.Error %}"},"Next":"Then"}`
	for _, c := range []struct {
		quote    string
		answerer string // its states
		expected string // error that the answerer catches
		output   string // of Waiter, "" if it times out
	}{
		{"answered gives TaskTimedOut", `"A":` + answer("sendTaskSuccess", token+`,"Output":"1"`, `"Next":"B"`) + `,"B":` + answer("sendTaskSuccess", token+`,"Output":"2"`, `"End":true`),
			"Sfn.TaskTimedOutException", "1"},
		{"expired gives TaskTimedOut", `"A":{"Type":"Wait","Seconds":100,"Next":"B"},"B":` + answer("sendTaskHeartbeat", token, `"End":true`), "Sfn.TaskTimedOutException", ""},
		{"malformed InvalidToken", `"A":` + answer("sendTaskSuccess", `"made up","Output":"1"`, `"End":true`), "Sfn.InvalidTokenException", ""},
		{"output that is no JSON InvalidOutput, and the token stays usable", `"A":` + answer("sendTaskSuccess", token+`,"Output":"no JSON"`, `"End":true`), "Sfn.InvalidOutputException", "3"},
	} {
		t.Run(c.quote, func(t *testing.T) {
			then := `"Then":{"Type":"Fail","Error":"{% $caught %}"}`
			if c.output == "3" {
				then = `"Then":` + answer("sendTaskSuccess", token+`,"Output":"3"`, `"Next":"Fail"`) + `,"Fail":{"Type":"Fail","Error":"{% $caught %}"}`
			}
			answerer := parse(t, `{"QueryLanguage":"JSONata","StartAt":"A","States":{`+c.answerer+`,`+caught+`,`+then+`}}`)
			failed := ""
			x := run(t, `{"QueryLanguage":"JSONata","StartAt":"W","States":{"W":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.waitForTaskToken","TimeoutSeconds":50,
				"Arguments":{"StateMachineArn":"`+arn+`","Input":{"token":"{% $states.context.Task.Token %}"}},"End":true}}}`, `{}`,
				engine.WithStateMachine(arn, answerer, engine.Standard), engine.WithHistory(func(e event.Event) {
					if e.Type == event.ExecutionFailed && strings.Contains(e.ExecutionARN, "Answerer") {
						failed = e.Data.Error
					}
				}))
			if failed != c.expected {
				t.Errorf("got the error %q of the answer, expected %s", failed, c.expected)
			}
			if c.output == "" {
				fails(t, x, "States.Timeout", "")
			} else {
				succeeds(t, x, c.output)
			}
		})
	}
}

// A task that starts an execution and waits for its token ends when the token is
// sent, not when the execution starts.
func TestNestedExecutionAnswersTheTokenOfItsTask(t *testing.T) {
	const arn = "arn:aws:states:us-east-1:123456789012:stateMachine:Answerer"
	answerer := parse(t, `{"QueryLanguage":"JSONata","StartAt":"W","States":{"W":{"Type":"Wait","Seconds":60,"Next":"A"},
		"A":{"Type":"Task","Resource":"arn:aws:states:::aws-sdk:sfn:sendTaskSuccess","Arguments":{"TaskToken":"{% $states.input.token %}","Output":{"n":7}},"End":true}}}`)
	x := run(t, `{"QueryLanguage":"JSONata","StartAt":"S","States":{"S":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.waitForTaskToken",
		"Arguments":{"StateMachineArn":"`+arn+`","Input":{"token":"{% $states.context.Task.Token %}"}},"End":true}}}`, `{}`,
		engine.WithStateMachine(arn, answerer, engine.Standard))
	succeeds(t, x, `{"n":7}`)
	if took := x.Stop.Sub(x.Start); took != time.Minute {
		t.Errorf("got the answer after %s, expected it after a minute, when the token is sent", took)
	}
}

func TestDescribeExecutionOmitsDataOnRequest(t *testing.T) {
	describe := func(more string) string {
		return string(run(t, `{"QueryLanguage":"JSONata","StartAt":"D","States":{"D":{"Type":"Task","Resource":"arn:aws:states:::aws-sdk:sfn:describeExecution",
			"Arguments":{"ExecutionArn":"{% $states.context.Execution.Id %}"`+more+`},"End":true}}}`, `{"secret":1}`).Output)
	}
	if all := describe(""); !strings.Contains(all, "secret") || !strings.Contains(all, `"Included":true`) {
		t.Errorf("got %s, expected the input among what is described", all)
	}
	_, cause, _ := strings.Cut(run(t, `{"QueryLanguage":"JSONata","StartAt":"D","States":{"D":{"Type":"Task","Resource":"arn:aws:states:::aws-sdk:sfn:describeExecution",
		"Arguments":{"ExecutionArn":"none"},"End":true}}}`, `{}`).Cause, "Request ID: ")
	if !strings.HasSuffix(cause, ") (SDK Attempt Count: 1)") {
		t.Errorf("got a cause that ends in %q, expected it to end in (SDK Attempt Count: 1)", cause)
	}
	if metadata := describe(`,"IncludedData":"METADATA_ONLY"`); strings.Contains(metadata, "secret") || !strings.Contains(metadata, `"Status":"RUNNING"`) {
		t.Errorf("got %s, expected the status without the input", metadata)
	}
}

func TestGetExecutionHistoryReturnsTheLastEvent(t *testing.T) {
	const arn = "arn:aws:states:us-east-1:123456789012:stateMachine:Owner"
	large := strings.Repeat("x", 200_000)
	owner := parse(t, `{"QueryLanguage":"JSONata","StartAt":"W","States":{"W":{"Type":"Wait","Seconds":30,"Next":"E"},"E":{"Type":"Choice",
		"Choices":[{"Condition":"{% $states.input.fail %}","Next":"F"}],"Default":"P"},"F":{"Type":"Fail","Error":"Bad"},"P":{"Type":"Pass","End":true}}}`)
	look := func(fail, seconds, more string) *engine.Execution {
		return run(t, `{"QueryLanguage":"JSONata","StartAt":"S","States":{
			"S":{"Type":"Task","Resource":"arn:aws:states:::aws-sdk:sfn:startExecution","Arguments":{"StateMachineArn":"`+arn+`","Input":{"fail":`+fail+`,"large":"`+large+`"}},
				"Assign":{"arn":"{% $states.result.ExecutionArn %}"},"Next":"W"},
			"W":{"Type":"Wait","Seconds":`+seconds+`,"Next":"H"},
			"H":{"Type":"Task","Resource":"arn:aws:states:::aws-sdk:sfn:getExecutionHistory","Arguments":{"ExecutionArn":"{% $arn %}"`+more+`},
				"Output":"{% $states.result.Events.[Type, Id - PreviousEventId] %}","End":true}}}`, `{}`, engine.WithStateMachine(arn, owner, engine.Standard))
	}
	const last = `,"ReverseOrder":true,"MaxResults":1,"IncludeExecutionData":false`
	succeeds(t, look("true", "10", last), `["WaitStateEntered",2]`)
	succeeds(t, look("true", "60", last), `["ExecutionFailed",1]`)
	succeeds(t, look("false", "60", last), `["ExecutionSucceeded",1]`)
	fails(t, look("false", "60", `,"ReverseOrder":true,"MaxResults":1`), "States.TaskFailed", `expected "ReverseOrder": true`)
	fails(t, look("false", "60", `,"MaxResults":1,"IncludeExecutionData":false`), "States.TaskFailed", "only the last event is kept")
}
