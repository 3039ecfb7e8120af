package operate

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/graph"
	"github.com/mapjob/mapjob/internal/number"
	"github.com/mapjob/mapjob/internal/pages"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/statesarn"
)

// Traced is an execution with its definition and what happened at its states.
type Traced struct {
	StateMachine string // name
	Definition   []byte
	Trace        *graph.Trace
	// Lacks says what of the trace could not be read, and why: an API other than AWS's own may
	// not list the children of a Map Run, nor may every user.
	Lacks []string
}

// Graph returns the graph of the definition, marked with what happened.
func (t *Traced) Graph(x *Execution) (*graph.Graph, error) {
	machine, err := asl.Parse(t.Definition, asl.WithoutSizeLimits())
	if err != nil {
		return nil, fmt.Errorf("the definition of execution %s: %w", x.Name, err)
	}
	g := graph.New(machine)
	g.Title = fmt.Sprintf("%s: execution %s, %s", t.StateMachine, x.Name, strings.ToLower(strings.ReplaceAll(x.Status, "_", " ")))
	if x.Error != "" {
		g.Title += " with " + x.Error
	}
	g.Mark(t.Trace)
	return g, nil
}

// Children says how many children of each Map Run are read for a trace.
type Children struct {
	Most   int
	Within time.Duration // no further child is read after it; 0: any time
}

// Trace reads the histories of an execution and of some children of each Map Run, those that
// failed first.
func (s *Service) Trace(ctx context.Context, x *Execution, children Children) (*Traced, error) {
	machine, err := s.API.DescribeStateMachineForExecution(ctx, &sfn.DescribeStateMachineForExecutionInput{ExecutionArn: &x.ARN})
	if err != nil {
		return nil, s.explain(err, x.ARN)
	}
	traced := &Traced{StateMachine: aws.ToString(machine.Name), Definition: []byte(aws.ToString(machine.Definition)), Trace: graph.NewTrace()}
	if err := s.addHistory(ctx, traced.Trace, x.ARN, x.Status); err != nil {
		return nil, err
	}
	status, err := s.Status(ctx, x)
	if err != nil {
		return nil, err
	}
	states := traced.Trace.MapRuns()
	for i := range status.MapRuns {
		run := &status.MapRuns[i]
		name := states[run.ARN]
		if name == "" {
			continue
		}
		state := traced.Trace.State(name)
		if state.Items == nil {
			state.Items = &graph.Items{}
		}
		state.Items.Total += int(run.Total)
		state.Items.Succeeded += int(run.Handled)
		state.Items.Failed += int(run.Failed)
		if err := s.addChildren(ctx, traced.Trace, name, run, children); err != nil {
			if ctx.Err() != nil {
				return nil, err
			}
			traced.Trace.Unknown(name)
			traced.Lacks = append(traced.Lacks, fmt.Sprintf("what happened inside %s is not known: %v", name, err))
		}
	}
	// The summary knows which items of a batch failed.
	if a := x.Account; a != nil {
		for _, name := range states {
			if name == protocol.StateMap || name == protocol.StateRerunMap {
				traced.Trace.State(name).Items = &graph.Items{Total: a.Total, Succeeded: a.Succeeded, Failed: a.Failed + a.Missing}
			}
		}
	}
	return traced, nil
}

// addHistory adds the events of an execution.
func (s *Service) addHistory(ctx context.Context, to *graph.Trace, arn, status string) error {
	var events []graph.Event
	all := sfn.NewGetExecutionHistoryPaginator(s.API, &sfn.GetExecutionHistoryInput{ExecutionArn: &arn, MaxResults: mostResults, IncludeExecutionData: aws.Bool(false)})
	for page, err := range pages.Of(ctx, all, func(p *sfn.GetExecutionHistoryOutput) *string { return p.NextToken }) {
		if err != nil {
			return s.explain(err, arn)
		}
		for i := range page.Events {
			events = append(events, event(&page.Events[i]))
		}
	}
	ending := graph.Failed
	switch types.ExecutionStatus(status) {
	case types.ExecutionStatusRunning, types.ExecutionStatusPendingRedrive:
		ending = graph.Running
	case types.ExecutionStatusSucceeded:
		ending = graph.Succeeded
	case types.ExecutionStatusAborted:
		ending = graph.Aborted
	}
	to.Add(events, ending)
	return nil
}

// event returns what a trace needs of an event.
func event(e *types.HistoryEvent) graph.Event {
	of := graph.Event{ID: e.Id, PreviousID: e.PreviousEventId, Type: string(e.Type)}
	switch {
	case e.StateEnteredEventDetails != nil:
		of.State = aws.ToString(e.StateEnteredEventDetails.Name)
	case e.StateExitedEventDetails != nil:
		of.State = aws.ToString(e.StateExitedEventDetails.Name)
	case e.MapRunStartedEventDetails != nil:
		of.MapRun = aws.ToString(e.MapRunStartedEventDetails.MapRunArn)
	}
	for _, iteration := range []*types.MapIterationEventDetails{e.MapIterationStartedEventDetails, e.MapIterationSucceededEventDetails, e.MapIterationFailedEventDetails, e.MapIterationAbortedEventDetails} {
		if iteration != nil {
			of.State = aws.ToString(iteration.Name)
		}
	}
	return of
}

// addChildren adds the histories of some children of a Map Run, those that failed first.
func (s *Service) addChildren(ctx context.Context, to *graph.Trace, state string, run *MapRun, children Children) error {
	read := map[string]bool{}
	began := time.Now()
	enough := func() bool {
		return len(read) == children.Most || children.Within > 0 && time.Since(began) > children.Within
	}
	for _, status := range []types.ExecutionStatus{types.ExecutionStatusFailed, ""} {
		if enough() {
			break
		}
		all := sfn.NewListExecutionsPaginator(s.API, &sfn.ListExecutionsInput{MapRunArn: &run.ARN, StatusFilter: status, MaxResults: mostResults})
		for page, err := range pages.Of(ctx, all, func(p *sfn.ListExecutionsOutput) *string { return p.NextToken }) {
			if err != nil {
				return s.explain(err, run.ARN)
			}
			for _, child := range page.Executions {
				arn := aws.ToString(child.ExecutionArn)
				if statesarn.IsExpress(arn) { // it has no history
					to.Unknown(state)
					return nil
				}
				if read[arn] {
					continue
				}
				if enough() {
					break
				}
				read[arn] = true
				if err := s.addHistory(ctx, to, arn, string(child.Status)); err != nil {
					return err
				}
			}
			if enough() {
				break
			}
		}
	}
	if total := int(run.children); total > len(read) {
		to.Sample(state, fmt.Sprintf("in %s of %s", number.Thousands(len(read)), number.Of(total, "child execution")))
	}
	return nil
}
