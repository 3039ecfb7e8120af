// Package operate asks Step Functions and S3 about the executions of a job, and
// stops, redrives and reruns them. It is the same for AWS and for what the folders of
// runs have.
package operate

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/mapjob/mapjob/internal/awserror"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/statesarn"
	"github.com/mapjob/mapjob/job/report"
)

// API is the part of Step Functions that a Service calls. A [sfn.Client] has it.
type API interface {
	ListStateMachines(context.Context, *sfn.ListStateMachinesInput, ...func(*sfn.Options)) (*sfn.ListStateMachinesOutput, error)
	DescribeStateMachineForExecution(context.Context, *sfn.DescribeStateMachineForExecutionInput, ...func(*sfn.Options)) (*sfn.DescribeStateMachineForExecutionOutput, error)
	ListExecutions(context.Context, *sfn.ListExecutionsInput, ...func(*sfn.Options)) (*sfn.ListExecutionsOutput, error)
	DescribeExecution(context.Context, *sfn.DescribeExecutionInput, ...func(*sfn.Options)) (*sfn.DescribeExecutionOutput, error)
	GetExecutionHistory(context.Context, *sfn.GetExecutionHistoryInput, ...func(*sfn.Options)) (*sfn.GetExecutionHistoryOutput, error)
	ListMapRuns(context.Context, *sfn.ListMapRunsInput, ...func(*sfn.Options)) (*sfn.ListMapRunsOutput, error)
	DescribeMapRun(context.Context, *sfn.DescribeMapRunInput, ...func(*sfn.Options)) (*sfn.DescribeMapRunOutput, error)
	StartExecution(context.Context, *sfn.StartExecutionInput, ...func(*sfn.Options)) (*sfn.StartExecutionOutput, error)
	StopExecution(context.Context, *sfn.StopExecutionInput, ...func(*sfn.Options)) (*sfn.StopExecutionOutput, error)
	RedriveExecution(context.Context, *sfn.RedriveExecutionInput, ...func(*sfn.Options)) (*sfn.RedriveExecutionOutput, error)
}

// Store reads and writes objects.
type Store interface {
	// Open opens an object. If there is no such object, the error is fs.ErrNotExist.
	Open(ctx context.Context, at protocol.Object) (io.ReadCloser, error)
	// Create writes an object, as a stream. If reading from fails, there is no object.
	Create(ctx context.Context, at protocol.Object, metadata map[string]string, from io.Reader) error
}

// Service operates the jobs of one account and region. Its errors say what to do.
type Service struct {
	API    API
	Store  Store
	Region string
	// Pause is how long Watch waits at first; 0: five seconds.
	Pause time.Duration
}

// explain says what to do about an error of Step Functions. The subject is the ARN that
// the request is about.
func (s *Service) explain(err error, subject string) error {
	return awserror.Explain(err, s.Region, subject)
}

// Execution is an execution of a job.
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

	own           bool   // the report is no summary's
	counted       bool   // the account is no summary's
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
	Most   int
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

// HasFailures reports whether the failed items of an execution can be read.
func (x *Execution) HasFailures() bool { return x.folder() != nil }

// folder returns the folder of an execution's report; nil if it has none.
func (x *Execution) folder() *protocol.Folder {
	switch {
	case x.Running():
		return nil
	case x.own:
		return &protocol.Folder{}
	case x.Account == nil:
		return nil
	default:
		return x.Account.Report
	}
}

// UseReport takes the account of an execution without a summary's report from one that
// was written elsewhere. The store of the service has its files, whatever their
// folder.
func (x *Execution) UseReport(r *report.Report) {
	x.own = true
	if x.Account != nil {
		return
	}
	x.counted = true
	x.Account = &protocol.Account{Total: r.Items.Total, Succeeded: r.Items.Succeeded, Failed: r.Items.Failed, Missing: r.Items.Missing, Errors: map[string]int{}}
	for _, e := range r.Errors {
		x.Account.Errors[e.Name] = e.Count
	}
}

// answered returns the account that an output has, and whether it is that of an
// execution that was skipped.
func answered(output string) (account *protocol.Account, skipped bool) {
	var known struct {
		Skipped bool
		Total   *int
		Errors  map[string]int
	}
	if json.Unmarshal([]byte(output), &known) != nil {
		return nil, false
	}
	if known.Total == nil || known.Errors == nil {
		return nil, known.Skipped
	}
	account = &protocol.Account{}
	if json.Unmarshal([]byte(output), account) != nil {
		return nil, false
	}
	return account, false
}

// afterSummary is the most events that an execution has after its summary: those of
// the verdict, the notification and the lock, with their retries.
const afterSummary = 300

// summary returns the last answer of an execution's summary; nil if it did not answer.
func (s *Service) summary(ctx context.Context, arn string) (account *protocol.Account, err error) {
	err = s.backwards(ctx, arn, afterSummary, func(e *types.HistoryEvent) bool {
		if left := e.StateExitedEventDetails; left != nil && aws.ToString(left.Name) == protocol.StateSummary {
			account, _ = answered(aws.ToString(left.Output))
			return false
		}
		return true
	})
	return account, err
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

// NoReport is why an execution has no report of a summary, which a rerun needs.
type NoReport struct{ Execution, Reason string }

func (e *NoReport) Error() string {
	return fmt.Sprintf("execution %s has no report: %s", e.Execution, e.Reason)
}

// CanRerun returns nil if the failed items of an execution can be run again, and a
// [NoReport] if its job or the execution lacks what a rerun needs.
func (s *Service) CanRerun(ctx context.Context, x *Execution) error {
	if x.HasFailures() && !x.own {
		return nil
	}
	reason, err := s.noReport(ctx, x)
	if err != nil {
		return err
	}
	return &NoReport{x.Name, reason}
}

// report returns the folder of an execution's report.
func (s *Service) report(ctx context.Context, x *Execution) (*protocol.Folder, error) {
	if folder := x.folder(); folder != nil {
		return folder, nil
	}
	return nil, s.CanRerun(ctx, x)
}

// noReport returns why an execution has no report of a summary.
func (s *Service) noReport(ctx context.Context, x *Execution) (string, error) {
	switch {
	case x.Running():
		return "it runs, and its report is written when it ends", nil
	case x.Skipped:
		return "it was skipped, because another execution had the job's lock", nil
	case x.Account != nil && !x.counted:
		return "the job stores none: give it a ResultsBucket or Results", nil
	}
	machine, err := s.API.DescribeStateMachineForExecution(ctx, &sfn.DescribeStateMachineForExecutionInput{ExecutionArn: &x.ARN})
	if err != nil {
		return "", s.explain(err, x.ARN)
	}
	var definition map[string]any
	if err := json.Unmarshal([]byte(aws.ToString(machine.Definition)), &definition); err != nil {
		return "", fmt.Errorf("the definition of execution %s: %w", x.Name, err)
	}
	switch {
	case !hasState(definition, protocol.StateMap):
		return "its state machine is not that of a job", nil
	case !hasState(definition, protocol.StateSummary):
		return "the job has no Summary: give it one, and a ResultsBucket or Results", nil
	}
	return fmt.Sprintf("it ended as %s%s before its summary", x.Status, in(x.Error)), nil
}

// hasState reports whether a definition has a state with a name, also within the states
// around it.
func hasState(v any, name string) bool {
	switch v := v.(type) {
	case map[string]any:
		if states, ok := v["States"].(map[string]any); ok && states[name] != nil {
			return true
		}
		for _, member := range v {
			if hasState(member, name) {
				return true
			}
		}
	case []any:
		for _, element := range v {
			if hasState(element, name) {
				return true
			}
		}
	}
	return false
}

func in(text string) string {
	if text == "" {
		return ""
	}
	return " (" + text + ")"
}
