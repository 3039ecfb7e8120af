package plan_test

import (
	"math"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/plan"
	"github.com/mapjob/mapjob/internal/price"
)

func TestDurationIsThatOfWhatBinds(t *testing.T) {
	book, err := price.Read("us-east-1")
	if err != nil {
		t.Fatal(err)
	}
	retry := []plan.Retrier{{Errors: []string{plan.Throttled}, Interval: time.Second, MaxAttempts: 32, Backoff: 2, MaxDelay: 300 * time.Second, Jitter: true}}
	for _, c := range []struct {
		name     string
		items    int
		item     time.Duration
		setup    plan.Setup
		express  bool
		quotas   map[string]float64
		expected float64 // seconds of the Map
		binds    string
		certain  bool
	}{
		// By hand: ten rounds of 1,085 items at 100 ms are 1,085 s.
		{"ten million by value", 10_000_000, 100 * time.Millisecond, plan.Setup{Passing: plan.ByValue, Batch: 10_000, BatchBytes: 245_760, Overhead: 383, MaxConcurrency: 1000}, false, nil, 1086.7, "MaxConcurrency", true},
		// Two rounds of 810 s.
		{"ten million by reference", 10_000_000, 100 * time.Millisecond, plan.Setup{Passing: plan.ByReference, Batch: 8100, MaxConcurrency: 1000}, false, nil, 1621.7, "MaxConcurrency", true},
		// A hundred starts a second.
		{"one item a child", 1_000_000, 100 * time.Millisecond, plan.Setup{Passing: plan.ByValue, Batch: 1, MaxConcurrency: 1000}, false, nil, 9999.1, "child starts", true},
		{"one item an Express child", 1_000_000, 100 * time.Millisecond, plan.Setup{Passing: plan.ByValue, Batch: 1, MaxConcurrency: 1000}, true, nil, 999.1, "child starts", true},
		{"one batch", 100, 100 * time.Millisecond, plan.Setup{Passing: plan.ByValue, Batch: 100, MaxConcurrency: 1000}, false, nil, 10.3, "time of a batch", true},
		{"few transitions", 10_000, 10 * time.Millisecond, plan.Setup{Passing: plan.ByValue, Batch: 1, MaxConcurrency: 1000}, false, map[string]float64{"states.transitions": 100, "states.transitions.burst": 100}, 199.0, "transitions", true},
		{"less concurrency than children", 2000, 10 * time.Second, plan.Setup{Passing: plan.ByValue, Batch: 1, MaxConcurrency: 1000}, false, map[string]float64{"lambda.concurrency": 100}, 200.3, "Lambda's concurrency", false},
		{"reserved concurrency", 2000, 10 * time.Second, plan.Setup{Passing: plan.ByValue, Batch: 1, MaxConcurrency: 1000, Reserved: 50}, false, nil, 400.3, "reserved concurrency", false},
		{"a function that grows", 10_000, time.Minute, plan.Setup{Passing: plan.ByValue, Batch: 1, MaxConcurrency: 10_000}, true, map[string]float64{"lambda.concurrency": 10_000}, 150, "growth of the function", false},
		{"an Inline Map", 400, time.Second, plan.Setup{Passing: plan.Inline}, false, nil, 10.3, "iterations at once", true},
		{"nothing", 0, time.Second, plan.Setup{Passing: plan.ByValue, Batch: 1}, false, nil, 0, "", true},
	} {
		b := book
		for name, value := range c.quotas {
			if b, err = b.With(name, value); err != nil {
				t.Fatal(err)
			}
		}
		shape := plan.Shape{
			Child: path(&plan.Call{Role: plan.Worker, Retry: retry}),
			Map:   plan.MapShape{Distributed: c.setup.Passing != plan.Inline, Express: c.express},
		}
		took := plan.Duration(plan.Workload{Items: c.items, ItemBytes: 200, Time: plan.Exactly(c.item)}, c.setup, shape, b)
		if math.Abs(took.Map-c.expected) > 0.002*c.expected || took.Binds != c.binds || took.Certain != c.certain || took.Certain != (took.Why == "") {
			t.Errorf("%s: got %.1f s, %s binds, certain %t (%q), expected %.1f s, %s, %t: %v", c.name, took.Map, took.Binds, took.Certain, took.Why, c.expected, c.binds, c.certain, took.Bounds)
		}
	}
}

func TestDurationHasWhatIsAroundTheMap(t *testing.T) {
	book, err := price.Read("us-east-1")
	if err != nil {
		t.Fatal(err)
	}
	shape := plan.Shape{
		Parent: []plan.Step{
			{State: "Wait", Type: "Wait", Wait: 7 * time.Second},
			{State: "Locked", Type: "Parallel", Inner: []plan.Step{
				{State: "JobStart", Type: "Task", Call: &plan.Call{Role: plan.JobStart}}, {State: "Map", Type: "Map"},
				{State: "Summary", Type: "Task", Call: &plan.Call{Role: plan.Summary}},
			}},
		},
		Child: path(&plan.Call{Role: plan.Worker}),
		Map:   plan.MapShape{Distributed: true},
	}
	s := plan.Setup{Passing: plan.ByValue, Batch: 1000, Memory: map[plan.Role]int{plan.JobStart: 1769, plan.Summary: 1769 / 2}}
	took := plan.Duration(plan.Workload{Items: 6_541_190, Time: plan.Exactly(time.Millisecond)}, s, shape, book)
	// The wait, three states of 50 ms, a cold start, and all items at the job start's speed.
	if expected := 7 + 3*0.05 + 0.3 + 6_541_190/book.Assumption("start-items-per-second").Value; math.Abs(took.Before-expected) > 0.001 {
		t.Errorf("before: got %.3f s, expected %.3f", took.Before, expected)
	}
	// A state, a cold start, and half of the summary's speed.
	if expected := 0.05 + 0.3 + 2*6_541_190/book.Assumption("summary-items-per-second").Value; math.Abs(took.After-expected) > 0.02 {
		t.Errorf("after: got %.3f s, expected %.3f", took.After, expected)
	}
	if took.Seconds != took.Before+took.Map+took.After {
		t.Errorf("got %v s in all, expected the sum of %v, %v and %v", took.Seconds, took.Before, took.Map, took.After)
	}
}
