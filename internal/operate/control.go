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
)

// RefusedError is returned for a request that the status of an execution, or of its run, does not
// allow.
type RefusedError struct{ Reason string }

func (e *RefusedError) Error() string { return e.Reason }

// Stop stops an execution that runs, and returns when it stopped.
func (s *Service) Stop(ctx context.Context, x *Execution, cause string) (time.Time, error) {
	if !x.Running() {
		return time.Time{}, &RefusedError{fmt.Sprintf("execution %s does not run: it ended as %s%s", x.Name, x.Status, in(x.Error))}
	}
	stopped, err := s.API.StopExecution(ctx, &sfn.StopExecutionInput{ExecutionArn: &x.ARN, Cause: &cause})
	if err != nil {
		return time.Time{}, s.explain(err, x.ARN)
	}
	return aws.ToTime(stopped.StopDate), nil
}

// NotRedrivableError is returned if an execution can't be redriven. Reason says why.
type NotRedrivableError struct{ Execution, Reason string }

func (e *NotRedrivableError) Error() string {
	return fmt.Sprintf("execution %s can't be redriven: %s", e.Execution, e.Reason)
}

// Redrive goes on with an execution at the state where it ended. The error is a
// [NotRedrivableError] if that would fail again at once, or if another execution may
// have the job's lock.
func (s *Service) Redrive(ctx context.Context, x *Execution) error {
	reason, err := s.notRedrivable(ctx, x)
	if err != nil {
		return err
	}
	if reason != "" {
		return &NotRedrivableError{x.Name, reason}
	}
	_, err = s.API.RedriveExecution(ctx, &sfn.RedriveExecutionInput{ExecutionArn: &x.ARN})
	return s.explain(err, x.ARN)
}

func (s *Service) notRedrivable(ctx context.Context, x *Execution) (reason string, err error) {
	switch {
	case x.Running():
		return "it runs", nil
	case x.Status == string(types.ExecutionStatusSucceeded):
		return "it has succeeded, also if items failed", nil
	case x.Error == protocol.ErrorReplaced:
		return "another execution has replaced it, and has the job's lock", nil
	case x.redriveStatus == "":
		return "Step Functions does not say that it can be", nil
	case x.redriveStatus != types.ExecutionRedriveStatusRedrivable:
		return "Step Functions says: " + x.redriveReason, nil
	}
	var ended string
	if err := s.backwards(ctx, x.ARN, afterSummary, func(e *types.HistoryEvent) bool {
		if e.StateEnteredEventDetails == nil {
			return true
		}
		if e.Type == types.HistoryEventTypeFailStateEntered {
			ended = aws.ToString(e.StateEnteredEventDetails.Name)
		}
		return false
	}); err != nil {
		return "", err
	}
	if ended != "" {
		return fmt.Sprintf("it ended in the Fail state %s%s, where a redrive fails again at once; Step Functions redrives only a Map that has not ended", ended, in(x.Error)), nil
	}
	other, err := s.took(ctx, x)
	if other != "" {
		reason = fmt.Sprintf("execution %s has run since, and has taken the job's lock: a redriven execution does not take it again, so two could run at once", other)
	}
	return reason, err
}

// took returns the name of an execution that may have taken the lock since another one
// ended; "" if there is none, or the job has no lock.
func (s *Service) took(ctx context.Context, x *Execution) (name string, err error) {
	machine, err := s.API.DescribeStateMachineForExecution(ctx, &sfn.DescribeStateMachineForExecutionInput{ExecutionArn: &x.ARN})
	if err != nil {
		return "", s.explain(err, x.ARN)
	}
	if !strings.Contains(aws.ToString(machine.Definition), "jobLock") { // its variables
		return "", nil
	}
	err = s.each(ctx, x.stateMachine, "", mostResults, func(other types.ExecutionListItem) (bool, error) {
		if aws.ToString(other.ExecutionArn) != x.ARN && (other.StopDate == nil || x.StoppedAt != nil && other.StopDate.After(*x.StoppedAt)) {
			name = aws.ToString(other.Name)
		}
		return name == "", nil
	})
	return name, err
}
