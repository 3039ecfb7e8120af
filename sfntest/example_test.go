package sfntest_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mapjob/mapjob/sfntest"
)

// A test of a state machine that waits a day, and then for somebody's approval.
func Example() {
	testRefund := func(t *testing.T) {
		stack := sfntest.Open(t, "cdk.out")
		synctest.Test(t, func(t *testing.T) {
			w := sfntest.New(t, stack, sfntest.HandleFunc("Charge", func(_ context.Context, o Order) (Receipt, error) {
				return Receipt{Order: o.ID, Amount: 7}, nil
			}))
			x := w.Start("Refund", Order{ID: "o-1"})
			w.Advance(24 * time.Hour)
			x.Waits()[0].Succeed(map[string]bool{"approved": true})
			x.RunToEnd()
			if x.Status() != "SUCCEEDED" {
				t.Errorf("got\n%s\nexpected an approved refund", x.History())
			}
		})
	}
	_ = testRefund // func TestRefund(t *testing.T)
}
