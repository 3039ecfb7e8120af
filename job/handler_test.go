package job_test

import (
	"context"
	"encoding/json"
	"io"
	"iter"
	"log/slog"
	"runtime"
	"strconv"
	"strings"
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
	out, ok := err.(messages.InvokeResponse_Error) //nolint:errorlint // as aws-lambda-go looks at it
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

// stubborn is a type that cannot be decoded, nor encoded.
type stubborn struct{ exits bool }

func (s *stubborn) UnmarshalJSON(text []byte) error {
	s.exits = string(text) == `"exit"`
	return s.refuse()
}

func (s stubborn) MarshalJSON() ([]byte, error) { return nil, s.refuse() }

func (s stubborn) refuse() error {
	if s.exits {
		runtime.Goexit()
	}
	panic("no JSON")
}

func TestNoTypeOfAHandlerEndsTheProcess(t *testing.T) {
	t.Parallel()
	for text, expected := range map[string]string{`"panic"`: job.ErrorPanic, `"exit"`: job.ErrorHandlerExited} {
		s := stubborn{exits: text == `"exit"`}
		batch := `{"BatchInput": {}, "Items": [{"index": 0, "item": ` + text + `}], "TaskToken": "token"}`
		same := func(_ context.Context, n int) (stubborn, error) { return s, nil }
		for name, c := range map[string]struct {
			handler job.Handler
			payload string
			item    string // the error of an item, if it fails alone
		}{
			"input of a job start": {handler: start(func(context.Context, stubborn) iter.Seq2[int, error] { return nil }), payload: `{"input": ` + text + `}`},
			"item of a job start": {handler: start(func(context.Context, any) iter.Seq2[stubborn, error] {
				return func(yield func(stubborn, error) bool) { yield(s, nil) }
			}), payload: `{"input": {}}`},
			"item of a worker":    {work(func(context.Context, stubborn) (int, error) { return 0, nil }), batch, job.ErrorInvalidInput},
			"item of a callback":  {handler: job.Callback(func(context.Context, stubborn, string) error { return nil }, silent), payload: batch},
			"item of a queue":     {handler: job.Queue(func(context.Context, stubborn) error { return nil }, silent), payload: `{"Records": [{"messageId": "a", "body": ` + strconv.Quote(text) + `}]}`, item: "itemIdentifier"},
			"result of a worker":  {work(same), strings.Replace(batch, text, "1", 1), expected},
			"output of a summary": {handler: summarize(func(_ context.Context, z *job.Summary) error { z.Output(s); return nil }), payload: `{"items": {"count": 0}, "results": []}`},
		} {
			if s.exits && (name == "item of a worker" || name == "item of a queue") {
				continue // a worker with batches contains panics only
			}
			answer, err := jobtest.Call{}.Invoke(c.handler, []byte(c.payload))
			switch got := job.NameOf(err); {
			case err == nil:
				if c.item == "" || !strings.Contains(string(answer), c.item) {
					t.Errorf("%s, %s: got %s, expected %s", name, text, answer, expected)
				}
			case got != expected && !(name == "item of a callback" && got == job.ErrorInvalidInput):
				t.Errorf("%s, %s: got %s: %v, expected %s", name, text, got, err, expected)
			}
		}
	}
}
