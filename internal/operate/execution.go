package operate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/mapjob/mapjob/internal/pages"
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
	// Undescribed is set if its error and its account were not asked for, as in a long
	// list.
	Undescribed bool `json:"undescribed,omitempty"`

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

// Rerun returns what the input of a rerun says of the items that run again; nil if the execution is
// none.
func (x *Execution) Rerun() *protocol.Rerun {
	var input struct {
		Rerun *protocol.Rerun `json:"mapjobRerun"`
	}
	_ = json.Unmarshal([]byte(x.input), &input) // an input that is no object names no rerun
	return input.Rerun
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
	// Described is how many executions of the list are described, the newest first; 0:
	// all. Each takes a request, or two if it failed.
	Described int
}

// List returns the executions of a state machine, those that started last first.
func (s *Service) List(ctx context.Context, machine string, filter Filter) ([]Execution, error) {
	list := []Execution{}
	described := 0
	err := s.each(ctx, machine, filter.Status, int32(min(filter.Most, mostResults)), func(listed types.ExecutionListItem) (bool, error) {
		if aws.ToTime(listed.StartDate).Before(filter.Since) {
			return false, nil
		}
		x := &Execution{ARN: aws.ToString(listed.ExecutionArn), Name: aws.ToString(listed.Name), Status: string(listed.Status), StartedAt: aws.ToTime(listed.StartDate), StoppedAt: listed.StopDate}
		switch {
		case x.Running(): // its description has nothing more
		case filter.Described > 0 && described == filter.Described:
			x.Undescribed = true
		default:
			described++
			var err error
			x, err = s.Describe(ctx, x.ARN)
			if _, gone := errors.AsType[*types.ExecutionDoesNotExist](err); gone { // it was removed meanwhile
				return true, nil
			}
			if err != nil {
				return false, err
			}
		}
		list = append(list, *x)
		return len(list) < filter.Most, nil
	})
	return list, err
}

// mostResults is the most results that a page of Step Functions has.
const mostResults = 1000

// fewResults is the size of a page of which the first results are enough, as a rule.
const fewResults = 100

// each calls do with the executions of a state machine, the newest first, until it
// returns false. It asks for pages of a size.
func (s *Service) each(ctx context.Context, machine, status string, size int32, do func(types.ExecutionListItem) (bool, error)) error {
	all := sfn.NewListExecutionsPaginator(s.API, &sfn.ListExecutionsInput{StateMachineArn: &machine, StatusFilter: types.ExecutionStatus(status), MaxResults: size})
	for page, err := range pages.Of(ctx, all, func(p *sfn.ListExecutionsOutput) *string { return p.NextToken }) {
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
	err = s.each(ctx, machine, "", fewResults, func(listed types.ExecutionListItem) (more bool, err error) {
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
	all, seen := sfn.NewGetExecutionHistoryPaginator(s.API, &sfn.GetExecutionHistoryInput{ExecutionArn: &arn, ReverseOrder: true, MaxResults: fewResults}), 0
	for page, err := range pages.Of(ctx, all, func(p *sfn.GetExecutionHistoryOutput) *string { return p.NextToken }) {
		if err != nil {
			return s.explain(err, arn)
		}
		for i := range page.Events {
			if !do(&page.Events[i]) {
				return nil
			}
		}
		if seen += len(page.Events); seen >= most {
			break
		}
	}
	return nil
}

func in(text string) string {
	if text == "" {
		return ""
	}
	return " (" + text + ")"
}
