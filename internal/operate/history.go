package operate

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/mapjob/mapjob/internal/pages"
)

// History returns a page of the history of an execution, in its order and without inputs
// and outputs, and the token of the next page; "" after the last one.
func (s *Service) History(ctx context.Context, arn, token string, most int) (events []types.HistoryEvent, next string, err error) {
	in := &sfn.GetExecutionHistoryInput{ExecutionArn: &arn, MaxResults: int32(min(max(1, most), mostResults)), IncludeExecutionData: aws.Bool(false)}
	if token != "" {
		in.NextToken = &token
	}
	page, err := s.API.GetExecutionHistory(ctx, in)
	if err != nil {
		return nil, "", s.explain(err, arn)
	}
	return page.Events, aws.ToString(page.NextToken), nil
}

// Event returns an event of an execution by its ID, with its input and output. If there is
// no such event, the error is [fs.ErrNotExist].
func (s *Service) Event(ctx context.Context, arn string, id int64) (*types.HistoryEvent, error) {
	all := sfn.NewGetExecutionHistoryPaginator(s.API, &sfn.GetExecutionHistoryInput{ExecutionArn: &arn, MaxResults: mostResults})
	for page, err := range pages.Of(ctx, all, func(p *sfn.GetExecutionHistoryOutput) *string { return p.NextToken }) {
		if err != nil {
			return nil, s.explain(err, arn)
		}
		for i := range page.Events {
			if page.Events[i].Id == id {
				return &page.Events[i], nil
			}
		}
	}
	return nil, notFoundError(fmt.Sprintf("event: got %d, expected one of the history of %s", id, arn))
}

// Event is an event of a history, without what it carries.
type Event struct {
	ID       int64      `json:"id"`
	Previous int64      `json:"previous"`
	Type     string     `json:"type"`
	At       *time.Time `json:"at"`
	State    string     `json:"state,omitempty"` // in which it happened; "" if that is not known
}

// States finds the states of events, which are read in their order: only events that enter
// or leave a state name it.
type States struct{ names map[int64]string }

// Event returns an event with its state.
func (s *States) Event(e *types.HistoryEvent) Event {
	v := Event{ID: e.Id, Previous: e.PreviousEventId, Type: string(e.Type), At: e.Timestamp}
	switch {
	case e.StateEnteredEventDetails != nil:
		v.State = aws.ToString(e.StateEnteredEventDetails.Name)
	case e.StateExitedEventDetails != nil:
		v.State = aws.ToString(e.StateExitedEventDetails.Name)
	case !strings.HasPrefix(v.Type, "Execution"):
		v.State = s.names[e.PreviousEventId]
	}
	if s.names == nil {
		s.names = map[int64]string{}
	}
	s.names[e.Id] = v.State
	return v
}
