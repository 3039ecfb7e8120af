package operate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/mapjob/mapjob/internal/functionlog"
	"github.com/mapjob/mapjob/internal/jsonl"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/results"
)

// ItemOutcome is how an item ended, as its worker has answered or its batch has failed.
type ItemOutcome struct {
	Status    protocol.Status `json:"status"`
	Error     string          `json:"error,omitempty"`
	Cause     string          `json:"cause,omitempty"`
	Retryable bool            `json:"retryable,omitempty"`
	Output    json.RawMessage `json:"output,omitempty"`    // what the worker returned
	StartedAt *time.Time      `json:"startedAt,omitempty"` // nil if it was not started, or that is not known
	EndedAt   *time.Time      `json:"endedAt,omitempty"`   // or its batch, if that failed as a whole
	Ms        *int64          `json:"ms,omitempty"`        // how long it took, all tries together
}

// outcomeTime is how long the results of a Map are searched for an item.
const outcomeTime = 10 * time.Second

// Outcome returns how an item of an execution ended; if that is not known, nil and why. It reads
// the results until it has found the item.
func (s *Service) Outcome(ctx context.Context, x *Execution, item int) (*ItemOutcome, string) {
	if x.Running() {
		return nil, "the execution runs, and its results are written when it ends"
	}
	ctx, cancel := context.WithTimeout(ctx, outcomeTime)
	defer cancel()
	var found *protocol.Outcome
	take := func(o protocol.Outcome) error {
		if o.Index != item || results.IsLost(&o) {
			return nil
		}
		found = &o
		return errFound
	}
	err := s.outcomes(ctx, x, take)
	switch {
	case found != nil:
		return newItemOutcome(found), ""
	case errors.Is(err, context.DeadlineExceeded):
		return nil, fmt.Sprintf("the results were not read to their end within %s", outcomeTime)
	case err != nil:
		return nil, err.Error()
	}
	return nil, "the results have no outcome of the item"
}

var errFound = errors.New("found")

func newItemOutcome(o *protocol.Outcome) *ItemOutcome {
	v := &ItemOutcome{Status: o.Status, Error: o.Error, Cause: o.Cause, Retryable: o.Retryable, Output: o.Output}
	at := func(ms int64) *time.Time {
		if ms <= 0 {
			return nil
		}
		t := time.UnixMilli(ms).UTC()
		return &t
	}
	v.StartedAt, v.EndedAt = at(o.StartedAt), at(o.EndedAt())
	if v.StartedAt != nil {
		v.Ms = &o.Ms
	}
	return v
}

// outcomes calls take with the outcomes of an execution until it returns an error: those that
// mapjob run has written, or those of the Map Runs.
func (s *Service) outcomes(ctx context.Context, x *Execution, take results.Yield) error {
	if x.own {
		return s.ownOutcomes(ctx, take)
	}
	if x.Account == nil || x.Account.Report == nil {
		return &NoReportError{x.Name, "the results are stored beside it"}
	}
	runs := 0
	var gone error
	for run, err := range s.mapRuns(ctx, x.ARN) {
		if err != nil {
			return err
		}
		arn := aws.ToString(run.MapRunArn)
		d, err := s.API.DescribeMapRun(ctx, &sfn.DescribeMapRunInput{MapRunArn: &arn})
		if err != nil {
			return s.explain(err, arn)
		}
		manifest := functionlog.ManifestOf(x.Account.Report, arn, int(aws.ToInt32(d.RedriveCount)))
		_, err = results.Reader{Store: unlisted{s.Store}}.MapRun(ctx, protocol.Results{Bucket: manifest.Bucket, Manifest: manifest.Key}, take)
		if runs++; errors.Is(err, fs.ErrNotExist) { // another Map Run may have left its own
			gone, err = err, nil
		}
		if err != nil {
			return err
		}
	}
	if runs == 0 {
		return errors.New("no Map Run of the execution has left results: an Inline Map keeps its outcomes in the execution's history")
	}
	return gone
}

// ownOutcomes reads the outcomes that mapjob run has written beside its report.
func (s *Service) ownOutcomes(ctx context.Context, take results.Yield) error {
	object, err := s.Store.Open(ctx, protocol.Object{Key: protocol.ResultsFile})
	if err != nil {
		return err
	}
	defer object.Close()
	return jsonl.EachLine(object, func(line []byte) error {
		var o protocol.Outcome
		if err := json.Unmarshal(line, &o); err != nil {
			return fmt.Errorf("reading %s of the run: %w", protocol.ResultsFile, err)
		}
		return errors.Join(ctx.Err(), take(o))
	})
}

// unlisted is a [results.Store] whose keys are not listed: the manifest of a Map Run names its
// files.
type unlisted struct{ Store }

func (u unlisted) Open(ctx context.Context, bucket, key string) (io.ReadCloser, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return u.Store.Open(ctx, protocol.Object{Bucket: bucket, Key: key})
}

func (unlisted) Keys(context.Context, string, string) iter.Seq2[string, error] {
	return func(func(string, error) bool) {}
}
