package job_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/smithy-go"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/job"
	"github.com/mapjob/mapjob/job/jobtest"
)

// grumpy is an error with methods that may panic.
type grumpy struct{ method string }

func (g grumpy) Error() string { return g.say("Error") }

func (g grumpy) ErrorCode() string { return g.say("ErrorCode") }

func (g grumpy) Is(error) bool { return g.say("Is") == "" }

func (g grumpy) say(method string) string {
	if g.method == method {
		panic("no comment")
	}
	return method
}

// unreadable holds errors whose methods panic.
var unreadable = map[string]error{
	"a nil pointer":     (*unpayable)(nil),
	"a wrapped one":     job.Retryable((*unpayable)(nil)),
	"a message":         grumpy{"Error"},
	"a code":            grumpy{"ErrorCode"},
	"a comparison":      grumpy{"Is"},
	"a wrapped message": fmt.Errorf("order 7%.0w", grumpy{"ErrorCode"}),
}

func TestAnErrorThatPanicsFailsItsItemOnly(t *testing.T) {
	t.Parallel()
	for name, err := range unreadable {
		t.Run(name, func(t *testing.T) {
			handle := func(_ context.Context, n int) (int, error) {
				if n == 1 {
					return 0, err
				}
				return n, nil
			}
			outcomes := decode[[]job.Outcome](t, invoke(t, work(handle), batchOf(0, 0, 1, 2)))
			if len(outcomes) != 3 || outcomes[0].Status != job.Succeeded || outcomes[2].Status != job.Succeeded {
				t.Fatalf("got %+v, expected its neighbours to succeed", outcomes)
			}
			if o := outcomes[1]; o.Error != job.ErrorPanic || !strings.Contains(o.Cause, "that panics when it is read") {
				t.Errorf("got %+v, expected %s", o, job.ErrorPanic)
			}
			if failed := jobtest.Queue(t, job.Queue(job.IgnoreResult(handle), silent), 0, 1, 2); fmt.Sprint(failed) != "[1]" {
				t.Errorf("got %v failed of a queue, expected the second only", failed)
			}
			hand := func(context.Context, string, string) error { return err }
			if o, _ := new(jobtest.Tasks).Callback(t, job.Callback(hand, silent), "payment").Outcome(); o.Error != job.ErrorPanic {
				t.Errorf("got %+v of a callback, expected %s", o, job.ErrorPanic)
			}
			if got := job.NameOf(err); got != job.ErrorPanic {
				t.Errorf("got the name %s, expected %s", got, job.ErrorPanic)
			}
		})
	}
}

// A name of any length neither fails the batch of its item nor the execution of a job
// start.
func TestNamesOfErrorsAreCut(t *testing.T) {
	t.Parallel()
	name := strings.Repeat("é", 300_000)
	short := strings.Repeat("é", 200) + "…"
	for what, err := range map[string]error{
		"named":         job.Errorf(name, "no"),
		"retryable":     job.Retryable(job.Errorf(name, "no")),
		"of Lambda":     messages.InvokeResponse_Error{Type: name, Message: "no"},
		"of an AWS API": &smithy.GenericAPIError{Code: name, Message: "no"},
	} {
		failing := work(func(_ context.Context, n int) (int, error) {
			if n == 1 {
				return 0, err
			}
			return n, nil
		}, job.Tries(1))
		outcomes := decode[[]protocol.Outcome](t, invoke(t, failing, batchOf(0, 0, 1, 2)))
		if len(outcomes) != 3 || outcomes[0].Status != protocol.Succeeded || outcomes[1].Error != short || outcomes[2].Status != protocol.Succeeded {
			t.Errorf("%s: got %.300v, expected one outcome with a short name", what, outcomes)
		}
		if got := job.NameOf(err); got != short {
			t.Errorf("%s: got the name %.300s, expected a short one", what, got)
		}
		start := job.Start(func(context.Context, json.RawMessage) iter.Seq2[int, error] {
			return func(yield func(int, error) bool) { yield(0, err) }
		}, inMemory(), silent)
		if got := refused(t, start, `{"job":{"name":"n","startedAt":"2026-11-01T02:00:00Z"},"execution":"arn:x","input":{}}`); got.Type != short {
			t.Errorf("%s: got the error %.300s of a job start, expected a short name", what, got.Type)
		}
	}
}

// Step Functions ends an execution that gets more than 262,144 bytes in a way that
// nothing can catch.
func TestMessagesThatFailAnInvocationAreCut(t *testing.T) {
	t.Parallel()
	for what, err := range map[string]error{
		"an error":  job.Errorf("Down", "%s", strings.Repeat("x", 300_000)),
		"of Lambda": messages.InvokeResponse_Error{Type: "Down", Message: strings.Repeat("x", 300_000)},
	} {
		got := refused(t, summarize(func(context.Context, *job.Summary) error { return err }), request("cut-message", `{"bucket": "results", "manifest": "`+mapRun(t, "cut-message", "", "", "")+`"}`, 0))
		if got.Type != "Down" || len(got.Message) < 1000 || len(got.Message) > 33_000 {
			t.Errorf("%s: got %s with a message of %d bytes, expected the beginning of it", what, got.Type, len(got.Message))
		}
	}
}

func TestErrorfWrapsAsFmtErrorfDoes(t *testing.T) {
	t.Parallel()
	err := job.Errorf("RatesUnknown", "reading the rates of %s: %w", "EUR", throttled{})
	var wrapped throttled
	if job.NameOf(err) != "RatesUnknown" || err.Error() != "reading the rates of EUR: slow down" || !errors.As(err, &wrapped) {
		t.Errorf("got %s: %v, expected the name, the whole message and the wrapped error", job.NameOf(err), err)
	}
	h := work(func(context.Context, int) (int, error) { return 0, err }, job.Tries(1))
	if o := decode[[]job.Outcome](t, invoke(t, h, batchOf(0, 1)))[0]; !o.Retryable || o.Error != "RatesUnknown" {
		t.Errorf("got %+v, expected a throttle to be retryable under another name too", o)
	}
}

func TestAnErrorAlwaysHasAName(t *testing.T) {
	t.Parallel()
	for _, err := range []error{job.Errorf("", "nameless"), &job.Error{Message: "nameless"}} {
		h := work(func(context.Context, int) (int, error) { return 0, err })
		if o := decode[[]job.Outcome](t, invoke(t, h, batchOf(0, 1)))[0]; o.Error != "Error" || o.Cause != "nameless" {
			t.Errorf("got %+v, expected the name of an error that has none", o)
		}
	}
}

func TestErrorfWrapsSeveralErrors(t *testing.T) {
	t.Parallel()
	reason := errors.New("the rates are old")
	err := job.Errorf("RatesUnknown", "reading the rates: %w: %w", reason, job.Retryable(throttled{}))
	var wrapped throttled
	if !errors.Is(err, reason) || !errors.As(err, &wrapped) || job.NameOf(err) != "RatesUnknown" {
		t.Errorf("got %s: %v, expected both wrapped errors in it", job.NameOf(err), err)
	}
	h := work(func(context.Context, int) (int, error) {
		return 0, job.Errorf("Bad", "%w: %w", reason, job.Retryable(errors.New("not yet")))
	}, job.Tries(1))
	if o := decode[[]job.Outcome](t, invoke(t, h, batchOf(0, 1)))[0]; !o.Retryable || o.Error != "Bad" {
		t.Errorf("got %+v, expected the mark of the second error", o)
	}
	if none := errors.Unwrap(job.Errorf("Bad", "no %%w")); none != nil {
		t.Errorf("got %v wrapped, expected nothing", none)
	}
}

type closed struct{}

func (closed) Error() string { return "closed" }

func TestNameOfLooksIntoJoinedErrors(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]error{
		"the first":        errors.Join(&closed{}, errors.New("x")),
		"the second":       errors.Join(errors.New("x"), closed{}),
		"of two %w":        fmt.Errorf("%w and %w", errors.New("x"), closed{}),
		"joined, deeper":   fmt.Errorf("y: %w", errors.Join(errors.New("x"), job.Retryable(fmt.Errorf("z: %w", closed{})))),
		"before another's": errors.Join(errors.Join(errors.New("x"), closed{}), &unpayable{}),
	} {
		if got := job.NameOf(err); got != "closed" {
			t.Errorf("%s: got the name %s, expected closed", name, got)
		}
	}
	if got := job.NameOf(errors.Join(errors.New("x"), errors.New("y"))); got != "Error" {
		t.Errorf("got the name %s, expected Error if no type has a name of its own", got)
	}
}
