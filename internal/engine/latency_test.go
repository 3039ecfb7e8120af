package engine_test

import (
	"strings"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/engine"
)

// slow delays each state entry, request and response by three seconds.
var slow = engine.WithLatency(func() time.Duration { return 3 * time.Second })

func TestLatencyDelaysEntriesRequestsAndResponses(t *testing.T) {
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

func TestLatencyCountsTowardsTheTimeout(t *testing.T) {
	x := run(t, task(`,"TimeoutSeconds":5`), `{}`, slow, engine.WithIntegration(lambda, payload))
	fails(t, x, "States.Timeout", "")
}

// If an execution ends while a request is on its way, the request is carried out
// and its response ignored.
func TestRequestOnItsWayIsCarriedOutAfterTheEnd(t *testing.T) {
	arrived := 0
	write := engine.ImmediateFunc(func(*engine.Request) engine.Answer {
		arrived++
		return engine.Answer{Output: "written"}
	})
	writer := parse(t, `{"StartAt":"T","TimeoutSeconds":5,"States":{"T":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","End":true}}}`)
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
