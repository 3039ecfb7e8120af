package main

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/mapjob/mapjob/examples/sfntest/refund"
	"github.com/mapjob/mapjob/sfntest"
)

func TestNoRefundIsPaidTwice(t *testing.T) {
	sfntest.Explore(t, sfntest.Parse(t, template()), sfntest.Sweep{
		Options: func(r *sfntest.Run) []sfntest.Option {
			return []sfntest.Option{sfntest.HandleFunc("Checker", refund.Check), payer(func() *sfntest.World { return r.World })}
		},
		Do: approve,
		Invariants: []sfntest.Invariant{
			sfntest.Finally("a refund is paid once at most", func(r *sfntest.Run) (bool, error) {
				paid, err := balance(r.World, "c-1")
				if err == nil && paid != "0" && paid != "700" {
					err = fmt.Errorf("got %s cents, expected 700", paid)
				}
				return paid == "700", err
			}),
		},
	})
}

// approve starts a refund and approves it when it waits for that, if it does.
func approve(r *sfntest.Run) {
	r.Start("Refund", refund.Request{Order: "o-1", Customer: "c-1", Amount: 700})
	r.Advance(24 * time.Hour)
	for _, wait := range r.Waits() {
		if wait.For == "token" {
			wait.Succeed(map[string]bool{"approved": true})
		}
	}
	r.Advance(30 * 24 * time.Hour)
}

// testCarelessPayer is the sweep of a function that does not remember what it has paid.
func testCarelessPayer(t *testing.T) {
	sfntest.Explore(t, sfntest.Parse(t, template()), sfntest.Sweep{
		Options: func(r *sfntest.Run) []sfntest.Option {
			paid := map[string]int{}
			r.Values["paid"] = paid
			return []sfntest.Option{
				sfntest.HandleFunc("Checker", refund.Check),
				sfntest.HandleFunc("Payer", func(_ context.Context, in refund.Request) (refund.Receipt, error) {
					paid[in.Order] += in.Amount
					return refund.Receipt{Order: in.Order, Paid: in.Amount}, nil
				}),
			}
		},
		Do: approve,
		Invariants: []sfntest.Invariant{
			sfntest.Finally("a refund is paid once at most", func(r *sfntest.Run) (bool, error) {
				paid := r.Values["paid"].(map[string]int)["o-1"]
				if paid > 700 {
					return true, fmt.Errorf("got %d cents, expected 700", paid)
				}
				return paid == 700, nil
			}),
		},
	})
}
