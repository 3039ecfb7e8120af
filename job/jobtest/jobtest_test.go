package jobtest_test

import (
	"context"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mapjob/mapjob/job"
	"github.com/mapjob/mapjob/job/jobtest"
)

func ExampleWork() {
	t := &testing.T{} // the test's own
	double := job.Work(func(_ context.Context, n int) (int, error) {
		if n < 0 {
			return 0, job.Errorf("Negative", "got %d", n)
		}
		return 2 * n, nil
	}, job.WithLogger(slog.New(slog.DiscardHandler))) // else a line says that an item failed
	for _, o := range jobtest.Work(t, double, 1, -1, 21) {
		fmt.Println(o.Index, o.Status, string(o.Output)+o.Error)
	}
	// Output:
	// 0 SUCCEEDED 2
	// 1 FAILED Negative
	// 2 SUCCEEDED 42
}

func TestACallReachesTheHandler(t *testing.T) {
	started := time.Date(2026, 11, 1, 2, 0, 0, 0, time.UTC)
	h := job.Work(func(ctx context.Context, _ any) (string, error) {
		_, limited := ctx.Deadline()
		i := job.InfoOf(ctx)
		return fmt.Sprint(i.Name, i.Execution, i.RequestID, i.Index, i.StartedAt.Equal(started), limited), nil
	})
	call := jobtest.Call{Job: "nightly", Execution: "arn:x", RequestID: "req", First: 7, StartedAt: started, Timeout: time.Minute}
	if o := call.Work(t, h, nil)[0]; string(o.Output) != `"nightlyarn:xreq7 true true"` || o.Index != 7 {
		t.Errorf("got %s, expected what the call says", o.Output)
	}
	if o := jobtest.Work(t, h, nil)[0]; string(o.Output) != `"testarn:aws:states:us-east-1:123456789012:execution:test:test0 false false"` {
		t.Errorf("got %s, expected no deadline if none is set", o.Output)
	}
}

func TestAJobFromEndToEnd(t *testing.T) {
	starter := job.Start(func(_ context.Context, n int) iter.Seq2[string, error] {
		return func(yield func(string, error) bool) {
			for i := range n {
				if !yield(strings.Repeat("x", i), nil) {
					return
				}
			}
		}
	})
	items := jobtest.Start[string](t, starter, 3)
	if !slices.Equal(items, []string{"", "x", "xx"}) {
		t.Fatalf("got %q, expected the items that were yielded", items)
	}
	outcomes := jobtest.Work(t, job.Work(func(_ context.Context, s string) (int, error) { return len(s), nil }), items[0], items[2])
	account := jobtest.Summarize(t, job.Summarize(func(_ context.Context, s *job.Summary) error {
		sum := 0
		for o := range s.Results() {
			var n int
			if err := o.Decode(&n); err != nil {
				return err
			}
			sum += n
		}
		s.Output(sum)
		return nil
	}), 3, outcomes...)
	if account.Total != 3 || account.Succeeded != 2 || account.Missing != 1 || string(account.Output) != "2" {
		t.Errorf("got %+v, expected two of three items and their sum", account)
	}
}

func TestAHandlerThatDoesNotAnswerInTimeTimesOut(t *testing.T) {
	_, err := jobtest.Call{Timeout: 50 * time.Millisecond}.Invoke(stuck{}, nil)
	if err == nil || !strings.Contains(err.Error(), "Task timed out after 0.05 seconds") {
		t.Errorf("got error %v, expected the one that Lambda gives", err)
	}
}

func TestAHandlerSeesTheContextOfItsCall(t *testing.T) {
	type key struct{}
	h := job.Work(func(ctx context.Context, n int) (string, error) { return ctx.Value(key{}).(string), ctx.Err() })
	ctx, cancel := context.WithCancel(context.WithValue(context.Background(), key{}, "mine"))
	if o := (jobtest.Call{Context: ctx, Timeout: time.Minute}).Work(t, h, 1)[0]; string(o.Output) != `"mine"` {
		t.Errorf("got %+v, expected the value of the context", o)
	}
	cancel()
	if o := (jobtest.Call{Context: ctx}).Work(t, h, 1)[0]; o.Error != job.ErrorDeadline {
		t.Errorf("got %+v, expected an item that was not started", o)
	}
}

type stuck struct{}

func (stuck) Invoke(context.Context, []byte) ([]byte, error) { select {} }
