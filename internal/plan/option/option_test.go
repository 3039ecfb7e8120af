package option

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/plan"
	"github.com/mapjob/mapjob/internal/price"
)

func bookOf(t *testing.T, region string) *price.Book {
	t.Helper()
	b, err := price.Read(region)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// tenMillion are ten million items of 200 bytes and 100 ms.
func tenMillion() (plan.Workload, plan.Setup) {
	functions := func(worker time.Duration) map[plan.Role]time.Duration {
		return map[plan.Role]time.Duration{plan.Worker: worker, plan.JobStart: 15 * time.Minute, plan.Chunker: 15 * time.Minute, plan.Summary: 15 * time.Minute}
	}
	return plan.Workload{Items: 10_000_000, ItemBytes: 200, Time: plan.Exactly(100 * time.Millisecond)},
		plan.Setup{Passing: plan.ByValue, Children: plan.Standard, Batch: 100, BatchBytes: 245_760, Overhead: 383, MaxConcurrency: 100, ItemsAtOnce: 1,
			Memory: map[plan.Role]int{plan.Worker: 256, plan.JobStart: 256, plan.Chunker: 256, plan.Summary: 256}, Timeout: functions(time.Minute),
			Architecture: "arm64", Traced: true, ExecutionTimeout: 24 * time.Hour}
}

func form(s plan.Setup) plan.Shape { return plan.Form(s, plan.FormOptions{JobStart: true}) }

func compared(t *testing.T, w plan.Workload, s plan.Setup, b *price.Book) (options, others []Option) {
	t.Helper()
	options, others, err := Compare(w, s, form, b)
	if err != nil {
		t.Fatal(err)
	}
	return options, others
}

func best(t *testing.T, options []Option, passing plan.Passing, children plan.Children) Option {
	t.Helper()
	for _, o := range options {
		if o.Best && o.Setup.Passing == passing && o.Setup.Children == children {
			return o
		}
	}
	t.Fatalf("got no best option %s, %s", passing, children)
	return Option{}
}

// The figures are those of the price list, by hand: see docs/cost.md.
func TestTenMillionItems(t *testing.T) {
	w, s := tenMillion()
	options, others := compared(t, w, s, bookOf(t, "us-east-1"))
	recommended, err := Recommend(options, w)
	if err != nil {
		t.Fatal(err)
	}
	share := func(o Option) float64 { return o.Orchestration.Dollars() / o.Compute.Dollars() }
	value, reference := best(t, options, plan.ByValue, plan.Standard), best(t, options, plan.ByReference, plan.Standard)
	if got := reference.Compute.Dollars(); math.Abs(got-3.33335) > 0.001 {
		t.Errorf("got a compute of $%v, expected $3.33335: 250,000 GB-s × $0.0000133334", got)
	}
	if value.Setup.Batch != 1085 || value.Counts.Children != 9217 || value.Counts.Transitions != 2*9217+8 || share(value) > 0.15 {
		t.Errorf("by value: got batches of %d, %d children, %v transitions, and %.2f%% of the compute, expected 1,085, 9,217, 18,442 and at most 15%%",
			value.Setup.Batch, value.Counts.Children, value.Counts.Transitions, 100*share(value))
	}
	if reference.Setup.Batch != 8100 || reference.Counts.Children != 1235 || reference.Counts.Transitions != 2*1235+8 || share(reference) > 0.03 {
		t.Errorf("by reference: got chunks of %d, %d children, %v transitions, and %.2f%% of the compute, expected 8,100, 1,235, 2,478 and at most 3%%",
			reference.Setup.Batch, reference.Counts.Children, reference.Counts.Transitions, 100*share(reference))
	}
	if recommended.Name != reference.Name || !recommended.Feasible {
		t.Errorf("got %s recommended, expected %s", recommended.Name, reference.Name)
	}
	for _, c := range []struct {
		option   string
		low, top float64 // of the orchestration, in dollars
		feasible bool
	}{
		{"one item, Standard", 500, 510, false}, {"one item, Express", 265, 275, true},
		{"event handler", 0, 0.00001, false}, {"queue", 1.69, 1.72, true}, {"tracked queue", 7.93, 7.98, true}, {"durable functions", 160, 162, true},
	} {
		found := false
		for _, o := range append(append([]Option{}, options...), others...) {
			if o.Name != c.option {
				continue
			}
			found = true
			if got := o.Orchestration.Dollars(); got < c.low || got > c.top || o.Feasible != c.feasible {
				t.Errorf("%s: got $%v and feasible %v, expected $%v to $%v and %v", c.option, got, o.Feasible, c.low, c.top, c.feasible)
			}
		}
		if !found {
			t.Errorf("got no option %s", c.option)
		}
	}
}

func TestRecommendKeepsTheDeadline(t *testing.T) {
	w, s := tenMillion()
	b := bookOf(t, "us-east-1")
	before := math.Inf(1)
	for _, within := range []time.Duration{0, 24 * time.Minute} {
		w.Within = within
		options, _ := compared(t, w, s, b)
		o, err := Recommend(options, w)
		if err != nil {
			t.Fatal(err)
		}
		if within > 0 && o.Took.Seconds > within.Seconds() || o.Took.Seconds >= before {
			t.Errorf("%v: got %v s, expected less, and less than %v", within, o.Took.Seconds, before)
		}
		before = o.Took.Seconds
	}
	w.Within = time.Minute
	options, _ := compared(t, w, s, b)
	_, err := Recommend(options, w)
	var none *NoneError
	if !errors.As(err, &none) || !strings.Contains(err.Error(), "more than 1m0s") || !strings.Contains(err.Error(), "--within") {
		t.Errorf("got %v, expected that nothing takes a minute, and what the nearest takes", err)
	}
}

func TestOptionsThatCostTheSameAreSortedByTime(t *testing.T) {
	slow := Option{Name: "slow", Feasible: true, Took: plan.Took{Seconds: 2}, Setup: plan.Setup{Children: plan.Standard}}
	fast := Option{Name: "fast", Feasible: true, Took: plan.Took{Seconds: 1}, Setup: plan.Setup{Children: plan.Standard}}
	twice := Option{Name: "express", Feasible: true, Setup: plan.Setup{Children: plan.Express}}
	got, err := Recommend([]Option{slow, twice, fast}, plan.Workload{})
	if err != nil || got.Name != "fast" {
		t.Errorf("got %s and %v, expected the fastest with Standard children", got.Name, err)
	}
}

// foreign returns the shape of a state machine that mapjob has not made.
func foreign(m plan.MapShape) plan.Shape {
	events := 4
	if m.Distributed {
		events = 6
	}
	return plan.Shape{Foreign: true, Map: m, Parent: []plan.Step{{State: "Each", Type: "Map", Entries: 1, Events: events}},
		Child: []plan.Step{{State: "Do", Type: "Task", Entries: 1, Events: 5, Call: &plan.Call{Role: plan.Worker, Service: "lambda"}}}}
}

// Of options that cost and take about the same, one that costs half as much again gains
// nothing.
func TestSmallJobsAreNotPlannedWithoutBatches(t *testing.T) {
	w, s := tenMillion()
	for _, items := range []int{5, 1000} {
		w.Items, w.Time = items, plan.Exactly(10*time.Microsecond)
		options, _ := compared(t, w, s, bookOf(t, "us-east-1"))
		o, err := Recommend(options, w)
		if err != nil || o.Counts.Children != 1 {
			t.Errorf("%d items: got %v and %s for $%v, expected one batch", items, err, o.Name, o.Total().Dollars())
		}
	}
}

// A timeout that a function may have longer is no reason against a job.
func TestOptionsHaveTheLongestTimeouts(t *testing.T) {
	w, s := tenMillion()
	s.Timeout = map[plan.Role]time.Duration{plan.Worker: time.Minute, plan.JobStart: time.Minute, plan.Summary: time.Minute}
	b := bookOf(t, "us-east-1")
	asItIs, err := Evaluate(w, s, form(s), b)
	if err != nil || asItIs.Feasible || asItIs.First.Remedy != "raise its timeout, or give it more memory" {
		t.Errorf("got %v, feasible %v: %s: %s, expected the job start's minute", err, asItIs.Feasible, asItIs.First, asItIs.First.Remedy)
	}
	options, _ := compared(t, w, s, b)
	if o, err := Recommend(options, w); err != nil || o.Setup.Timeout[plan.JobStart] != 15*time.Minute || s.Timeout[plan.JobStart] != time.Minute {
		t.Errorf("got %v and a timeout of the job start of %s, expected 15 minutes", err, o.Setup.Timeout[plan.JobStart])
	}
}

// A job is possible with as many items as its limit has, and not with one more.
func TestLimitsAtTheirEdges(t *testing.T) {
	b := bookOf(t, "us-east-1")
	inline := func(s *plan.Setup) { s.Passing, s.Children, s.MaxConcurrency = plan.Inline, plan.None, 40 }
	roomy := func(s *plan.Setup) {
		s.Passing, s.Batch, s.ExecutionTimeout = plan.ByReference, 5000, 0
		s.Memory[plan.Summary], s.Memory[plan.JobStart] = 10_240, 10_240
	}
	for _, c := range []struct {
		name   string
		change func(*plan.Workload, *plan.Setup, *plan.Shape)
		first  string
		at     int
	}{
		{"Inline", func(_ *plan.Workload, s *plan.Setup, _ *plan.Shape) { inline(s) }, "most that an Inline job takes", 471},
		{"Inline without retries of the worker", func(_ *plan.Workload, s *plan.Setup, shape *plan.Shape) {
			inline(s)
			*shape = form(*s)
			shape.Child[0].Call.Retry = shape.Child[0].Call.Retry[:1]
		}, "most that an Inline job takes", 532},
		{"Inline with many retries", func(_ *plan.Workload, s *plan.Setup, shape *plan.Shape) {
			inline(s)
			*shape = form(*s)
			shape.Child[0].Call.Retry[1].MaxAttempts = 99
		}, "most that an Inline job takes", 71},
		{"Inline with large items", func(w *plan.Workload, s *plan.Setup, _ *plan.Shape) {
			inline(s)
			w.ItemBytes = 1000
		}, "240,000 bytes of an Inline job", 191}, // 2 + 191 × 1,000 + 190 + 191 × 250 = 238,942
		{"an item too large by value", func(w *plan.Workload, s *plan.Setup, _ *plan.Shape) {
			w.ItemBytes = 262_144 - 383 - 18
		}, "262,144 bytes of a payload", 0},
		{"a large item by value", func(w *plan.Workload, s *plan.Setup, _ *plan.Shape) {
			w.ItemBytes = 262_144 - 383 - 18 - 4
		}, "262,144 bytes of a payload", 10_000}, // whose last index has four digits
		{"an S3 object", func(w *plan.Workload, s *plan.Setup, _ *plan.Shape) {
			w.ItemBytes, s.Memory[plan.JobStart], s.Memory[plan.Summary], s.ExecutionTimeout = 16_383, 10_240, 10_240, 0
		}, "10,000 parts of an S3 object", 10_240_000},
		{"the summary's time", func(w *plan.Workload, s *plan.Setup, _ *plan.Shape) {
			roomy(s)
			s.Memory[plan.Summary] = 128
		}, "summary's 15 minutes", 42_502_347}, // 898 s × 654,119 × 128/1,769
		{"the chunker's time", func(w *plan.Workload, s *plan.Setup, shape *plan.Shape) {
			roomy(s)
			s.Memory[plan.Chunker] = 128
			*shape = plan.Form(*s, plan.FormOptions{})
		}, "chunker's 15 minutes", 34_573_400}, // 898 s × 532,089 × 128/1,769
		{"the job start's time", func(w *plan.Workload, s *plan.Setup, _ *plan.Shape) {
			s.Batch, s.ExecutionTimeout, s.Memory[plan.Summary], s.Memory[plan.JobStart] = 1000, 0, 10_240, 128
		}, "job start's 15 minutes", 34_573_400},
		{"the execution's time", func(w *plan.Workload, s *plan.Setup, _ *plan.Shape) {
			s.Batch, s.MaxConcurrency, s.ExecutionTimeout = 1, 1000, 24*time.Hour
		}, "execution's timeout of 1 day", 8_600_000}, // 100 starts a second
		{"a year", func(w *plan.Workload, s *plan.Setup, _ *plan.Shape) {
			roomy(s)
			s.MaxConcurrency, w.Time = 1, plan.Exactly(10*time.Second)
			s.Batch = 50
		}, "year of an execution", 3_153_500},
		{"open Map Runs", func(w *plan.Workload, s *plan.Setup, _ *plan.Shape) {
			roomy(s)
			w.RunsPerMonth, s.MaxConcurrency = 3_000_000, 10 // 876 s each: a round of 500 s, and a part of one
		}, "1,000 open Map Runs", 53_747},
		{"failures without a tolerance", func(w *plan.Workload, s *plan.Setup, shape *plan.Shape) {
			roomy(s)
			w.Failed = 0.001
		}, "failures that the job tolerates", 999},
		{"failures above a count", func(w *plan.Workload, s *plan.Setup, shape *plan.Shape) {
			roomy(s)
			*shape = form(*s)
			w.Failed, shape.Map.ToleratedCount = 0.001, 50
		}, "failures that the job tolerates", 50_000},
		{"failures above a share", func(w *plan.Workload, s *plan.Setup, shape *plan.Shape) {
			roomy(s)
			*shape = form(*s)
			w.Failed, shape.Map.ToleratedPercentage = 0.0501, 5
		}, "failures that the job tolerates", 0},
		{"failures of a tolerated share", func(w *plan.Workload, s *plan.Setup, shape *plan.Shape) {
			roomy(s)
			*shape = form(*s)
			w.Failed, shape.Map.ToleratedPercentage = 0.05, 5
		}, "most that a Map reads", 100_000_000},
		{"crashes of all attempts", func(w *plan.Workload, s *plan.Setup, shape *plan.Shape) {
			roomy(s)
			w.Crashed = 0.01 // three in a row: one in a million
		}, "failures that the job tolerates", 999_999},
		{"failures above the share of a job", func(w *plan.Workload, s *plan.Setup, shape *plan.Shape) {
			roomy(s)
			*shape = form(*s)
			// By reference, the Map tolerates all failures of children.
			w.Failed, shape.Map.ToleratedPercentage, shape.Verdict = 0.3, 100, &plan.Tolerance{Percentage: 25}
		}, "failures that the job tolerates", 0},
		{"events of an Inline Map of another state machine", func(w *plan.Workload, s *plan.Setup, shape *plan.Shape) {
			inline(s)
			w.ItemBytes = 2
			*shape = foreign(plan.MapShape{})
		}, "25,000 events of a history", 3570}, // (25,000 − 2 − 4) / 7
		{"data of an Inline Map of another state machine", func(w *plan.Workload, s *plan.Setup, shape *plan.Shape) {
			inline(s)
			*shape = foreign(plan.MapShape{})
		}, "262,144 bytes of a state's data", 1304}, // 2 + 1,304 × 200 + 1,303 = 262,105
		{"items of another state machine without a reader", func(w *plan.Workload, s *plan.Setup, shape *plan.Shape) {
			*shape = foreign(plan.MapShape{Distributed: true, Writer: true})
		}, "262,144 bytes of a state's data", 1304},
		{"results of another state machine without a writer", func(w *plan.Workload, s *plan.Setup, shape *plan.Shape) {
			w.ResultBytes = 1000
			*shape = foreign(plan.MapShape{Distributed: true, Reader: true})
		}, "262,144 bytes of a state's data", 261},
		{"nothing else", func(_ *plan.Workload, s *plan.Setup, _ *plan.Shape) { roomy(s) }, "most that a Map reads", 100_000_000},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, s := tenMillion()
			s.Timeout[plan.Worker] = 15 * time.Minute
			var shape plan.Shape
			c.change(&w, &s, &shape)
			if shape.Child == nil {
				shape = form(s)
			}
			limits := Limits(w, s, shape, b)
			if got := limits[0]; got.Name != c.first || math.Abs(float64(got.At-c.at)) > float64(c.at)*0.005 {
				t.Fatalf("got %s, expected %s, at %d items", got, c.first, c.at)
			}
			at := limits[0].At
			for items, feasible := range map[int]bool{at: at > 0, at + 1: false} {
				w.Items = max(items, 1)
				o, err := Evaluate(w, s, shape, b)
				if err != nil {
					t.Fatal(err)
				}
				if o.Feasible != feasible {
					t.Errorf("%d items: got feasible %v: %s", items, o.Feasible, o.Why)
				}
			}
		})
	}
}

// A batch may be as large as a hard limit allows, and not larger. One that fits leaves
// room.
func TestTheGrowthOfABatchEnds(t *testing.T) {
	b := bookOf(t, "us-east-1")
	itemByItem := func(events int) func(*plan.Workload, *plan.Setup, *plan.Shape) {
		return func(_ *plan.Workload, s *plan.Setup, shape *plan.Shape) {
			*shape = form(*s)
			shape.PerItem, shape.Child = shape.Child, []plan.Step{{State: "EachItem", Type: "Map", Entries: 1, Events: 4}}
			shape.PerItem[0].Events = events
		}
	}
	for _, c := range []struct {
		name   string
		change func(*plan.Workload, *plan.Setup, *plan.Shape)
		limit  string
		at     int
		fits   int
		hard   bool
	}{
		{"by value", func(*plan.Workload, *plan.Setup, *plan.Shape) {}, "240 KiB of a batch", 1085, 1085, false},
		{"by reference", func(w *plan.Workload, s *plan.Setup, _ *plan.Shape) { s.Passing = plan.ByReference }, "worker's 15 minutes", 8980, 8100, true},
		{"large items by reference", func(w *plan.Workload, s *plan.Setup, _ *plan.Shape) {
			s.Passing, w.ItemBytes = plan.ByReference, 1<<20-1
		}, "16 MiB of a chunk", 16, 16, false},
		{"a short timeout", func(w *plan.Workload, s *plan.Setup, _ *plan.Shape) {
			s.Passing, s.Timeout[plan.Worker] = plan.ByReference, time.Minute
		}, "worker's 1 minute", 580, 540, true},
		{"Express", func(w *plan.Workload, s *plan.Setup, _ *plan.Shape) {
			s.Passing, s.Children = plan.ByReference, plan.Express
		}, "5 minutes of an Express child", 2980, 2700, true},
		{"Express with a short timeout", func(w *plan.Workload, s *plan.Setup, _ *plan.Shape) {
			s.Passing, s.Children, s.Timeout[plan.Worker] = plan.ByReference, plan.Express, time.Minute
		}, "worker's 1 minute", 580, 540, true},
		{"Express with room for a retry", func(w *plan.Workload, s *plan.Setup, _ *plan.Shape) {
			s.Passing, s.Children, w.Crashed = plan.ByReference, plan.Express, 0.01
		}, "5 minutes of an Express child", 2980, 1350, true},
		{"slow items", func(w *plan.Workload, s *plan.Setup, _ *plan.Shape) { w.Time = plan.Exactly(2 * time.Second) }, "worker's 15 minutes", 449, 405, true},
		{"an item that takes too long", func(w *plan.Workload, s *plan.Setup, _ *plan.Shape) { w.Time = plan.Exactly(time.Hour) }, "worker's 15 minutes", 0, 0, true},
		{"eight items at once", func(w *plan.Workload, s *plan.Setup, _ *plan.Shape) {
			s.Passing, s.ItemsAtOnce = plan.ByReference, 8
		}, "worker's 15 minutes", 71_840, 64_800, true},
		{"items that differ", func(w *plan.Workload, s *plan.Setup, _ *plan.Shape) {
			s.Passing = plan.ByReference
			w.Time = plan.Of(slices.Values([]time.Duration{0, 200 * time.Millisecond}))
		}, "worker's 15 minutes", 8980, 7747, true}, // 0.1·k + 4 × 0.1·√k ≤ 810
		{"items with states of their own", itemByItem(5), "most items with states of their own in a batch", 1000, 1000, true},
		{"items with many states of their own", itemByItem(60), "25,000 events of a child's history", 403, 362, true}, // (25,000 − 2 − 4) / 62
	} {
		t.Run(c.name, func(t *testing.T) {
			w, s := tenMillion()
			s.Timeout, s.ExecutionTimeout = map[plan.Role]time.Duration{plan.Worker: 15 * time.Minute}, 0
			var shape plan.Shape
			c.change(&w, &s, &shape)
			if shape.Child == nil {
				shape = form(s)
			}
			got := BatchLimit(w, s, shape, b)
			if got.Name != c.limit || got.At != c.at || got.Fits() != c.fits || got.Hard != c.hard {
				t.Errorf("got %s with room for %d, hard %v, expected %s, at %d with room for %d, hard %v", got, got.Fits(), got.Hard, c.limit, c.at, c.fits, c.hard)
			}
			shape.Map.ToleratedPercentage = 100
			for batch, feasible := range map[int]bool{c.at: c.at > 0, c.at + 1: !c.hard} {
				s.Batch = max(batch, 1)
				o, err := Evaluate(w, s, shape, b)
				if err != nil {
					t.Fatal(err)
				}
				if o.Feasible != feasible {
					t.Errorf("batches of %d: got feasible %v: %s", s.Batch, o.Feasible, o.Why)
				}
			}
		})
	}
}

func TestAnItemThatTakesTooLongIsNotPossible(t *testing.T) {
	w, s := tenMillion()
	w.Time = plan.Exactly(time.Hour)
	options, _ := compared(t, w, s, bookOf(t, "us-east-1"))
	if o, err := Recommend(options, w); err == nil {
		t.Errorf("got %s recommended, expected nothing: an item takes an hour", o.Name)
	}
}

func TestAlternativesKeepTheTimeOfAFunction(t *testing.T) {
	for _, c := range []struct {
		items    int
		each     time.Duration
		possible map[string]bool
	}{
		{1000, 89 * time.Second, map[string]bool{"queue": true, "tracked queue": true, "durable functions": true}},
		{1000, 100 * time.Second, map[string]bool{"queue": false, "tracked queue": false, "durable functions": true}},
		{8, 100 * time.Second, map[string]bool{"queue": true, "tracked queue": true, "durable functions": true}},
		{1000, time.Hour, map[string]bool{"queue": false, "tracked queue": false, "durable functions": false}},
	} {
		w, s := tenMillion()
		w.Items, w.Time = c.items, plan.Exactly(c.each)
		_, others := compared(t, w, s, bookOf(t, "us-east-1"))
		for _, o := range others {
			if possible, ok := c.possible[o.Name]; ok && o.Feasible != possible {
				t.Errorf("%s, %d items of %s: got possible %t (%s), expected %t", o.Name, c.items, c.each, o.Feasible, o.First, possible)
			}
		}
	}
}

func TestTheNearestIsLateBeforeItIsLimited(t *testing.T) {
	w, s := tenMillion()
	w.Items, w.Within = 1_000_000, time.Hour // an Inline job would be the fastest
	book, err := bookOf(t, "us-east-1").For("new")
	if err != nil {
		t.Fatal(err)
	}
	options, _ := compared(t, w, s, book)
	if _, err := Recommend(options, w); err == nil || !strings.Contains(err.Error(), "nearest: takes ") || !strings.Contains(err.Error(), "bounds its time") {
		t.Errorf("got %v, expected an option that is late, and what bounds its time", err)
	}
	w.Items, w.Within, w.Time = 100_000_000, 0, plan.Exactly(100*time.Millisecond)
	options, _ = compared(t, w, s, bookOf(t, "us-east-1"))
	if _, err := Recommend(options, w); err == nil || strings.Contains(err.Error(), "bounds its time") {
		t.Errorf("got %v, expected a limit, and nothing of the time", err)
	}
}

func TestARegionWithoutAPriceHasNoSuchOption(t *testing.T) {
	w, s := tenMillion()
	options, others := compared(t, w, s, bookOf(t, "eu-west-1"))
	for _, o := range append(options, others...) {
		if o.Setup.Children == plan.Express || o.Name == "durable functions" {
			t.Errorf("got %s, whose price is not known there", o.Name)
		}
		for _, l := range o.Lines {
			if l.Unpriced != (l.Key == price.Trace) {
				t.Errorf("%s: got %s priced %v", o.Name, l.Key, !l.Unpriced)
			}
		}
	}
}

func TestFormsThatAJobCannotHaveAreLeftOut(t *testing.T) {
	w, s := tenMillion()
	options, _, err := Compare(w, s, func(s plan.Setup) plan.Shape {
		if s.Passing != plan.ByValue || s.Children != plan.Standard {
			return plan.Shape{}
		}
		return form(s)
	}, bookOf(t, "us-east-1"))
	if err != nil || len(options) == 0 {
		t.Fatalf("got %d options and %v", len(options), err)
	}
	for _, o := range options {
		if o.Setup.Passing != plan.ByValue || o.Setup.Children != plan.Standard {
			t.Errorf("got %s, which the job can't have", o.Name)
		}
	}
}

// Lambda has a second price from 7.5 billion GB-seconds of a month on: 30,000
// executions of ten million items use as many.
func TestTheBillOfAMonthHasTiers(t *testing.T) {
	w, s := tenMillion()
	b := bookOf(t, "us-east-1")
	s.Passing, s.Batch = plan.ByReference, 8100
	month := func(runs float64, free bool) (month, execution float64) {
		w.RunsPerMonth, w.FreeTier = runs, free
		o, err := Evaluate(w, s, form(s), b)
		if err != nil {
			t.Fatal(err)
		}
		return o.Month.Dollars(), o.Total().Dollars()
	}
	if got, _ := month(0, false); got != 0 {
		t.Errorf("got $%v a month without executions", got)
	}
	got, execution := month(30, false)
	if math.Abs(got-30*execution) > 0.01 {
		t.Errorf("got $%v for 30 executions of $%v", got, execution)
	}
	// 400,000 GB-seconds of Lambda and 4,000 transitions are free, and more.
	if free, _ := month(30, true); got-free < 400_000*0.0000133334+4000*0.000025 || got-free > 6.5 {
		t.Errorf("got $%v with the free tier, and $%v without", free, got)
	}
	got, _ = month(40_000, false)
	saved := 2.5e9 * (0.0000133334 - 0.0000120001) // of 10 billion GB-seconds
	if less := 40_000*execution - got; math.Abs(less-saved) > saved/50 {
		t.Errorf("got $%v less for 40,000 executions, expected about $%v", less, saved)
	}
}

func TestWhatIsNotCountedIsSaid(t *testing.T) {
	w, s := tenMillion()
	b := bookOf(t, "us-east-1")
	o, err := Evaluate(w, s, form(s), b)
	if err != nil {
		t.Fatal(err)
	}
	few := len(NotCounted(w, o, b))
	w.RunsPerMonth = 1
	fresh, err := b.For("new")
	if err != nil {
		t.Fatal(err)
	}
	all := NotCounted(w, o, fresh)
	text := strings.Join(all, "\n")
	if len(all) != few+2 || !strings.Contains(text, "Scheduler") || !strings.Contains(text, "quota of transitions") || !strings.Contains(text, "job start") {
		t.Errorf("got %q for a new account with a schedule", all)
	}
}

func TestCurvesEndAtALimit(t *testing.T) {
	w, s := tenMillion()
	b := bookOf(t, "us-east-1")
	s.Passing, s.Children, s.Batch = plan.Inline, plan.None, 1
	inline, err := Evaluate(w, s, form(s), b)
	if err != nil {
		t.Fatal(err)
	}
	_, others := compared(t, w, s, b)
	curves, err := Curves(w, append([]Option{inline}, others...), 1, 100_000_000, 25)
	if err != nil {
		t.Fatal(err)
	}
	for i, end := range []int{471, 8980, 0, 0, 0} {
		c := curves[i]
		if c.End.At != end {
			t.Errorf("%s: got an end at %d items, expected %d", c.Option.Name, c.End.At, end)
		}
		last := c.Points[len(c.Points)-1]
		if want := max(end, 0); want > 0 && last.Items != want || want == 0 && last.Items != 100_000_000 {
			t.Errorf("%s: got a last point at %d items", c.Option.Name, last.Items)
		}
		for k := 1; k < len(c.Points); k++ {
			if c.Points[k].USD < c.Points[k-1].USD || c.Points[k].Items <= c.Points[k-1].Items {
				t.Errorf("%s: got %v after %v, expected more items at more cost", c.Option.Name, c.Points[k], c.Points[k-1])
			}
		}
	}
}

func TestCrashesCostWhatIsDoneAgain(t *testing.T) {
	b := bookOf(t, "us-east-1")
	seconds := func(w plan.Workload, s plan.Setup) float64 {
		o, err := Evaluate(w, s, form(s), b)
		if err != nil {
			t.Fatal(err)
		}
		return o.Counts.LambdaGBSeconds[plan.Worker].Float()
	}
	for _, c := range []struct {
		name    string
		passing plan.Passing
		memory  int
		batch   int
		more    float64
	}{
		// Two retries: 0.111 attempts crash, half way on average, and 0.001 never end.
		{"by value", plan.ByValue, 256, 100, 0.999 + 0.111/2},
		// As by value, but 0.011 retries crash, after 1, 3 or 7 s of 10 s are stored.
		{"by reference, shorter than the interval", plan.ByReference, 256, 100, 1.0513},
		// 810 s, of which parts are stored at 300 and 600 s: (2 × 300² + 210²)/(2 × 810) s
		// are lost of 810, by 0.1 of the attempts; an attempt after a part loses less.
		{"by reference, longer than the interval", plan.ByReference, 256, 8100, 1.0177},
		{"by reference, with a short interval", plan.ByReference, 10_240, 8100, 1.001},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, s := tenMillion()
			w.Items = 8_100_000
			s.Passing, s.Batch, s.Memory[plan.Worker] = c.passing, c.batch, c.memory
			calm := seconds(w, s)
			w.Crashed = 0.1
			expected := seconds(w, s) / calm
			if math.Abs(expected-c.more) > 0.002 {
				t.Errorf("got %v times the GB-seconds, expected %v", expected, c.more)
			}
			w.Seeded, w.Seed = true, 7
			if drawn := seconds(w, s) / calm; math.Abs(drawn-expected) > 0.01 {
				t.Errorf("got %v times with a seed, expected about %v", drawn, expected)
			}
		})
	}
}

func TestFormsEnterWhatTheirDefinitionsDo(t *testing.T) {
	_, s := tenMillion()
	for _, c := range []struct {
		passing         plan.Passing
		options         plan.FormOptions
		entries, events float64 // with those of the execution
	}{
		{plan.ByValue, plan.FormOptions{}, 8, 25}, {plan.ByValue, plan.FormOptions{JobStart: true}, 8, 28}, {plan.ByReference, plan.FormOptions{}, 8, 28}, {plan.ByValue, plan.FormOptions{JobStart: true, Lock: true}, 11, 42}, {plan.Inline, plan.FormOptions{}, 6, 16},
	} {
		s.Passing = c.passing
		shape := plan.Form(s, c.options)
		if got := plan.PathOf(shape.Parent); got.Entries != c.entries || got.Events+2 != c.events {
			t.Errorf("%s %v: got %v entries and %v events, expected %v and %v", c.passing, c.options, got.Entries, got.Events+2, c.entries, c.events)
		}
	}
}
