package simulate_test

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/plan"
	"github.com/mapjob/mapjob/internal/plan/simulate"
	"github.com/mapjob/mapjob/internal/price"
)

var readBook = sync.OnceValues(func() (*price.Book, error) { return price.Read("us-east-1") })

// book returns the prices and quotas of us-east-1, with other quotas.
func book(t testing.TB, quotas map[string]float64) *price.Book {
	t.Helper()
	b, err := readBook()
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range quotas {
		if b, err = b.With(name, value); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

// job is a simulation that a test changes: a Distributed Map whose children call the
// worker once.
type job struct {
	simulate.Options
	worker *plan.Call
}

func newJob(t testing.TB, items int, took time.Duration) *job {
	j := &job{worker: &plan.Call{Role: plan.Worker, Retry: []plan.Retrier{
		{Errors: []string{plan.Throttled}, Interval: time.Second, MaxAttempts: 32, Backoff: 2, MaxDelay: 300 * time.Second, Jitter: true},
		{Errors: []string{"States.ALL"}, Interval: time.Second, MaxAttempts: 2, Backoff: 2},
	}}}
	j.Options = simulate.Options{
		Workload: plan.Workload{Items: items, ItemBytes: 200, Time: plan.Exactly(took)},
		Setup: plan.Setup{
			Passing: plan.ByValue, Children: plan.Standard, Batch: 1, MaxConcurrency: 1000, Memory: map[plan.Role]int{plan.Worker: 1024},
		},
		Shape: plan.Shape{
			// The Map stands for a Succeed state after it, too, which takes no time so.
			Parent: []plan.Step{{State: "Map", Type: "Map", Entries: 2, Events: 8}},
			Child:  []plan.Step{{State: "Worker", Type: "Task", Entries: 1, Events: 5, Call: j.worker}},
			Map:    plan.MapShape{Distributed: true, Batched: true},
		},
		Book: book(t, nil),
	}
	return j
}

func (j *job) run(t testing.TB) simulate.Result {
	t.Helper()
	r, err := simulate.Run(context.Background(), j.Options)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// eachItem lets the children call the worker once for each item.
func (j *job) eachItem(batch int) {
	j.Setup.Batch = batch
	j.Shape.PerItem = j.Shape.Child
	j.Shape.Child = []plan.Step{{State: "EachItem", Type: "Map", Entries: 1, Events: 4}}
}

func (j *job) express() { j.Shape.Map.Express, j.Setup.Children = true, plan.Express }

func check[T comparable](t testing.TB, what string, got, expected T) {
	t.Helper()
	if got != expected {
		t.Errorf("%s: got %v, expected %v", what, got, expected)
	}
}

// about reports whether a number is within a share of another.
func about(got, expected, share float64) bool {
	return got >= expected*(1-share) && got <= expected*(1+share)
}

func TestStandardChildrenStartAtTheirRate(t *testing.T) {
	r := newJob(t, 10_000, 100*time.Millisecond).run(t)
	// A hundred at once, then a hundred a second; the last one takes 100 ms.
	check(t, "seconds", r.Seconds, 99.1)
	check(t, "children", r.Children, 10_000)
	check(t, "transitions", r.Counts.Transitions, 2+2*10_000)
	check(t, "events", r.Counts.Events, float64(8+2+7*10_000))
	check(t, "requests", r.Counts.LambdaRequests[plan.Worker], 10_000)
	check(t, "GB-seconds", r.Counts.LambdaGBSeconds[plan.Worker].Float(), 1000)
	check(t, "Express requests", r.Counts.ExpressRequests, 0)
	check(t, "throttled", r.Throttled, 0)
}

func TestExpressChildrenStartTenTimesAsFast(t *testing.T) {
	j := newJob(t, 10_000, 100*time.Millisecond)
	j.express()
	r := j.run(t)
	check(t, "Express requests", r.Counts.ExpressRequests, 10_000)
	check(t, "transitions", r.Counts.Transitions, 2+10_000)
	if !about(r.Seconds, 9.1, 0.1) {
		t.Errorf("got %.1f s, expected about 9.1", r.Seconds)
	}
}

func TestChildrenWaitForOthersToEnd(t *testing.T) {
	j := newJob(t, 1000, 10*time.Second)
	j.Setup.MaxConcurrency = 100
	r := j.run(t)
	check(t, "at once", r.MostRunning, 100)
	check(t, "environments", r.Environments, 100)
	// Ten rounds of 10 s, and a cold start.
	check(t, "seconds", r.Seconds, 100.3)
}

func TestTransitionsAreTakenAtTheirRate(t *testing.T) {
	j := newJob(t, 1000, time.Millisecond)
	j.Book = book(t, map[string]float64{"states.transitions": 50})
	r := j.run(t)
	// Two transitions for each child: 25 children a second.
	if !about(r.Seconds, 2000/50, 0.05) {
		t.Errorf("got %.1f s, expected about 40", r.Seconds)
	}
	if r.Waited["transitions"] == 0 {
		t.Error("got no time of waiting for transitions")
	}
}

func TestItemsOfABatchRunFortyAtOnce(t *testing.T) {
	j := newJob(t, 1000, time.Second)
	j.eachItem(100)
	r := j.run(t)
	check(t, "children", r.Children, 10)
	check(t, "requests", r.Counts.LambdaRequests[plan.Worker], 1000)
	check(t, "environments", r.Environments, 400)
	check(t, "transitions", r.Counts.Transitions, 2+10*(1+1)+1000)
	check(t, "events", r.Counts.Events, float64(8+2+10*(2+4)+1000*(2+5)))
	// Three rounds of a second each, and a cold start.
	check(t, "seconds", r.Seconds, 3.3)
}

func TestInlineMapHasFortyIterationsAndNoChildren(t *testing.T) {
	j := newJob(t, 400, time.Second)
	j.Shape.Map = plan.MapShape{}
	j.Setup.Passing, j.Setup.Children, j.Setup.MaxConcurrency = plan.Inline, plan.None, 0
	r := j.run(t)
	check(t, "children", r.Children, 0)
	check(t, "at once", r.MostRunning, 40)
	check(t, "transitions", r.Counts.Transitions, 2+400)
	check(t, "seconds", r.Seconds, 10.3)
}

func TestCrashesAreRetriedAsTheSeedSays(t *testing.T) {
	j := newJob(t, 2000, time.Second)
	j.Workload.Crashed, j.Workload.Seed, j.Workload.Seeded = 0.2, 7, true
	j.Shape.Map.ToleratedPercentage = 100
	var retries, failed int
	for i := range 2000 {
		attempt := 0
		for ; attempt < 3 && j.Workload.Fate(i, attempt).Crashed; attempt++ {
		}
		retries += min(attempt, 2)
		if attempt == 3 {
			failed++
		}
	}
	r := j.run(t)
	if failed == 0 {
		t.Fatal("no child fails with this seed, expected some")
	}
	check(t, "retries", r.Retried, retries)
	check(t, "failed children", r.FailedChildren, failed)
	check(t, "requests", r.Counts.LambdaRequests[plan.Worker], float64(2000+retries))
	check(t, "transitions", r.Counts.Transitions, float64(2+2*2000+retries))
	check(t, "events", r.Counts.Events, float64(10+7*2000+3*retries-failed))
}

func TestExpressRetriesAreNoTransitions(t *testing.T) {
	j := newJob(t, 500, time.Second)
	j.express()
	j.Workload.Crashed, j.Workload.Seed, j.Workload.Seeded = 0.2, 7, true
	j.Shape.Map.ToleratedPercentage = 100
	r := j.run(t)
	if r.Retried == 0 {
		t.Fatal("got no retries")
	}
	check(t, "transitions", r.Counts.Transitions, 2+500)
}

func TestACatchGoesOnAfterTheLastRetry(t *testing.T) {
	j := newJob(t, 500, time.Second)
	j.eachItem(10)
	j.worker.Caught = []plan.Step{{State: "ItemFailed", Type: "Pass", Entries: 1, Events: 2}}
	j.worker.Retry = nil
	j.Workload.Crashed, j.Workload.Seed, j.Workload.Seeded = 0.2, 7, true
	caught := 0
	for i := range 500 {
		if j.Workload.Fate(i, 0).Crashed {
			caught++
		}
	}
	r := j.run(t)
	check(t, "failed children", r.FailedChildren, 0)
	check(t, "transitions", r.Counts.Transitions, float64(2+50*2+500+caught))
	check(t, "events", r.Counts.Events, float64(10+50*6+500*7+2*caught))
}

func TestByReferenceARetryGoesOnAtTheLastPart(t *testing.T) {
	took := map[plan.Passing]float64{}
	for _, passing := range []plan.Passing{plan.ByValue, plan.ByReference} {
		j := newJob(t, 100_000, 300*time.Millisecond)
		j.Setup.Passing, j.Setup.Batch = passing, 1000 // 300 s, of which a part is stored every 75 s
		j.Shape.Map.ToleratedPercentage = 100
		j.Workload.Crashed, j.Workload.Seed, j.Workload.Seeded = 0.3, 3, true
		took[passing] = j.run(t).Counts.LambdaGBSeconds[plan.Worker].Float()
	}
	// A crash repeats 37.5 s on average, and less after an earlier one.
	if !about(took[plan.ByReference], 30_000*1.035, 0.02) {
		t.Errorf("by reference: got %.1f GB-s, expected about 31,050", took[plan.ByReference])
	}
	if took[plan.ByValue] < 33_000 {
		t.Errorf("by value: got %.1f GB-s, expected at least 33,000", took[plan.ByValue])
	}
}

func TestThrottledCallsAreRetriedUntilLambdaHasRoom(t *testing.T) {
	j := newJob(t, 3000, 10*time.Second)
	j.Book = book(t, map[string]float64{"lambda.concurrency": 100})
	r := j.run(t)
	if r.Throttled == 0 || r.Retried == 0 {
		t.Errorf("got %d throttled requests and %d retries, expected some", r.Throttled, r.Retried)
	}
	check(t, "requests", r.Counts.LambdaRequests[plan.Worker], 3000)
	check(t, "environments", r.Environments, 100)
	check(t, "transitions", r.Counts.Transitions, float64(2+2*3000+r.Retried))
	if r.Seconds < 300 {
		t.Errorf("got %.1f s, expected at least 300: 30 rounds of 10 s", r.Seconds)
	}
}

func TestAMapOverItsToleranceStops(t *testing.T) {
	for _, express := range []bool{false, true} {
		j := newJob(t, 100_000, time.Second)
		if express {
			j.express()
		}
		j.worker.Retry = nil
		j.Workload.Crashed, j.Workload.Seed, j.Workload.Seeded = 0.5, 7, true
		j.Shape.Map.ToleratedCount = 50
		r := j.run(t)
		if r.FailedChildren < 51 || !express && r.FailedChildren > 51 {
			t.Errorf("express %t: got %d failed children, expected 51, or more of Express children that run", express, r.FailedChildren)
		}
		if r.Children > 5000 {
			t.Errorf("express %t: got %d children, expected fewer", express, r.Children)
		}
	}
}

// seedOf returns a seed with which the first attempts of items crash as given.
func seedOf(t testing.TB, w plan.Workload, crashes ...bool) uint64 {
	t.Helper()
	for w.Seed = range uint64(10_000) {
		same := true
		for i, crash := range crashes {
			same = same && w.Fate(i, 0).Crashed == crash && !w.Fate(i, 1).Crashed
		}
		if same {
			return w.Seed
		}
	}
	t.Fatal("found no such seed")
	return 0
}

func TestARetrierOfBothErrorsCountsThemTogether(t *testing.T) {
	for _, shared := range []bool{true, false} {
		j := newJob(t, 2, 500*time.Millisecond)
		j.Book = book(t, map[string]float64{"lambda.concurrency": 1})
		j.Workload.Crashed, j.Workload.Seeded = 0.5, true
		j.Workload.Seed = seedOf(t, j.Workload, false, true)
		j.worker.Retry = []plan.Retrier{{Errors: []string{"States.ALL"}, Interval: time.Second, MaxAttempts: 1, Backoff: 2}}
		if !shared {
			j.worker.Retry = append([]plan.Retrier{{Errors: []string{plan.Throttled}, Interval: time.Second, MaxAttempts: 1, Backoff: 2}}, j.worker.Retry...)
		}
		j.Shape.Map.ToleratedPercentage = 100
		// The second child is throttled, then it crashes.
		r := j.run(t)
		check(t, "throttled", r.Throttled, 1)
		check(t, "failed children", r.FailedChildren == 1, shared)
	}
}

func TestExpressChildrenThatRunFinishWhenTheMapFails(t *testing.T) {
	for _, express := range []bool{false, true} {
		j := newJob(t, 2, 100*time.Second)
		if express {
			j.express()
		}
		j.worker.Retry = nil
		j.Workload.Crashed, j.Workload.Seeded = 0.5, true
		j.Workload.Seed = seedOf(t, j.Workload, true, false)
		crash := j.Workload.Fate(0, 0).Share*100 + 0.3
		expected := crash
		if express {
			expected = 100.3
		}
		if r := j.run(t); !about(r.Seconds, expected, 0.0001) {
			t.Errorf("express %t: got %.2f s, expected %.2f", express, r.Seconds, expected)
		}
	}
}

func TestAChildFailsWithTheFirstOfItsItems(t *testing.T) {
	j := newJob(t, 3000, time.Second)
	j.eachItem(20)
	j.worker.Retry = nil
	j.Setup.MaxConcurrency = 10
	j.Workload.Crashed, j.Workload.Seed, j.Workload.Seeded = 0.05, 9, true
	j.Shape.Map.ToleratedPercentage = 100
	failed := 0
	for child := range 150 {
		for i := range 20 {
			if j.Workload.Fate(child*20+i, 0).Crashed {
				failed++
				break
			}
		}
	}
	r := j.run(t)
	check(t, "children", r.Children, 150)
	check(t, "failed children", r.FailedChildren, failed)
	check(t, "requests", r.Counts.LambdaRequests[plan.Worker], 3000)
	check(t, "at once", r.MostRunning, 10)
}

func TestNoMoreChildrenRunThanTheServiceLets(t *testing.T) {
	j := newJob(t, 10_500, time.Hour)
	j.Setup.MaxConcurrency = 20_000
	j.Book = book(t, map[string]float64{"states.starts.standard": 20_000, "states.transitions": 100_000, "lambda.concurrency": 20_000, "lambda.ramp.burst": 20_000})
	check(t, "at once", j.run(t).MostRunning, 10_000)
}

func TestReservedConcurrencyIsThatOfTheWorker(t *testing.T) {
	j := newJob(t, 1000, time.Second)
	j.Setup.Reserved = 50
	r := j.run(t)
	check(t, "environments", r.Environments, 50)
	if r.Throttled == 0 {
		t.Error("got no throttled requests")
	}
}

func TestASeedDrawsCrashesThatTheWorkloadDoesNot(t *testing.T) {
	var retried []int
	for seed := range uint64(3) {
		j := newJob(t, 2000, time.Second)
		j.Workload.Crashed, j.Seed = 0.1, seed
		j.Shape.Map.ToleratedPercentage = 100
		retried = append(retried, j.run(t).Retried)
	}
	if retried[0] == retried[1] && retried[1] == retried[2] {
		t.Errorf("got %d retries with each of three seeds, expected others", retried[0])
	}
}

func TestASeedRepeats(t *testing.T) {
	var results []simulate.Result
	for _, seed := range []uint64{1, 1, 2} {
		j := newJob(t, 3000, 0)
		j.Workload.Time = plan.Of(slices.Values([]time.Duration{time.Second, 3 * time.Second, 20 * time.Second}))
		j.Workload.Crashed = 0.1
		j.Setup.Batch = 7
		j.Shape.Map.ToleratedPercentage = 100
		j.Book = book(t, map[string]float64{"lambda.concurrency": 50})
		j.Seed = seed
		results = append(results, j.run(t))
	}
	if !reflect.DeepEqual(results[0], results[1]) {
		t.Errorf("the same seed: got %+v and %+v", results[0], results[1])
	}
	if reflect.DeepEqual(results[0], results[2]) {
		t.Error("another seed: got the same result")
	}
}

func TestDurationsAreDrawnFromTheDistribution(t *testing.T) {
	for _, c := range []struct{ batch, lanes int }{{1, 1}, {20, 1}, {200, 1}, {20, 4}, {200, 4}} {
		j := newJob(t, 60_000, 0)
		j.Workload.Time = plan.Of(slices.Values([]time.Duration{0, 10 * time.Millisecond, 20 * time.Millisecond, 170 * time.Millisecond}))
		j.Setup.Batch, j.Setup.ItemsAtOnce = c.batch, c.lanes
		got := j.run(t).Counts.LambdaGBSeconds[plan.Worker].Float()
		if expected := 60_000 * 0.05 / float64(c.lanes); got < expected*0.97 || got > expected*1.5 || c.lanes == 1 && got > expected*1.03 {
			t.Errorf("batches of %d, %d at once: got %.0f GB-s, expected about %.0f", c.batch, c.lanes, got, expected)
		}
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancelCause(context.Background())
	stop := errors.New("stop")
	j := newJob(t, 10_000_000, time.Second)
	calls := 0
	j.Progress = func(items, of int) {
		if calls++; items > 0 && of == 10_000_000 {
			cancel(stop)
		}
	}
	if _, err := simulate.Run(ctx, j.Options); !errors.Is(err, stop) {
		t.Errorf("got error %v, expected %v", err, stop)
	}
	if calls != 1 {
		t.Errorf("got %d calls of Progress, expected 1", calls)
	}
}

func TestOnlyTheWorkerTakesTheTimeOfItems(t *testing.T) {
	j := newJob(t, 100, time.Second)
	j.Shape.Child = append(j.Shape.Child, plan.Step{State: "Other", Type: "Task", Entries: 1, Events: 5, Call: &plan.Call{Role: "other"}})
	r := j.run(t)
	check(t, "requests of the other function", r.Counts.LambdaRequests["other"], 100)
	// A second, and a cold start of both.
	check(t, "seconds", r.Seconds, 1.6)
	if took := plan.Duration(j.Workload, j.Setup, j.Shape, j.Book); !about(took.Seconds, 1.3, 0.01) {
		t.Errorf("got %.2f s planned, expected a second and a cold start", took.Seconds)
	}
}

func TestNoItemsTakeNoTime(t *testing.T) {
	r := newJob(t, 0, time.Second).run(t)
	check(t, "seconds", r.Seconds, 0)
	check(t, "transitions", r.Counts.Transitions, 2)
}

func TestChildrenWithoutCallsTakeTheirTransitions(t *testing.T) {
	j := newJob(t, 1000, time.Second)
	j.Shape.Child = []plan.Step{{State: "Pass", Type: "Pass", Entries: 1, Events: 2}}
	r := j.run(t)
	check(t, "transitions", r.Counts.Transitions, 2+2*1000)
	check(t, "events", r.Counts.Events, float64(10+4*1000))
	check(t, "seconds", r.Seconds, 9.0)
}
