package jobcheck_test

import (
	"context"
	"io"
	"log/slog"
	"testing"

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
