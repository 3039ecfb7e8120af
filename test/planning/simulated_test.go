package planning

import (
	"context"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/plan"
	"github.com/mapjob/mapjob/internal/plan/simulate"
	"github.com/mapjob/mapjob/internal/price"
)

var cases = flag.Int("planning.cases", 500, "random cases of TestSimulatedDurationIsThePlanned")

var tell = flag.Bool("planning.tell", false, "tell each case of TestSimulatedDurationIsThePlanned that is over 5%")

// drawn is a random job for the simulator.
type drawn struct {
	simulate.Options
	lambda  int
	express bool
	crashes bool
}

func (d *drawn) String() string {
	w, s := &d.Workload, &d.Setup
	kind := "Standard"
	if d.express {
		kind = "Express"
	}
	return fmt.Sprintf("%s, %d items of %v ± %v, batches of %d, %d at once, each item %t, Lambda's concurrency %d, %.0f%% crash",
		kind, w.Items, w.Time.Mean(), w.Time.Deviation(), s.Batch, s.MaxConcurrency, len(d.Shape.PerItem) > 0, d.lambda, w.Crashed*100)
}

// drawJob returns a random job.
func drawJob(t testing.TB, random *rand.Rand, book *price.Book) *drawn {
	t.Helper()
	pick := func(n ...int) int { return n[random.IntN(len(n))] }
	d := &drawn{express: random.IntN(3) == 0, lambda: pick(1000, 1000, 3000, 10_000)}
	w, s := &d.Workload, &d.Setup
	w.Items, w.ItemBytes = 1+random.IntN(60_000), 200
	mean := math.Exp(random.Float64()*9 - 5) // 7 ms to 54 s
	w.Time = plan.Exactly(time.Duration(mean * 1e9))
	if random.IntN(4) == 0 {
		var measured []time.Duration
		spread := random.Float64()
		for range 500 {
			measured = append(measured, time.Duration(mean*math.Exp(spread*random.NormFloat64())*1e9))
		}
		w.Time = plan.Of(slices.Values(measured))
	}
	s.Passing, s.Children, s.Batch = plan.ByValue, plan.Standard, pick(1, 1, 5, 20, 100, 500)
	s.Batch = max(1, min(s.Batch, int(890/mean)))
	s.MaxConcurrency = pick(1, 10, 40, 100, 500, 1000, 3000, 10_000)
	if random.IntN(10) > 0 {
		s.MaxConcurrency = min(s.MaxConcurrency, d.lambda)
	}
	worker := &plan.Call{Role: plan.Worker, Retry: []plan.Retrier{
		{Errors: []string{plan.Throttled}, Interval: time.Second, MaxAttempts: 32, Backoff: 2, MaxDelay: 300 * time.Second, Jitter: true},
		{Errors: []string{"States.ALL"}, Interval: time.Second, MaxAttempts: 2, Backoff: 2, MaxDelay: 60 * time.Second, Jitter: true},
	}}
	d.Shape = plan.Shape{
		Parent: []plan.Step{{State: "Start", Type: "Pass", Entries: 1, Events: 2}, {State: "Map", Type: "Map", Entries: 1, Events: 6}},
		Child:  []plan.Step{{State: "Worker", Type: "Task", Entries: 1, Events: 5, Call: worker}},
		Map:    plan.MapShape{Distributed: true, Batched: true, Express: d.express, ToleratedPercentage: 100},
	}
	if d.express {
		s.Children = plan.Express
	} else if s.Batch > 1 && random.IntN(4) == 0 {
		d.Shape.PerItem = d.Shape.Child
		d.Shape.Child = []plan.Step{{State: "EachItem", Type: "Map", Entries: 1, Events: 4}}
		s.MaxConcurrency = max(1, min(s.MaxConcurrency, d.lambda/min(s.Batch, 40)))
	}
	if random.IntN(8) == 0 {
		w.Crashed, d.crashes = 0.05*random.Float64(), true
	}
	var err error
	for name, value := range map[string]float64{"lambda.concurrency": float64(d.lambda), "states.transitions": float64(pick(800, 5000))} {
		if book, err = book.With(name, value); err != nil {
			t.Fatal(err)
		}
		if name == "states.transitions" {
			if book, err = book.With(name+".burst", value); err != nil {
				t.Fatal(err)
			}
		}
	}
	d.Book = book
	return d
}

// TestSimulatedDurationIsThePlanned simulates random jobs. A duration that is more than
// 5% from the planned one has a reason, and few have one.
func TestSimulatedDurationIsThePlanned(t *testing.T) {
	book, err := price.Read("us-east-1")
	if err != nil {
		t.Fatal(err)
	}
	reasons, plain := map[string]int{}, 0
	var off int
	for seed := range *cases {
		random := rand.New(rand.NewPCG(uint64(seed), 181))
		d := drawJob(t, random, book)
		d.Seed = uint64(seed)
		took := plan.Duration(d.Workload, d.Setup, d.Shape, d.Book)
		r, err := simulate.Run(context.Background(), d.Options)
		if err != nil {
			t.Fatal(err)
		}
		within, why := r.Against(took)
		exact := !d.express && !d.crashes && d.Workload.Time.Deviation() == 0 && took.Certain
		if exact {
			plain++
		}
		if within {
			continue
		}
		off++
		reasons[regexp.MustCompile(`[\d,.]+(ms|[hms])*`).ReplaceAllString(why, "N")]++
		if why == "" || exact {
			t.Errorf("case %d: %s: got %.1f s simulated, %.1f s planned, %s binds: %q", seed, d, r.Seconds, took.Seconds, took.Binds, why)
		} else if *tell {
			t.Logf("case %d: %s: %.1f s simulated, %.1f s planned: %s", seed, d, r.Seconds, took.Seconds, why)
		}
	}
	if off*10 > *cases {
		t.Errorf("got %d of %d cases over 5%%, expected at most a tenth: %v", off, *cases, reasons)
	}
	if plain*3 < *cases {
		t.Errorf("got %d of %d cases in which nothing is drawn, expected at least a third", plain, *cases)
	}
	t.Logf("%d of %d cases over 5%%: %v; in %d nothing is drawn", off, *cases, reasons, plain)
}
