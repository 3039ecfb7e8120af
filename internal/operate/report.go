package operate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/mapjob/mapjob/internal/jsonl"
	"github.com/mapjob/mapjob/internal/operate/failed"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/job/report"
)

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

// NoReportError is returned if an execution has no report of a summary, which a rerun
// needs. Reason says why.
type NoReportError struct{ Execution, Reason string }

func (e *NoReportError) Error() string {
	return fmt.Sprintf("execution %s has no report: %s", e.Execution, e.Reason)
}

// CanRerun returns nil if the failed items of an execution can be run again, and a
// [NoReportError] if its job or the execution lacks what a rerun needs.
func (s *Service) CanRerun(ctx context.Context, x *Execution) error {
	if x.HasFailures() && !x.own {
		return nil
	}
	reason, err := s.noReport(ctx, x)
	if err != nil {
		return err
	}
	return &NoReportError{x.Name, reason}
}

// report returns the folder of an execution's report.
func (s *Service) report(ctx context.Context, x *Execution) (*protocol.Folder, error) {
	if folder := x.folder(); folder != nil {
		return folder, nil
	}
	return nil, s.CanRerun(ctx, x)
}

// Failures counts the items of an execution that did not succeed. It counts
// those that the filter chooses.
func (s *Service) Failures(ctx context.Context, x *Execution, filter failed.Filter) (*failed.Items, error) {
	folder, err := s.report(ctx, x)
	if err != nil {
		return nil, err
	}
	return failed.Count(ctx, s.Store, x.ARN, folder, x.Unsuccessful(), filter)
}

// FailedItems returns the items of an execution that did not succeed and that a filter
// chooses, without counting them.
func (s *Service) FailedItems(ctx context.Context, x *Execution, filter failed.Filter) (*failed.Items, error) {
	folder, err := s.report(ctx, x)
	if err != nil {
		return nil, err
	}
	return failed.Of(s.Store, x.ARN, folder, filter), nil
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

// Report opens a file of an execution's report.
func (s *Service) Report(ctx context.Context, x *Execution, name string) (io.ReadCloser, error) {
	folder, err := s.report(ctx, x)
	if err != nil {
		return nil, err
	}
	object, err := s.Store.Open(ctx, folder.File(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, notFoundError(fmt.Sprintf("execution %s: s3://%s/%s does not exist any more, or it may not be read: allow s3:GetObject on arn:aws:s3:::%s/*",
			x.Name, folder.Bucket, folder.File(name).Key, folder.Bucket))
	}
	return object, err
}

// ReadReport reads an execution's report.
func (s *Service) ReadReport(ctx context.Context, x *Execution) (*report.Report, error) {
	file, err := s.Report(ctx, x, protocol.ReportJSON)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var known report.Report
	if err := json.NewDecoder(jsonl.Allow(file, jsonl.MaxDocument)).Decode(&known); err != nil {
		at := protocol.ReportJSON + " of the run"
		if !x.own {
			object := x.folder().File(protocol.ReportJSON)
			at = "s3://" + object.Bucket + "/" + object.Key
		}
		return nil, fmt.Errorf("reading %s: %w, expected the report of a summary", at, err)
	}
	return &known, nil
}
