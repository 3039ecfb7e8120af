package engine_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mapjob/mapjob/internal/engine/event"
)

func TestParallelReturnsOutputsInOrder(t *testing.T) {
	x := run(t, `{"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Branches":[
		{"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":5,"Next":"A2"},"A2":{"Type":"Pass","Result":"a","End":true}}},
		{"StartAt":"B","States":{"B":{"Type":"Pass","Result":"b","End":true}}}]}}}`, `{}`)
	succeeds(t, x, `["a","b"]`)
}

func TestFailedBranchAbortsTheOthers(t *testing.T) {
	var events []event.Type
	x := run(t, `{"StartAt":"P","States":{"P":{"Type":"Parallel","Next":"No","Catch":[{"ErrorEquals":["Bad"],"Next":"Caught"}],"Branches":[
		{"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":500,"End":true}}},
		{"StartAt":"B","States":{"B":{"Type":"Wait","Seconds":5,"Next":"F"},"F":{"Type":"Fail","Error":"Bad","Cause":"b"}}}]},
		"No":{"Type":"Fail"},"Caught":{"Type":"Pass","End":true}}}`, `{}`, types(&events))
	succeeds(t, x, `{"Error":"Bad","Cause":"b"}`)
	if took := x.Stop.Sub(x.Start); took != 5*time.Second {
		t.Errorf("got %v, expected 5s", took)
	}
	expected := []event.Type{
		event.ExecutionStarted, event.ParallelStateEntered, event.ParallelStateStarted, event.WaitStateEntered, event.WaitStateEntered,
		event.WaitStateExited, event.FailStateEntered, event.WaitStateAborted, event.ParallelStateFailed, event.ParallelStateExited,
		event.PassStateEntered, event.PassStateExited, event.ExecutionSucceeded,
	}
	if diff := cmp.Diff(expected, events); diff != "" {
		t.Errorf("the events differ (-expected +got):\n%s", diff)
	}
}
