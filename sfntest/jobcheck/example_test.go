package jobcheck_test

import (
	"context"
	"fmt"
	"iter"
	"testing"

	"github.com/mapjob/mapjob/job"
	"github.com/mapjob/mapjob/sfntest"
	"github.com/mapjob/mapjob/sfntest/jobcheck"
)

type order struct{ ID int }

func due(context.Context, struct{}) iter.Seq2[order, error] {
	return func(yield func(order, error) bool) {
		for id := range 7 {
			if !yield(order{id}, nil) {
				return
			}
		}
	}
}

func invoice(_ context.Context, o order) (string, error) {
	if o.ID == 3 {
		return "", job.Errorf("Refused", "order %d is refused", o.ID)
	}
	return fmt.Sprint("invoice ", o.ID), nil
}

// A test of a job, whatever goes wrong with its functions and services.
func ExampleInvariants() {
	test := func(t *testing.T) {
		sfntest.Explore(t, sfntest.Open(t, "cdk.out"), sfntest.Sweep{
			Options: func(*sfntest.Run) []sfntest.Option {
				return []sfntest.Option{
					sfntest.Handle("JobStart", job.Start(due)),
					sfntest.Handle("Worker", job.Work(invoice)),
					sfntest.Handle("Summary", job.Summarize(func(context.Context, *job.Summary) error { return nil })),
				}
			},
			Do:         func(r *sfntest.Run) { r.Start("Invoicing", struct{}{}).RunToEnd() },
			Invariants: append(jobcheck.Invariants("Invoicing"), jobcheck.Lock("Invoicing")),
		})
	}
	_ = test // go test calls it as TestInvoicing, for example
	// Output:
}
