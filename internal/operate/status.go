package operate

import (
	"context"
	"iter"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/mapjob/mapjob/internal/pace"
	"github.com/mapjob/mapjob/internal/pages"
)

// Status is how far an execution is.
type Status struct {
	Execution
	State   string     `json:"state,omitempty"` // entered last, of an execution that runs
	Since   *time.Time `json:"since,omitempty"` // when it was entered
	MapRuns []MapRun   `json:"mapRuns"`
	// Delay is not nil if AWS was asked since, and has not answered.
	Delay *Delay `json:"-"`
}

// MapRun is how far a Map Run is, in items. An item of a batch has succeeded if its
// worker has answered, also if the answer says that the item failed: these are known
// after the summary.
type MapRun struct {
	ARN       string     `json:"mapRun"`
	Status    string     `json:"status"`
	StartedAt time.Time  `json:"startedAt"`
	StoppedAt *time.Time `json:"stoppedAt,omitempty"`
	Total     int64      `json:"total"`
	Pending   int64      `json:"pending"`
	Running   int64      `json:"running"`
	Handled   int64      `json:"handled"` // of batches whose worker has answered
	Failed    int64      `json:"failed"`  // of batches that failed as a whole, timed out or were aborted

	children int64 // child executions that were started
	redriven bool
	meter    *pace.Meter // nil unless it is watched
	grows    bool        // it has read more items since the last look, so how many are left is not known
}

// Done returns how many items are over.
func (m *MapRun) Done() int64 { return m.Handled + m.Failed }

// Pace returns how many items a second are done now, and how long the rest takes, in words: by
// the last seconds if [Service.Watch] has seen them, else on average. It returns nothing
// if that is not known.
func (m *MapRun) Pace(now time.Time) string {
	rest := m.Total - m.Done()
	switch {
	case m.StoppedAt != nil || rest == 0:
		return ""
	case m.meter != nil && m.grows:
		return m.meter.Words(now, 0)
	case m.meter != nil:
		return m.meter.Words(now, rest)
	case m.redriven: // most items may have been done long ago
		return ""
	default:
		return pace.Average(m.Done(), now.Sub(m.StartedAt), rest)
	}
}

// Status returns how far an execution is.
func (s *Service) Status(ctx context.Context, x *Execution) (*Status, error) {
	return s.status(ctx, x, map[string]*MapRun{})
}

// status returns how far an execution is. Over are Map Runs by ARN that are known to have
// ended, for which it does not ask again; it adds others that have.
func (s *Service) status(ctx context.Context, x *Execution, over map[string]*MapRun, options ...func(*sfn.Options)) (*Status, error) {
	status := &Status{Execution: *x, MapRuns: []MapRun{}}
	if x.Running() {
		if err := s.backwards(ctx, x.ARN, afterSummary, func(e *types.HistoryEvent) bool {
			if e.StateEnteredEventDetails == nil {
				return true
			}
			status.State, status.Since = aws.ToString(e.StateEnteredEventDetails.Name), e.Timestamp
			return false
		}); err != nil {
			return nil, err
		}
	}
	for run, err := range s.mapRuns(ctx, x.ARN) {
		if err != nil {
			return nil, err
		}
		arn := aws.ToString(run.MapRunArn)
		m := over[arn]
		if m == nil || run.StopDate == nil {
			if m, err = s.mapRun(ctx, arn, options); err != nil {
				return nil, err
			}
		}
		if m.StoppedAt != nil {
			over[arn] = m
		}
		status.MapRuns = append(status.MapRuns, *m)
	}
	return status, nil
}

// mapRuns yields the Map Runs of an execution.
func (s *Service) mapRuns(ctx context.Context, execution string) iter.Seq2[types.MapRunListItem, error] {
	return func(yield func(types.MapRunListItem, error) bool) {
		all := sfn.NewListMapRunsPaginator(s.API, &sfn.ListMapRunsInput{ExecutionArn: &execution, MaxResults: mostResults})
		for page, err := range pages.Of(ctx, all, func(p *sfn.ListMapRunsOutput) *string { return p.NextToken }) {
			if err != nil {
				yield(types.MapRunListItem{}, s.explain(err, execution))
				return
			}
			for _, run := range page.MapRuns {
				if !yield(run, nil) {
					return
				}
			}
		}
	}
}

// mapRun returns how far a Map Run is.
func (s *Service) mapRun(ctx context.Context, arn string, options []func(*sfn.Options)) (*MapRun, error) {
	d, err := s.API.DescribeMapRun(ctx, &sfn.DescribeMapRunInput{MapRunArn: &arn}, options...)
	if err != nil {
		return nil, s.explain(err, arn)
	}
	m := &MapRun{ARN: arn, Status: string(d.Status), StartedAt: aws.ToTime(d.StartDate), StoppedAt: d.StopDate, redriven: aws.ToInt32(d.RedriveCount) > 0}
	if c := d.ItemCounts; c != nil {
		m.Total, m.Pending, m.Running = c.Total, c.Pending, c.Running
		m.Handled, m.Failed = c.Succeeded, c.Failed+c.TimedOut+c.Aborted
	}
	if c := d.ExecutionCounts; c != nil {
		m.children = c.Total
	}
	return m, nil
}
