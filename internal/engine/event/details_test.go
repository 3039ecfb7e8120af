package event_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mapjob/mapjob/internal/engine/event"
	"github.com/mapjob/mapjob/internal/value"
)

func TestEventsAreThoseOfGetExecutionHistory(t *testing.T) {
	const head = `{"executionArn":"arn","id":3,"previousEventId":2,"timestamp":"2026-03-14T01:59:00.123Z"`
	for _, c := range []struct {
		kind     event.Type
		data     event.Data
		expected string
	}{
		{event.ExecutionTimedOut, event.Data{Error: "States.Timeout"},
			`"type":"ExecutionTimedOut","executionTimedOutEventDetails":{"error":"States.Timeout"}`},
		{event.TaskScheduled, event.Data{Service: "sqs", Resource: "sendMessage", Region: "us-east-1", Value: "x", HasValue: true, Timeout: 5,
			Credentials: value.NewObject("RoleArn", "role")},
			`"type":"TaskScheduled","taskScheduledEventDetails":{"resourceType":"sqs","resource":"sendMessage","region":"us-east-1","parameters":"\"x\"","timeoutInSeconds":5,"taskCredentials":{"roleArn":"role"}}`},
		{event.PassStateExited, event.Data{Name: "P", Value: 1.0, HasValue: true, Assigned: value.NewObject("v", true)},
			`"type":"PassStateExited","stateExitedEventDetails":{"name":"P","output":"1","outputDetails":{"truncated":false},"assignedVariables":{"v":"true"},"assignedVariablesDetails":{"truncated":false}}`},
		{event.MapStateStarted, event.Data{Length: 4}, `"type":"MapStateStarted","mapStateStartedEventDetails":{"length":4}`},
		{event.ParallelStateStarted, event.Data{}, `"type":"ParallelStateStarted"`},
		{event.MapStateFailed, event.Data{Error: "E"}, `"type":"MapStateFailed"`},
	} {
		e := event.Event{ExecutionARN: "arn", ID: 3, PreviousID: 2, Type: c.kind, Data: c.data, Time: time.Date(2026, 3, 14, 1, 59, 0, 123e6, time.UTC)}
		got, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(head+","+c.expected+"}", string(got)); diff != "" {
			t.Errorf("%s (-expected +got):\n%s", c.kind, diff)
		}
	}
}
