package operate

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/statesarn"
)

// Execution is an execution of a job, and what its summary has counted.
type Execution struct {
	ARN       string            `json:"execution"`
	Name      string            `json:"name"`
	Status    string            `json:"status"`
	StartedAt time.Time         `json:"startedAt"`
	StoppedAt *time.Time        `json:"stoppedAt,omitempty"`
	Error     string            `json:"error,omitempty"`
	Cause     string            `json:"cause,omitempty"`
	Skipped   bool              `json:"skipped,omitempty"` // another execution had the job's lock
	Account   *protocol.Account `json:"account,omitempty"` // nil if the summary has not answered

	own           bool   // the report is that of mapjob run, not of a summary
	counted       bool   // so is the account
	stateMachine  string // ARN
	input         string
	redriveStatus types.ExecutionRedriveStatus
	redriveReason string
}

// Running reports whether an execution runs.
func (x *Execution) Running() bool {
	return x.Status == string(types.ExecutionStatusRunning) || x.Status == string(types.ExecutionStatusPendingRedrive)
}

// Unsuccessful returns how many items failed or are missing; 0 if that is not known.
func (x *Execution) Unsuccessful() int {
	if x.Account == nil {
		return 0
	}
	return x.Account.Failed + x.Account.Missing
}

// StateMachineOf returns the ARN of the state machine of an execution, from its ARN;
// "" if the text is no such ARN, or that of an Express execution, which can't be
// described.
func StateMachineOf(execution string) string {
	if statesarn.IsExpress(execution) {
		return ""
	}
	return statesarn.StateMachineARN(execution)
}

// Filter chooses executions of a list.
type Filter struct {
	Status string    // "": any
	Since  time.Time // they started then or later
	Most   int       // executions
}

// List returns the executions of a state machine, those that started last first.
func (s *Service) List(ctx context.Context, machine string, filter Filter) ([]Execution, error) {
	list := []Execution{}
	err := s.each(ctx, machine, filter.Status, func(listed types.ExecutionListItem) (bool, error) {
		if aws.ToTime(listed.StartDate).Before(filter.Since) {
			return false, nil
		}
		x, err := s.Describe(ctx, aws.ToString(listed.ExecutionArn))
		if err != nil {
			return false, err
		}
		list = append(list, *x)
		return len(list) < filter.Most, nil
	})
	return list, err
}

// each calls do with the executions of a state machine, the newest first, until it
// returns false.
func (s *Service) each(ctx context.Context, machine, status string, do func(types.ExecutionListItem) (bool, error)) error {
	pages := sfn.NewListExecutionsPaginator(s.API, &sfn.ListExecutionsInput{StateMachineArn: &machine, StatusFilter: types.ExecutionStatus(status)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return s.explain(err, machine)
		}
		for _, x := range page.Executions {
			if more, err := do(x); !more || err != nil {
				return err
			}
		}
	}
	return nil
}

// Execution returns an execution of a state machine by its name or ARN. Without one
// it is the last one, or the last one that has ended; those that were skipped because
// of the lock are passed over.
func (s *Service) Execution(ctx context.Context, machine, execution string, ended bool) (x *Execution, err error) {
	switch {
	case strings.HasPrefix(execution, "arn:"):
		return s.Describe(ctx, execution)
	case execution != "":
		return s.Describe(ctx, statesarn.Execution(machine, execution))
	}
	err = s.each(ctx, machine, "", func(listed types.ExecutionListItem) (more bool, err error) {
		if ended && (listed.Status == types.ExecutionStatusRunning || listed.Status == types.ExecutionStatusPendingRedrive) {
			return true, nil
		}
		x, err = s.Describe(ctx, aws.ToString(listed.ExecutionArn))
		return err == nil && x.Skipped, err
	})
	switch {
	case err != nil:
		return nil, err
	case x == nil && ended:
		return nil, fmt.Errorf("state machine %s has no execution that has ended", statesarn.Name(machine))
	case x == nil:
		return nil, fmt.Errorf("state machine %s has no execution", statesarn.Name(machine))
	}
	return x, nil
}

// Describe returns an execution by its ARN.
func (s *Service) Describe(ctx context.Context, arn string) (*Execution, error) {
	d, err := s.API.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: &arn})
	if err != nil {
		return nil, s.explain(err, arn)
	}
	x := &Execution{ARN: arn, Name: aws.ToString(d.Name), Status: string(d.Status), StartedAt: aws.ToTime(d.StartDate), StoppedAt: d.StopDate,
		Error: aws.ToString(d.Error), Cause: aws.ToString(d.Cause), stateMachine: StateMachineOf(arn), input: aws.ToString(d.Input),
		redriveStatus: d.RedriveStatus, redriveReason: aws.ToString(d.RedriveStatusReason)}
	x.Account, x.Skipped = answered(aws.ToString(d.Output))
	if x.Account == nil && !x.Skipped && !x.Running() {
		x.Account, err = s.summary(ctx, arn)
	}
	return x, err
}

// backwards calls do with the last events of an execution, until it returns false.
func (s *Service) backwards(ctx context.Context, arn string, most int, do func(*types.HistoryEvent) bool) error {
	pages := sfn.NewGetExecutionHistoryPaginator(s.API, &sfn.GetExecutionHistoryInput{ExecutionArn: &arn, ReverseOrder: true, MaxResults: 100})
	for seen := 0; pages.HasMorePages() && seen < most; {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return s.explain(err, arn)
		}
		for i := range page.Events {
			if !do(&page.Events[i]) {
				return nil
			}
		}
		seen += len(page.Events)
	}
	return nil
}

func in(text string) string {
	if text == "" {
		return ""
	}
	return " (" + text + ")"
}
