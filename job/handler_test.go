package job_test

import (
	"context"
	"encoding/json"
	"io"
	"iter"
	"log/slog"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/mapjob/mapjob/job"
	"github.com/mapjob/mapjob/job/jobtest"
)

// The handlers of the tests use the S3 of this process and log nothing.

var silent = job.WithLogger(slog.New(slog.DiscardHandler))

func start[In, Item any](find func(context.Context, In) iter.Seq2[Item, error]) job.Handler {
	return job.Start(find, inMemory(), silent)
}

func work[Item, Result any](handle func(context.Context, Item) (Result, error), options ...job.WorkOption) job.Handler {
	return job.Work(handle, append([]job.WorkOption{inMemory(), silent}, options...)...)
}

func summarize(look func(context.Context, *job.Summary) error, options ...job.Option) job.Handler {
	return job.Summarize(look, append([]job.Option{inMemory(), silent, job.WithMetrics(io.Discard)}, options...)...)
}

// invoke does what Lambda does: a payload in, a payload or an error out.
func invoke(t *testing.T, h job.Handler, payload string) string {
	t.Helper()
	answer, err := jobtest.Call{}.Invoke(h, []byte(payload))
	if err != nil {
		t.Fatalf("got error %v, expected an answer", err)
	}
	return string(answer)
}

// refused returns the error by which a handler fails an invocation, as Lambda
// names it.
func refused(t *testing.T, h job.Handler, payload string) messages.InvokeResponse_Error {
	t.Helper()
	answer, err := jobtest.Call{}.Invoke(h, []byte(payload))
	out, ok := err.(messages.InvokeResponse_Error) // as aws-lambda-go looks at it: not through errors.As
	if !ok {
		t.Fatalf("got answer %s and error %v, expected an error with a name", answer, err)
	}
	return out
}

func decode[T any](t *testing.T, text string) T {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return v
}

// outlast waits for handlers that ignore their contexts, at the end of a test in
// virtual time.
func outlast() { time.Sleep(24 * time.Hour) }

// untimed compares outcomes without what differs from run to run.
var untimed = cmpopts.IgnoreFields(job.Outcome{}, "StartedAt", "Ms")
