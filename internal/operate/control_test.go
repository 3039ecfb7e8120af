package operate

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/mapjob/mapjob/internal/operate/failed"
)

// ended is an [API] of an execution that has ended, and of another one. The API on this
// machine redrives none.
type ended struct {
	API

	status     types.ExecutionStatus
	err        string
	redrivable types.ExecutionRedriveStatus
	last       types.HistoryEvent // of the execution
	definition string
	other      types.ExecutionListItem
	redriven   []string
}

var noon = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

func (e *ended) DescribeExecution(context.Context, *sfn.DescribeExecutionInput, ...func(*sfn.Options)) (*sfn.DescribeExecutionOutput, error) {
	return &sfn.DescribeExecutionOutput{Name: aws.String("monday"), Status: e.status, StartDate: aws.Time(noon.Add(-time.Hour)), StopDate: &noon,
		Error: &e.err, RedriveStatus: e.redrivable, RedriveStatusReason: aws.String("it is too old")}, nil
}

func (e *ended) GetExecutionHistory(context.Context, *sfn.GetExecutionHistoryInput, ...func(*sfn.Options)) (*sfn.GetExecutionHistoryOutput, error) {
	return &sfn.GetExecutionHistoryOutput{Events: []types.HistoryEvent{{Type: types.HistoryEventTypeExecutionAborted}, e.last}}, nil
}

func (e *ended) DescribeStateMachineForExecution(context.Context, *sfn.DescribeStateMachineForExecutionInput, ...func(*sfn.Options)) (*sfn.DescribeStateMachineForExecutionOutput, error) {
	return &sfn.DescribeStateMachineForExecutionOutput{Definition: &e.definition}, nil
}

func (e *ended) ListExecutions(context.Context, *sfn.ListExecutionsInput, ...func(*sfn.Options)) (*sfn.ListExecutionsOutput, error) {
	monday := types.ExecutionListItem{ExecutionArn: aws.String(monday), Name: aws.String("monday"), StopDate: &noon}
	return &sfn.ListExecutionsOutput{Executions: []types.ExecutionListItem{e.other, monday}}, nil
}

func (e *ended) RedriveExecution(_ context.Context, in *sfn.RedriveExecutionInput, _ ...func(*sfn.Options)) (*sfn.RedriveExecutionOutput, error) {
	e.redriven = append(e.redriven, *in.ExecutionArn)
	return &sfn.RedriveExecutionOutput{}, nil
}

// entered is the event of a state that was entered.
func entered(kind types.HistoryEventType, name string) types.HistoryEvent {
	return types.HistoryEvent{Type: kind, StateEnteredEventDetails: &types.StateEnteredEventDetails{Name: &name}}
}

func TestRedriveRefusesWhatWouldFailOrRunTwice(t *testing.T) {
	const lock, redrivable = `{"jobLock": "{% $states.result %}"}`, types.ExecutionRedriveStatusRedrivable
	inMap := entered(types.HistoryEventTypeMapStateEntered, "Map")
	other := func(stopped *time.Time) types.ExecutionListItem {
		return types.ExecutionListItem{ExecutionArn: aws.String(machine + ":tuesday"), Name: aws.String("tuesday"), StopDate: stopped}
	}
	later, earlier := noon.Add(time.Minute), noon.Add(-time.Minute)
	took := "execution tuesday has run since, and has taken the job's lock: a redriven execution does not take it again, so two could run at once"
	for name, c := range map[string]struct {
		api      *ended
		expected string // "": it is redriven
	}{
		"stopped":                                {&ended{status: "ABORTED", redrivable: redrivable, last: inMap, definition: lock, other: other(&earlier)}, ""},
		"timed out":                              {&ended{status: "TIMED_OUT", err: "States.Timeout", redrivable: redrivable, last: inMap, definition: lock, other: other(&earlier)}, ""},
		"no lock":                                {&ended{status: "ABORTED", redrivable: redrivable, last: inMap, definition: `{}`, other: other(nil)}, ""},
		"another has the lock":                   {&ended{status: "ABORTED", redrivable: redrivable, last: inMap, definition: lock, other: other(nil)}, took},
		"another had the lock":                   {&ended{status: "ABORTED", redrivable: redrivable, last: inMap, definition: lock, other: other(&later)}, took},
		"another has replaced it":                {&ended{status: "FAILED", err: "MapJob.Replaced", redrivable: redrivable, last: inMap, definition: lock, other: other(&earlier)}, "another execution has replaced it, and has the job's lock"},
		"it runs":                                {&ended{status: "RUNNING"}, "it runs"},
		"it is redriven":                         {&ended{status: "PENDING_REDRIVE"}, "it runs"},
		"it succeeded":                           {&ended{status: "SUCCEEDED"}, "it has succeeded, also if items failed"},
		"Step Functions refuses":                 {&ended{status: "ABORTED", redrivable: types.ExecutionRedriveStatusNotRedrivable}, "Step Functions says: it is too old"},
		"it ended in the state that names error": {&ended{status: "FAILED", err: "MapJob.TooManyFailures", redrivable: redrivable, last: entered(types.HistoryEventTypeFailStateEntered, "TooManyFailures"), definition: lock, other: other(&earlier)}, "it ended in the Fail state TooManyFailures (MapJob.TooManyFailures), where a redrive fails again at once; Step Functions redrives only a Map that has not ended"},
	} {
		t.Run(name, func(t *testing.T) {
			s := &Service{API: c.api}
			err := s.Redrive(t.Context(), describe(t, s))
			if c.expected == "" {
				if err != nil || fmt.Sprint(c.api.redriven) != "["+monday+"]" {
					t.Errorf("got %v and %q redriven, expected monday", err, c.api.redriven)
				}
				return
			}
			if err == nil || err.Error() != "execution monday can't be redriven: "+c.expected || len(c.api.redriven) > 0 {
				t.Errorf("got %v and %q redriven, expected %s", err, c.api.redriven, c.expected)
			}
		})
	}
}

func TestAnExecutionWithoutAReportSaysWhatItsJobLacks(t *testing.T) {
	inline := func(states string) string {
		return `{"StartAt": "Job", "States": {"Job": {"Type": "Parallel", "Branches": [{"StartAt": "Map", "States": {"Map": {}` + states + `}}]}}}`
	}
	for name, c := range map[string]struct {
		api      *ended
		expected string
	}{
		"no summary":          {&ended{status: "FAILED", err: "MapJob.TooManyFailures", definition: inline("")}, "the job has no Summary: give it one, and a ResultsBucket or Results"},
		"before its summary":  {&ended{status: "ABORTED", definition: inline(`, "Summary": {}`)}, "it ended as ABORTED before its summary"},
		"another definition":  {&ended{status: "SUCCEEDED", definition: `{"StartAt": "Map2", "States": {"Map2": {}}}`}, "its state machine is not that of a job"},
		"it runs":             {&ended{status: "RUNNING"}, "it runs, and its report is written when it ends"},
		"a summary, no store": {&ended{status: "FAILED", last: summarized(`{"total": 3, "succeeded": 1, "failed": 2, "errors": {"NoPrice": 2}}`)}, "the job stores none: give it a ResultsBucket or Results"},
	} {
		t.Run(name, func(t *testing.T) {
			s := &Service{API: c.api}
			x := describe(t, s)
			expected := "execution monday has no report: " + c.expected
			for what, err := range map[string]error{"CanRerun": s.CanRerun(t.Context(), x), "Failures": second(s.Failures(t.Context(), x, failed.Filter{})),
				"PlanRerun": second(s.PlanRerun(t.Context(), x, failed.Filter{}, 0)), "Report": second(s.Report(t.Context(), x, "report.md"))} {
				if err == nil || err.Error() != expected {
					t.Errorf("%s: got %v, expected %s", what, err, expected)
				}
			}
		})
	}
	refusing := &Service{API: &ended{status: "ABORTED", definition: "not JSON"}}
	if err := refusing.CanRerun(t.Context(), describe(t, refusing)); err == nil || !strings.HasPrefix(err.Error(), "the definition of execution monday") {
		t.Errorf("got %v for a definition that can't be read", err)
	}
}

// summarized is the event of a summary that has answered.
func summarized(output string) types.HistoryEvent {
	return types.HistoryEvent{Type: types.HistoryEventTypeTaskStateExited, StateExitedEventDetails: &types.StateExitedEventDetails{Name: aws.String("Summary"), Output: &output}}
}

func second[T any](_ T, err error) error { return err }
