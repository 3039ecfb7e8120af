package sfntest_test

import (
	"context"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

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

// account is the output of a job.
type account struct{ Total, Succeeded, Failed, Missing int }

// workers returns the functions of a job whose items all succeed, each after a while.
func workers(takes time.Duration) []sfntest.Option {
	work := func(ctx context.Context, o Order) (Receipt, error) {
		select {
		case <-time.After(takes):
		case <-ctx.Done():
			return Receipt{}, ctx.Err()
		}
		return Receipt{o.ID, 1}, nil
	}
	return append(jobOptions()[:1:1], sfntest.Handle("Worker", job.Work(work, job.Concurrency(8), quiet())),
		sfntest.Handle("Summary", job.Summarize(func(context.Context, *job.Summary) error { return nil }, quiet(), job.WithMetrics(io.Discard))))
}

// A job loses nothing if one of its functions crashes after a write, whichever.
func TestACrashAfterEachWrite(t *testing.T) {
	s := jobStack(t)
	writes := 0
	for _, function := range []string{"JobStart", "Worker", "Summary"} {
		for n, struck := 1, true; struck; n++ {
			synctest.Test(t, func(t *testing.T) {
				w := sfntest.New(t, s, append(workers(0), sfntest.Inject(sfntest.Fault{Fault: "crash", Function: function, When: fmt.Sprintf("write %d", n)}))...)
				x := w.Start("Skip", struct{}{})
				x.RunToEnd()
				var got account
				if x.Output(&got); got != (account{Total: 20, Succeeded: 20}) {
					t.Errorf("%s crashed after write %d: got %+v:\n%s", function, n, got, x.History())
				}
				struck = strings.Contains(x.History().String(), "FAULT")
				next := w.Start("Skip", struct{}{})
				next.RunToEnd()
				if next.Output(&got); got.Total != 20 {
					t.Errorf("%s crashed after write %d: got %+v of the next execution, expected it to take the lock", function, n, got)
				}
			})
			if struck {
				writes++
			}
		}
	}
	if writes < 4 {
		t.Errorf("got %d writes, expected those of the job start and of the summary", writes)
	}
}

// Executions that overlap do what the policy says.
func TestOverlappingExecutions(t *testing.T) {
	s := jobStack(t)
	for policy, expected := range map[string]string{
		"None":    "SUCCEEDED after 10s, SUCCEEDED after 15s",
		"Skip":    "SUCCEEDED after 10s, SUCCEEDED after 5s",
		"Fail":    "SUCCEEDED after 10s, FAILED with MapJob.AlreadyRunning after 5s",
		"Replace": "ABORTED after 5s, SUCCEEDED after 16s",
		"Wait":    "SUCCEEDED after 10s, SUCCEEDED after 1m15s",
	} {
		synctest.Test(t, func(t *testing.T) {
			w := sfntest.New(t, s, workers(10*time.Second)...)
			start := time.Now()
			first := w.Start(policy, struct{}{})
			w.Advance(5 * time.Second)
			second := w.Start(policy, struct{}{})
			var endings []string
			for _, x := range []*sfntest.Execution{first, second} {
				x.RunToEnd()
				events := x.History()
				ending := x.Status()
				if err := x.Err(); err != nil && x.Status() == "FAILED" {
					ending += " with " + err.Name
				}
				endings = append(endings, fmt.Sprintf("%s after %s", ending, events[len(events)-1].Time.Sub(start)))
			}
			if got := strings.Join(endings, ", "); got != expected {
				t.Errorf("%s: got %s, expected %s:\n%s%s", policy, got, expected, first.History(), second.History())
			}
		})
	}
}
