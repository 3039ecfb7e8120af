package execution

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/google/go-cmp/cmp"
)

func history() []types.HistoryEvent {
	return []types.HistoryEvent{
		{Id: 1, Type: types.HistoryEventTypeExecutionStarted},
		{Id: 2, PreviousEventId: 0, Type: types.HistoryEventTypeTaskStateEntered, StateEnteredEventDetails: &types.StateEnteredEventDetails{Name: aws.String("Find")}},
		{Id: 3, PreviousEventId: 2, Type: types.HistoryEventTypeTaskScheduled},
		{Id: 4, PreviousEventId: 3, Type: types.HistoryEventTypeTaskFailed},
		{Id: 5, PreviousEventId: 4, Type: types.HistoryEventTypeTaskScheduled},
		{Id: 6, PreviousEventId: 5, Type: types.HistoryEventTypeTaskSucceeded},
		{Id: 7, PreviousEventId: 6, Type: types.HistoryEventTypeTaskStateExited, StateExitedEventDetails: &types.StateExitedEventDetails{Name: aws.String("Find")}},
		{Id: 8, PreviousEventId: 7, Type: types.HistoryEventTypeExecutionSucceeded},
	}
}

func TestCount(t *testing.T) {
	got := map[string]int64{}
	Count(got, history())
	expected := map[string]int64{"ExecutionStarted": 1, "Find TaskStateEntered": 1, "Find TaskScheduled": 2, "Find TaskFailed": 1,
		"Find TaskSucceeded": 1, "Find TaskStateExited": 1, "ExecutionSucceeded": 1}
	if d := cmp.Diff(expected, got); d != "" {
		t.Errorf("got other counts than expected:\n%s", d)
	}
}

func TestDifferences(t *testing.T) {
	expected := &Structure{Status: "SUCCEEDED", Counts: map[string]int64{}}
	Count(expected.Counts, history())
	if lines := Differences(expected, expected); len(lines) > 0 {
		t.Errorf("got the differences %q of an execution to itself", lines)
	}
	got := &Structure{Status: "FAILED", Counts: map[string]int64{"Other PassStateEntered": 1}}
	Count(got.Counts, history()[:6])
	lines := []string{
		"status: got FAILED, expected SUCCEEDED",
		"ExecutionSucceeded: got 0, expected 1",
		"Find TaskStateExited: got 0, expected 1",
		"Other PassStateEntered: got 1, expected 0",
	}
	if d := Differences(got, expected); !slices.Equal(d, lines) {
		t.Errorf("got the differences %q, expected %q", d, lines)
	}
}
