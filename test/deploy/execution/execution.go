// Package execution runs a job by the Step Functions API, of AWS or of this machine, and
// compares what happened in two executions.
package execution

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
)

// Structure is what happened in an execution, without times, names and data.
type Structure struct {
	Status string
	Counts map[string]int64 // events by state and type, and the items and children of Map Runs
}

// Run starts an execution, waits for its end, and returns its structure.
func Run(ctx context.Context, client *sfn.Client, machine, input string, poll time.Duration) (*Structure, error) {
	started, err := client.StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: &machine, Input: &input})
	if err != nil {
		return nil, err
	}
	s := &Structure{Counts: map[string]int64{}}
	for s.Status == "" || s.Status == string(types.ExecutionStatusRunning) {
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("execution %s still runs: %w", aws.ToString(started.ExecutionArn), ctx.Err())
		case <-time.After(poll):
		}
		d, err := client.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: started.ExecutionArn})
		if err != nil {
			return nil, err
		}
		s.Status = string(d.Status)
	}
	var events []types.HistoryEvent
	pages := sfn.NewGetExecutionHistoryPaginator(client, &sfn.GetExecutionHistoryInput{ExecutionArn: started.ExecutionArn})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		events = append(events, page.Events...)
	}
	Count(s.Counts, events)
	return s, s.countMapRuns(ctx, client, aws.ToString(started.ExecutionArn))
}

// Count counts events by the state in which they happened and their type.
func Count(counts map[string]int64, events []types.HistoryEvent) {
	states := map[int64]string{} // of each event
	for _, e := range events {
		state := states[e.PreviousEventId]
		if e.StateEnteredEventDetails != nil {
			state = aws.ToString(e.StateEnteredEventDetails.Name)
		}
		states[e.Id] = state
		if e.StateExitedEventDetails != nil {
			state = aws.ToString(e.StateExitedEventDetails.Name)
		}
		if strings.HasPrefix(string(e.Type), "Execution") {
			state = ""
		}
		counts[strings.TrimSpace(state+" "+string(e.Type))]++
	}
}

func (s *Structure) countMapRuns(ctx context.Context, client *sfn.Client, execution string) error {
	pages := sfn.NewListMapRunsPaginator(client, &sfn.ListMapRunsInput{ExecutionArn: &execution})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, r := range page.MapRuns {
			d, err := client.DescribeMapRun(ctx, &sfn.DescribeMapRunInput{MapRunArn: r.MapRunArn})
			if err != nil {
				return err
			}
			s.Counts["map runs "+string(d.Status)]++
			s.Counts["items succeeded"] += d.ItemCounts.Succeeded
			s.Counts["items failed"] += d.ItemCounts.Failed
			s.Counts["items total"] += d.ItemCounts.Total
			s.Counts["children succeeded"] += d.ExecutionCounts.Succeeded
			s.Counts["children failed"] += d.ExecutionCounts.Failed
			s.Counts["children total"] += d.ExecutionCounts.Total
		}
	}
	return nil
}

// Differences lists how an execution differs from the one that was expected.
func Differences(got, expected *Structure) (lines []string) {
	if got.Status != expected.Status {
		lines = append(lines, fmt.Sprintf("status: got %s, expected %s", got.Status, expected.Status))
	}
	all := maps.Clone(expected.Counts)
	maps.Copy(all, got.Counts)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if g, e := got.Counts[name], expected.Counts[name]; g != e {
			lines = append(lines, fmt.Sprintf("%s: got %d, expected %d", name, g, e))
		}
	}
	return lines
}

// Validate asks whether a definition is valid, and lists what is wrong with it.
func Validate(ctx context.Context, client *sfn.Client, machine string) ([]string, error) {
	d, err := client.DescribeStateMachine(ctx, &sfn.DescribeStateMachineInput{StateMachineArn: &machine})
	if err != nil {
		return nil, err
	}
	v, err := client.ValidateStateMachineDefinition(ctx, &sfn.ValidateStateMachineDefinitionInput{Definition: d.Definition, Type: d.Type, Severity: types.ValidateStateMachineDefinitionSeverityWarning})
	if err != nil {
		return nil, err
	}
	var problems []string
	for _, p := range v.Diagnostics {
		problems = append(problems, fmt.Sprintf("%s %s at %s: %s", p.Severity, aws.ToString(p.Code), aws.ToString(p.Location), aws.ToString(p.Message)))
	}
	if v.Result != types.ValidateStateMachineDefinitionResultCodeOk && len(problems) == 0 {
		problems = append(problems, "got the result "+string(v.Result))
	}
	return problems, nil
}
