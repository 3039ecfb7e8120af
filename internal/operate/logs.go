package operate

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/mapjob/mapjob/internal/functionlog"
	"github.com/mapjob/mapjob/internal/operate/failed"
	"github.com/mapjob/mapjob/internal/operate/outcome"
	"github.com/mapjob/mapjob/internal/protocol"
)

// LogQuery returns a query for the lines of an execution: about an item, or with nil
// about all failed items.
func (x *Execution) LogQuery(item *int) *functionlog.Query {
	const (
		skew    = time.Minute
		longest = 15 * time.Minute // of an invocation
	)
	q := &functionlog.Query{Execution: x.ARN, Item: item, From: x.StartedAt.Add(-skew)}
	if x.StoppedAt != nil {
		q.To = x.StoppedAt.Add(longest)
	}
	return q
}

// ItemLog is what the logs have of an item.
type ItemLog struct {
	Lines       int                       `json:"lines"`       // that name the item
	Invocations []string                  `json:"invocations"` // their request IDs
	Others      int                       `json:"others"`      // lines of these invocations that name other items
	Batch       *functionlog.BatchFailure `json:"batchFailure,omitempty"`
	Unread      string                    `json:"unread,omitempty"` // why it is not known whether its batch failed
	Earlier     *EarlierItem              `json:"earlier,omitempty"`
	Outcome     *outcome.Outcome          `json:"outcome,omitempty"`
	NoOutcome   string                    `json:"noOutcome,omitempty"` // why it is not known how the item ended
}

// EarlierItem is which item an item of a rerun was.
type EarlierItem struct {
	Execution string `json:"execution"`
	Index     int    `json:"index"`
	Error     string `json:"error"`
}

// mostInvocations is how many invocations of one item are read.
const mostInvocations = 50

// ItemLog calls do with the lines of the invocations that handled an item, and says
// whether a line names the item. Lines that name another item are passed to do too.
func (s *Service) ItemLog(ctx context.Context, x *Execution, logs []functionlog.Log, item int, do func(line *functionlog.Line, names bool) error) (*ItemLog, error) {
	found := &ItemLog{Invocations: []string{}}
	q := x.LogQuery(&item)
	add := func(requestID string) {
		if requestID != "" && !slices.Contains(found.Invocations, requestID) && len(found.Invocations) < mostInvocations {
			found.Invocations = append(found.Invocations, requestID)
		}
	}
	for _, log := range logs {
		if err := log.Search(ctx, q, func(l *functionlog.Line) error {
			found.Lines++
			add(l.RequestID)
			if l.RequestID == "" { // it stands alone
				return do(l, true)
			}
			return nil
		}); err != nil {
			return nil, err
		}
	}
	var err error
	if found.Batch, err = s.failedBatch(ctx, x, item); err != nil {
		if ctx.Err() != nil {
			return nil, err
		}
		found.Unread = err.Error()
	}
	if found.Batch != nil {
		add(found.Batch.RequestID)
	}
	for _, requestID := range found.Invocations {
		for _, log := range logs {
			if err := log.Invocation(ctx, q, requestID, func(l *functionlog.Line) error {
				l.RequestID = requestID
				names := l.IsOf(item)
				if !names && l.Index != nil {
					found.Others++
				}
				return do(l, names)
			}); err != nil {
				return nil, err
			}
		}
	}
	found.Outcome, found.NoOutcome = s.Outcome(ctx, x, item)
	found.Earlier, err = s.earlierItem(ctx, x, item)
	return found, err
}

// earlierItem returns which item of the earlier execution an item of a rerun was; nil
// if the execution is no rerun, or that is not known.
func (s *Service) earlierItem(ctx context.Context, x *Execution, item int) (*EarlierItem, error) {
	rerun := x.Rerun()
	if rerun == nil {
		return nil, nil
	}
	stored, err := failed.ErrorAt(ctx, s.Store, protocol.Object{Bucket: rerun.Bucket, Key: rerun.Key}, item)
	if stored == nil || err != nil {
		return nil, err
	}
	return &EarlierItem{Execution: rerun.Execution, Index: stored.Index, Error: stored.Error}, nil
}

// failedBatch returns the failure of the batch that an item was in; nil if its worker
// has answered, or the Map Run has left no results.
func (s *Service) failedBatch(ctx context.Context, x *Execution, item int) (*functionlog.BatchFailure, error) {
	if x.Running() || x.Account == nil || x.Account.Report == nil {
		return nil, nil
	}
	for manifest, err := range s.manifests(ctx, x) {
		if err != nil {
			return nil, err
		}
		found, err := functionlog.FailedBatch(ctx, s.Store, manifest, item)
		if found != nil || err != nil && !errors.Is(err, fs.ErrNotExist) {
			return found, err
		}
	}
	return nil, nil
}

// manifests yields where the Map Runs of an execution with a report have left their manifests.
func (s *Service) manifests(ctx context.Context, x *Execution) iter.Seq2[protocol.Object, error] {
	return func(yield func(protocol.Object, error) bool) {
		for run, err := range s.mapRuns(ctx, x.ARN) {
			if err != nil {
				yield(protocol.Object{}, err)
				return
			}
			arn := aws.ToString(run.MapRunArn)
			d, err := s.API.DescribeMapRun(ctx, &sfn.DescribeMapRunInput{MapRunArn: &arn})
			if err != nil {
				yield(protocol.Object{}, s.explain(err, arn))
				return
			}
			if !yield(functionlog.ManifestOf(x.Account.Report, arn, int(aws.ToInt32(d.RedriveCount))), nil) {
				return
			}
		}
	}
}

// outcomeTime is how long results are searched for an item.
const outcomeTime = 10 * time.Second

// Outcome returns how an item of an execution ended; if that is not known, nil and why.
func (s *Service) Outcome(ctx context.Context, x *Execution, item int) (found *outcome.Outcome, why string) {
	ctx, cancel := context.WithTimeout(ctx, outcomeTime)
	defer cancel()
	var err error
	switch {
	case x.own:
		found, err = outcome.FindOwn(ctx, s.Store, item)
	case x.folder() == nil:
		return nil, "the execution has no report, beside which its results are: it runs, or it ended before its summary"
	default:
		found, err = outcome.Find(ctx, s.Store, s.manifests(ctx, x), item)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return nil, fmt.Sprintf("the results were not read to their end within %s", outcomeTime)
	}
	if err != nil {
		return nil, err.Error()
	}
	return found, ""
}

// WorkerFunctions returns the functions that the Maps of an execution invoke, by their
// names or ARNs.
func (s *Service) WorkerFunctions(ctx context.Context, x *Execution) ([]string, error) {
	machine, err := s.API.DescribeStateMachineForExecution(ctx, &sfn.DescribeStateMachineForExecutionInput{ExecutionArn: &x.ARN})
	if err != nil {
		return nil, s.explain(err, x.ARN)
	}
	names, err := functionlog.InvokedByMaps(aws.ToString(machine.Definition))
	if err != nil {
		return nil, fmt.Errorf("reading the definition of %s: %w", x.stateMachine, err)
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("the definition of %s has no Map that invokes a function by its name", x.stateMachine)
	}
	return names, nil
}
