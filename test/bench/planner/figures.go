// Package planner measures the planner.
package planner

import (
	"context"
	"time"

	"github.com/mapjob/mapjob/internal/plan"
	"github.com/mapjob/mapjob/internal/plan/simulate"
	"github.com/mapjob/mapjob/internal/price"
	"github.com/mapjob/mapjob/test/bench/figure"
)

// Figures returns the figures of the group plan. docs/benchmarks.md explains each.
func Figures() []figure.Figure {
	return []figure.Figure{
		{
			Name: "plan/simulate-10m", Unit: "s", Begin: simulateTenMillion,
			Peer: "the limit", Ratio: figure.AtMost(1),
		},
		{
			Name: "plan/simulate-10m-rss", Unit: "MB", Begin: simulatePeak,
			Peer: "the limit", Ratio: figure.AtMost(1),
		},
	}
}

func simulateTenMillion(*figure.Workplace) (figure.Sides, error) {
	return figure.Sides{
		Ours: func() (float64, error) {
			began := time.Now()
			err := Simulate()
			return time.Since(began).Seconds(), err
		},
		Peer: figure.Always(60),
	}, nil
}

// simulatePeak measures the peak of memory of a process that only simulates.
func simulatePeak(*figure.Workplace) (figure.Sides, error) {
	return figure.Sides{Ours: figure.PeakOf("-simulate"), Peer: figure.Always(500)}, nil
}

// Simulate simulates ten million Express children with an item of two seconds each,
// ten thousand at once. Lambda throttles them while it grows.
func Simulate() error {
	book, err := price.Read("us-east-1")
	if err != nil {
		return err
	}
	for quota, value := range map[string]float64{"states.starts.express": 6000, "lambda.concurrency": 10_000} {
		if book, err = book.With(quota, value); err != nil {
			return err
		}
	}
	retry := []plan.Retrier{{Errors: []string{plan.Throttled}, Interval: time.Second, Backoff: 2, MaxAttempts: 32, MaxDelay: 300 * time.Second, Jitter: true}}
	_, err = simulate.Run(context.Background(), simulate.Options{
		Workload: plan.Workload{Items: 10_000_000, ItemBytes: 200, Time: plan.Exactly(2 * time.Second)},
		Setup:    plan.Setup{Passing: plan.ByValue, Children: plan.Express, Batch: 1, MaxConcurrency: 10_000},
		Shape: plan.Shape{
			Child: []plan.Step{{State: "Worker", Type: "Task", Entries: 1, Events: 5, Call: &plan.Call{Role: plan.Worker, Retry: retry}}},
			Map:   plan.MapShape{Distributed: true, Express: true, Batched: true, ToleratedPercentage: 100},
		},
		Book: book,
	})
	return err
}
