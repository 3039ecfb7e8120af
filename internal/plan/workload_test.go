package plan_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/plan"
)

func TestFateIsDrawnWithItsShare(t *testing.T) {
	w := plan.Workload{Crashed: 0.2, Seed: 7, Seeded: true}
	const n = 50_000
	var crashed, again int
	var done float64
	for i := range n {
		fate := w.Fate(i, 0)
		if fate != w.Fate(i, 0) {
			t.Fatalf("item %d: got two fates, expected one", i)
		}
		if !fate.Crashed {
			continue
		}
		crashed++
		done += fate.Share
		if w.Fate(i, 1).Crashed {
			again++
		}
	}
	for _, c := range []struct {
		what          string
		got, expected float64
	}{
		{"share of first attempts that crash", float64(crashed) / n, 0.2},
		{"share of these that crash again", float64(again) / float64(crashed), 0.2},
		{"mean of the work that is done", done / float64(crashed), 0.5},
	} {
		if math.Abs(c.got-c.expected) > 0.02 {
			t.Errorf("%s: got %.3f, expected %.3f", c.what, c.got, c.expected)
		}
	}
	other := plan.Workload{Crashed: 0.2, Seed: 8, Seeded: true}
	same := 0
	for i := range 1000 {
		if w.Fate(i, 0) == other.Fate(i, 0) {
			same++
		}
	}
	if same > 50 {
		t.Errorf("another seed: got the same fate %d times in 1,000, expected fewer", same)
	}
}

func TestTimeKeepsADistribution(t *testing.T) {
	var measured []time.Duration
	for i := range 10_000 {
		measured = append(measured, time.Duration(i+1)*time.Millisecond)
	}
	for _, c := range []struct {
		name                        string
		time                        plan.Time
		mean, deviation, median, p9 time.Duration
	}{
		{"exactly", plan.Exactly(100 * time.Millisecond), 100 * time.Millisecond, 0, 100 * time.Millisecond, 100 * time.Millisecond},
		{"two values", plan.Of(slices.Values([]time.Duration{3 * time.Second, time.Second})), 2 * time.Second, time.Second, time.Second, 3 * time.Second},
		{"the same values", plan.Of(slices.Values([]time.Duration{7, 7, 7})), 7, 0, 7, 7},
		{"many", plan.Of(slices.Values(measured)), 5000 * time.Millisecond, 2887 * time.Millisecond, 5000 * time.Millisecond, 9000 * time.Millisecond},
		{"none", plan.Time{}, 0, 0, 0, 0},
	} {
		for what, pair := range map[string][2]time.Duration{
			"mean": {c.time.Mean(), c.mean}, "deviation": {c.time.Deviation(), c.deviation}, "median": {c.time.At(0.5), c.median}, "ninth tenth": {c.time.At(0.9), c.p9},
		} {
			if off := (pair[0] - pair[1]).Abs(); float64(off) > 0.003*float64(pair[1]) {
				t.Errorf("%s, %s: got %v, expected %v", c.name, what, pair[0], pair[1])
			}
		}
	}
}

func TestCallHasTheFirstRetrierThatMatches(t *testing.T) {
	call := plan.Call{Retry: []plan.Retrier{
		{Errors: []string{plan.Throttled}, MaxAttempts: 32}, {Errors: []string{"MapJob.InvalidInput"}}, {Errors: []string{"States.ALL"}, MaxAttempts: 2},
	}}
	for err, expected := range map[string]int{plan.Throttled: 32, "MapJob.InvalidInput": 0, plan.Crash: 2} {
		if got := call.Retrier(err); got == nil || got.MaxAttempts != expected {
			t.Errorf("%s: got %+v, expected %d attempts", err, got, expected)
		}
	}
	call.Retry = call.Retry[:2]
	if got := call.Retrier(plan.Crash); got != nil {
		t.Errorf("no retrier matches: got %+v", got)
	}
}
