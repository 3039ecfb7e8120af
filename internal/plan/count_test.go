package plan_test

import (
	"math"
	"testing"

	"github.com/mapjob/mapjob/internal/plan"
)

func TestBatchesFillTheBytes(t *testing.T) {
	for _, c := range []struct {
		name    string
		items   int
		bytes   int
		setup   plan.Setup
		first   int
		batches int
	}{
		{"ten million by value", 10_000_000, 200, plan.Setup{Passing: plan.ByValue, Batch: 10_000, BatchBytes: 245_760, Overhead: 383}, 1105, 9212},
		{"by value, at most 1,000", 10_000_000, 200, plan.Setup{Passing: plan.ByValue, Batch: 1000, BatchBytes: 245_760, Overhead: 383}, 1000, 10_000},
		{"by value, bytes alone", 100, 200, plan.Setup{Passing: plan.ByValue, BatchBytes: 1000}, 4, 25},
		{"by value, no batches", 100, 200, plan.Setup{Passing: plan.ByValue}, 1, 100},
		{"by reference", 10_000_000, 200, plan.Setup{Passing: plan.ByReference, Batch: 8100}, 8100, 1235},
		{"by reference, items of a megabyte", 100, 1 << 20, plan.Setup{Passing: plan.ByReference, Batch: 1000}, 16, 7},
		{"inline", 471, 200, plan.Setup{Passing: plan.Inline, Batch: 100}, 1, 471},
		{"none", 0, 200, plan.Setup{Passing: plan.ByValue, Batch: 100}, 0, 0},
	} {
		first, batches, items := 0, 0, 0
		for at, n := range plan.Batches(plan.Workload{Items: c.items, ItemBytes: c.bytes}, c.setup) {
			if at != items {
				t.Fatalf("%s: got a batch that begins with item %d, expected %d", c.name, at, items)
			}
			if batches == 0 {
				first = n
			}
			batches++
			items += n
		}
		if first != c.first || batches != c.batches || items != c.items {
			t.Errorf("%s: got %d items in %d batches, %d in the first, expected %d in %d, %d", c.name, items, batches, first, c.items, c.batches, c.first)
		}
	}
}

// path returns a Task in a row with others.
func path(call *plan.Call, after ...plan.Step) []plan.Step {
	return append([]plan.Step{{State: "Worker", Type: "Task", Entries: 1, Events: 5, Call: call}}, after...)
}

func TestCountOfAKnownRun(t *testing.T) {
	// The sample, 5,000 items in batches of 100: a run had 42 events of its own and 7 in
	// each child, and entered 11 states and one in each child.
	shape := plan.Shape{
		Parent: []plan.Step{{State: "Others", Type: "Pass", Entries: 10, Events: 34}, {State: "Map", Type: "Map", Entries: 1, Events: 6}},
		Child:  path(&plan.Call{Role: plan.Worker}),
		Map:    plan.MapShape{Distributed: true},
	}
	w, s := plan.Workload{Items: 5000, ItemBytes: 30}, plan.Setup{Passing: plan.ByValue, Batch: 100, BatchBytes: 245_760}
	c := plan.Count(w, s, shape)
	for what, pair := range map[string][2]float64{
		"children": {float64(c.Children), 50}, "transitions": {c.Transitions, 111}, "events": {c.Events, 392}, "events of the parent": {c.ParentEvents, 42},
		"requests": {c.LambdaRequests[plan.Worker], 50}, "Express requests": {c.ExpressRequests, 0},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s: got %v, expected %v", what, pair[0], pair[1])
		}
	}
	shape.Map.Express = true
	if c := plan.Count(w, s, shape); c.Transitions != 11+50 || c.ExpressRequests != 50 || c.Events != 392 {
		t.Errorf("Express: got %v transitions, %v requests, %v events, expected 61, 50, 392", c.Transitions, c.ExpressRequests, c.Events)
	}
}

func TestCountExpectsWhatSeedsDrawOnAverage(t *testing.T) {
	for _, caught := range [][]plan.Step{nil, {{State: "Failed", Type: "Pass", Entries: 1, Events: 2}, {State: "Logged", Type: "Pass", Entries: 1, Events: 2}}} {
		call := &plan.Call{Role: plan.Worker, Retry: []plan.Retrier{{Errors: []string{"States.ALL"}, MaxAttempts: 2}}, Caught: caught}
		shape := plan.Shape{Child: path(call, plan.Step{State: "Pass", Type: "Pass", Entries: 1, Events: 2}), Map: plan.MapShape{Distributed: true}}
		s := plan.Setup{Passing: plan.ByValue, Batch: 1}
		w := plan.Workload{Items: 20_000, ItemBytes: 10, Crashed: 0.4}
		expected := plan.Count(w, s, shape)
		var drawn plan.Counts
		const seeds = 20
		w.Seeded = true
		for w.Seed = range uint64(seeds) {
			c := plan.Count(w, s, shape)
			if c.Transitions != math.Trunc(c.Transitions) || c.Events != math.Trunc(c.Events) {
				t.Fatalf("seed %d: got %v transitions and %v events, expected whole numbers", w.Seed, c.Transitions, c.Events)
			}
			drawn.Transitions += c.Transitions / seeds
			drawn.Events += c.Events / seeds
		}
		// Two transitions and a retry's 0.4 + 0.16 of each child, and 0.064 fail.
		if off := math.Abs(drawn.Transitions - expected.Transitions); off > 0.003*expected.Transitions {
			t.Errorf("transitions: got %.0f expected, %.0f drawn", expected.Transitions, drawn.Transitions)
		}
		if off := math.Abs(drawn.Events - expected.Events); off > 0.003*expected.Events {
			t.Errorf("events: got %.0f expected, %.0f drawn", expected.Events, drawn.Events)
		}
	}
}
