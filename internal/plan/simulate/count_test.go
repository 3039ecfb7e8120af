package simulate_test

import (
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/plan"
)

// TestSimulationCountsWhatThePlanCounts compares two countings: that of the plan, by
// formulas, and that of the simulation, event by event.
func TestSimulationCountsWhatThePlanCounts(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 18))
	pass := func() []plan.Step {
		var path []plan.Step
		for range random.IntN(3) {
			path = append(path, plan.Step{State: "Pass", Type: "Pass", Entries: 1, Events: 2})
		}
		return path
	}
	for n := range 300 {
		j := newJob(t, random.IntN(3000), time.Second)
		j.Workload.Crashed, j.Workload.Seed, j.Workload.Seeded = 0.3*random.Float64(), uint64(n), true
		j.Shape.Map.ToleratedPercentage = 100
		j.Setup.Batch, j.Setup.BatchBytes, j.Setup.Overhead = 1+random.IntN(100), 5000+random.IntN(100_000), random.IntN(400)
		j.worker.Retry[1].MaxAttempts = random.IntN(4)
		if random.IntN(2) == 0 {
			j.worker.Caught = pass()
		}
		j.Shape.Child = append(append(pass(), j.Shape.Child...), pass()...)
		j.Book = book(t, map[string]float64{"lambda.concurrency": 100_000, "lambda.ramp": 100_000, "lambda.ramp.burst": 100_000})
		j.worker.Submitted = random.IntN(4) == 0
		if random.IntN(4) == 0 { // the worker is in a branch of a Parallel state
			parallel := plan.Step{State: "Parallel", Type: "Parallel", Entries: 1, Events: 4, Inner: j.Shape.Child, Caught: j.worker.Caught}
			j.worker.Caught = nil
			j.Shape.Child = append(append(pass(), parallel), pass()...)
		}
		switch random.IntN(4) {
		case 0:
			j.express()
		case 1:
			catchAll(j)
			j.Shape.PerItem, j.Shape.Child = j.Shape.Child, []plan.Step{{State: "EachItem", Type: "Map", Entries: 1, Events: 4}}
		case 2:
			catchAll(j)
			j.Shape.Map, j.Setup.Passing = plan.MapShape{}, plan.Inline
		}
		r := j.run(t)
		if r.Throttled > 0 {
			t.Fatalf("case %d: got %d throttled requests, expected none", n, r.Throttled)
		}
		expected := plan.Count(j.Workload, j.Setup, j.Shape)
		got := r.Counts
		for _, c := range []struct {
			what          string
			got, expected float64
		}{
			{"children", float64(got.Children), float64(expected.Children)},
			{"transitions", got.Transitions, expected.Transitions},
			{"events", got.Events, expected.Events},
			{"Express requests", got.ExpressRequests, expected.ExpressRequests},
		} {
			if c.got != c.expected {
				t.Fatalf("case %d, %+v: got %v %s simulated, %v planned", n, j.Shape, c.got, c.what, c.expected)
			}
		}
		if len(expected.LambdaRequests) > 0 && !reflect.DeepEqual(got.LambdaRequests, expected.LambdaRequests) {
			t.Errorf("case %d: got requests %v simulated, %v planned", n, got.LambdaRequests, expected.LambdaRequests)
		}
	}
}

// catchAll lets no failure end a thread.
func catchAll(j *job) {
	caught := []plan.Step{{State: "ItemFailed", Type: "Pass", Entries: 1, Events: 2}}
	for i := range j.Shape.Child {
		if s := &j.Shape.Child[i]; s.Inner != nil {
			s.Caught = caught
			return
		}
	}
	j.worker.Caught = caught
}
