package sfntest_test

import (
	"context"
	"fmt"
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

// A sweep that looks for an order of things, and for faults, with which an order is
// charged twice.
func ExampleExplore() {
	testNoOrderIsChargedTwice := func(t *testing.T) {
		sfntest.Explore(t, sfntest.Open(t, "cdk.out"), sfntest.Sweep{
			Options: func(r *sfntest.Run) []sfntest.Option {
				charged := map[string]int{} // of this run
				r.Values["charged"] = charged
				return []sfntest.Option{sfntest.HandleFunc("Charge", func(_ context.Context, o Order) (Receipt, error) {
					charged[o.ID]++
					return Receipt{Order: o.ID, Amount: 7}, nil
				})}
			},
			Do: func(r *sfntest.Run) { r.Start("Sale", map[string][]Order{"orders": {{ID: "a"}, {ID: "b"}}}).RunToEnd() },
			Invariants: []sfntest.Invariant{
				sfntest.Finally("each order is charged once", func(r *sfntest.Run) (bool, error) {
					for id, n := range r.Values["charged"].(map[string]int) {
						if n > 1 {
							return true, fmt.Errorf("order %s: got %d charges, expected one", id, n)
						}
					}
					return true, nil
				}),
			},
		})
	}
	_ = testNoOrderIsChargedTwice // func TestNoOrderIsChargedTwice(t *testing.T)
}
