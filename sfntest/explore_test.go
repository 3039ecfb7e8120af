package sfntest_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/mapjob/mapjob/sfntest"
)

const twoCharges = `{"StartAt": "All", "States": {"All": {"Type": "Map", "ItemsPath": "$.orders", "End": true, "ItemProcessor": {"StartAt": "Charge", "States": {
  "Charge": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
    "Parameters": {"FunctionName": "charge", "Payload.$": "$"},
    "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 2}]}}}}}}`

func chargeOnce() sfntest.Sweep {
	return sfntest.Sweep{
		Options: func(r *sfntest.Run) []sfntest.Option {
			charged := map[string]int{}
			r.Values["charged"] = charged
			return []sfntest.Option{sfntest.HandleFunc("charge", func(_ context.Context, o Order) (any, error) { charged[o.ID]++; return nil, nil })}
		},
		Do: func(r *sfntest.Run) { r.Start("", map[string][]Order{"orders": {{"a"}, {"b"}}}).RunToEnd() },
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
	}
}

func TestExploreRunsEachSeed(t *testing.T) {
	sweep := chargeOnce()
	sweep.Seeds = 30
	sweep.Faults = []string{"throttle"}
	sfntest.Explore(t, sfntest.Parse(t, []byte(twoCharges)), sweep)
}
