package jobcheck_test

import (
	"context"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/mapjob/mapjob/job"
	"github.com/mapjob/mapjob/sfntest"
	"github.com/mapjob/mapjob/sfntest/jobcheck"
)

func TestAJobKeepsItsInvariants(t *testing.T) {
	quiet := job.WithLogger(slog.New(slog.DiscardHandler))
	sfntest.Explore(t, sfntest.Open(t, "../../test/soak/forms/testdata/value_1.snap.json"), sfntest.Sweep{
		Seeds: 60,
		Options: func(*sfntest.Run) []sfntest.Option {
			return []sfntest.Option{
				sfntest.Handle("JobStart", job.Start(due, quiet)),
				sfntest.Handle("Worker", job.Work(invoice, quiet)),
				sfntest.Handle("Summary", job.Summarize(func(context.Context, *job.Summary) error { return nil }, quiet, job.WithMetrics(io.Discard))),
			}
		},
		Do: func(r *sfntest.Run) {
			first, second := r.Start("Wait", struct{}{}), r.Start("Wait", struct{}{})
			first.RunToEnd()
			second.RunToEnd()
		},
		Invariants: append(jobcheck.Invariants("Wait"), jobcheck.Lock("Wait")),
	})
}

// Invariants may keep what they know at the moment at which a handler wakes.
func TestInvariantsAndHandlersShareNothing(t *testing.T) {
	const definition = `{"StartAt": "Both", "States": {"Both": {"Type": "Parallel", "End": true, "Branches": [
		{"StartAt": "Work", "States": {"Work": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "worker"}, "End": true}}},
		{"StartAt": "Rest", "States": {"Rest": {"Type": "Wait", "Seconds": 1, "Next": "Locked"}, "Locked": {"Type": "Pass", "End": true}}}]}}}`
	sfntest.Explore(t, sfntest.Parse(t, []byte(definition)), sfntest.Sweep{
		Seeds: 8,
		Options: func(r *sfntest.Run) []sfntest.Option {
			return []sfntest.Option{sfntest.HandleFunc("worker", func(context.Context, any) (any, error) {
				time.Sleep(time.Second)
				r.Values["done"] = true
				return nil, nil
			})}
		},
		Faults:     []string{},
		Invariants: []sfntest.Invariant{jobcheck.Lock("")},
	})
}
