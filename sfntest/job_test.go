package sfntest_test

import (
	"context"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"testing"
	"testing/synctest"

	"github.com/mapjob/mapjob/job"
	"github.com/mapjob/mapjob/sfntest"
)

// jobStack has a job of each policy, as the CDK synthesized it.
func jobStack(t *testing.T) *sfntest.Stack {
	t.Helper()
	return sfntest.Open(t, "../test/soak/forms/testdata/value_1.snap.json")
}

func quiet() job.Option { return job.WithLogger(slog.New(slog.DiscardHandler)) }

// orders yields twenty orders; the fourth and each sixth after it are refused.
func orders(context.Context, struct{}) iter.Seq2[Order, error] {
	return func(yield func(Order, error) bool) {
		for i := range 20 {
			if !yield(Order{fmt.Sprint("o-", i)}, nil) {
				return
			}
		}
	}
}

func invoice(_ context.Context, o Order) (Receipt, error) {
	var n int
	if _, err := fmt.Sscanf(o.ID, "o-%d", &n); err != nil || n%3 == 0 {
		return Receipt{}, job.Errorf("Refused", "order %s is refused", o.ID)
	}
	return Receipt{o.ID, n}, nil
}

func jobOptions() []sfntest.Option {
	return []sfntest.Option{
		sfntest.Handle("JobStart", job.Start(orders, quiet())),
		sfntest.Handle("Worker", job.Work(invoice, job.Concurrency(8), quiet())),
		sfntest.Handle("Summary", job.Summarize(func(context.Context, *job.Summary) error { return nil }, quiet(), job.WithMetrics(io.Discard))),
	}
}

func TestJobReportsTheOrderThatFails(t *testing.T) {
	s := jobStack(t)
	synctest.Test(t, func(t *testing.T) {
		w := sfntest.New(t, s, jobOptions()...)
		x := w.Start("Skip", map[string]string{"date": "2026-11-01"})
		x.RunToEnd()
		if n := x.MapRuns()[0]; n.Total != 20 || x.Err() == nil || x.Err().Name != "MapJob.TooManyFailures" {
			t.Errorf("got %+v and %v:\n%s", n, x.Err(), x.History())
		}
	})
}
