package engine_test

import (
	"strings"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/engine"
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
	if metadata := describe(`,"IncludedData":"METADATA_ONLY"`); strings.Contains(metadata, "secret") || !strings.Contains(metadata, `"Status":"RUNNING"`) {
		t.Errorf("got %s, expected the status without the input", metadata)
	}
}
