package engine_test

import (
	"strings"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/engine"
)

// slow has every way take three seconds.
var slow = engine.WithLatency(func() time.Duration { return 3 * time.Second })

func TestLatencyIsThatOfEachWay(t *testing.T) {
	for name, integration := range map[string]engine.Integration{
		"immediate": payload,
		"blocking":  engine.IntegrationFunc(payload.Call),
	} {
		t.Run(name, func(t *testing.T) {
			x := run(t, `{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"T"},
				"T":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","End":true}}}`, `{}`,
				slow, engine.WithIntegration(lambda, integration))
			if took := x.Stop.Sub(x.Start); x.Status != engine.Succeeded || took != 12*time.Second {
				t.Errorf("got %s after %s, expected SUCCEEDED after 12 s: into two states, to the service and back", x.Status, took)
			}
		})
	}
}

func TestAnAnswerOnItsWayCountsForTheTimeout(t *testing.T) {
	x := run(t, task(`,"TimeoutSeconds":5`), `{}`, slow, engine.WithIntegration(lambda, payload))
	fails(t, x, "States.Timeout", "")
}

// An execution that is stopped while a request of it is on its way has its
// request carried out, and never hears of it.
func TestARequestOnItsWayArrivesAfterTheEnd(t *testing.T) {
	arrived := 0
	write := engine.ImmediateFunc(func(*engine.Request) engine.Answer {
		arrived++
		return engine.Answer{Output: "written"}
	})
	writer, err := asl.Parse([]byte(`{"StartAt":"T","TimeoutSeconds":5,"States":{"T":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","End":true}}}`))
	if err != nil {
		t.Fatal(err)
	}
	const arn = "arn:aws:states:us-east-1:123456789012:stateMachine:Writer"
	x := run(t, `{"QueryLanguage":"JSONata","StartAt":"S","States":{
		"S":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync:2","Arguments":{"StateMachineArn":"`+arn+`"},
			"Catch":[{"ErrorEquals":["States.TaskFailed"],"Next":"W","Output":"{% $states.errorOutput.Cause %}"}],"End":true},
		"W":{"Type":"Wait","Seconds":10,"End":true}}}`, `{}`,
		slow, engine.WithIntegration(lambda, write), engine.WithStateMachine(arn, writer, engine.Standard))
	if !strings.Contains(string(x.Output), "TIMED_OUT") || arrived != 1 {
		t.Errorf("got %s and %d writes, expected the execution that writes to be TIMED_OUT after five seconds, and its write after six", x.Output, arrived)
	}
}

func TestDescribeExecutionLeavesTheDataOutIfAsked(t *testing.T) {
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
