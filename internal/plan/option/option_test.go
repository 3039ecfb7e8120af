package option

import (
	"errors"
	"math"
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

func TestLimitsAtTheirEdges(t *testing.T) {
	b := bookOf(t, "us-east-1")
	w, base := tenMillion()
	for _, c := range []struct {
		name   string
		change func(*plan.Workload, *plan.Setup)
		first  string
		at     int
	}{
		{"Inline", func(w *plan.Workload, s *plan.Setup) { s.Passing, s.Children = plan.Inline, plan.None }, "most that an Inline job takes", 471},
		{"Inline with large items", func(w *plan.Workload, s *plan.Setup) {
			s.Passing, s.Children, w.ItemBytes = plan.Inline, plan.None, 1000
		}, "240,000 bytes of an Inline job", 191},
		{"a large item by value", func(w *plan.Workload, s *plan.Setup) { w.ItemBytes = 262_000 }, "262,144 bytes of a payload", 0},
		{"the summary's time", func(w *plan.Workload, s *plan.Setup) {
			s.Passing, s.Batch, s.Memory[plan.Summary], s.MaxConcurrency, s.ExecutionTimeout = plan.ByReference, 5000, 128, 1000, 0
		}, "summary's 15 minutes", 42_502_347},
		{"the execution's time", func(w *plan.Workload, s *plan.Setup) {
			s.Batch, s.MaxConcurrency, s.ExecutionTimeout = 1, 1000, 24*time.Hour
		}, "execution's timeout of 1 day", 8_600_000},
		{"nothing else", func(w *plan.Workload, s *plan.Setup) {
			s.Passing, s.Batch, s.ExecutionTimeout, s.Memory[plan.Summary], s.Memory[plan.Chunker] = plan.ByReference, 5000, 0, 1024, 1024
		}, "most that a Map reads", 100_000_000},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, s := w, base
			_, fresh := tenMillion()
			s.Memory, s.Timeout = fresh.Memory, fresh.Timeout
			s.Timeout[plan.Worker] = 15 * time.Minute
			c.change(&w, &s)
			limits := Limits(w, s, form(s), b)
			if got := limits[0]; got.Name != c.first || math.Abs(float64(got.At-c.at)) > float64(c.at)*0.005 {
				t.Fatalf("got %s, expected %s, at %d items", got, c.first, c.at)
			}
			at := limits[0].At
			if at == 0 || at > 50_000_000 {
				return
			}
			for items, feasible := range map[int]bool{at: true, at + 1: false} {
				w.Items = items
				o, err := Evaluate(w, s, form(s), b)
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

func TestTheGrowthOfABatchEnds(t *testing.T) {
	w, base := tenMillion()
	for _, c := range []struct {
		name   string
		change func(*plan.Workload, *plan.Setup)
		limit  string
		at     int
		fits   int
	}{
		{"by value", func(*plan.Workload, *plan.Setup) {}, "240 KiB of a batch", 1085, 1085},
		{"by reference", func(w *plan.Workload, s *plan.Setup) { s.Passing = plan.ByReference }, "worker's 15 minutes", 8980, 8100},
		{"large items by reference", func(w *plan.Workload, s *plan.Setup) { s.Passing, w.ItemBytes = plan.ByReference, 1<<20-1 }, "16 MiB of a chunk", 16, 16},
		{"Express", func(w *plan.Workload, s *plan.Setup) { s.Passing, s.Children = plan.ByReference, plan.Express }, "5 minutes of an Express child", 2980, 2700},
		{"slow items", func(w *plan.Workload, s *plan.Setup) { w.Time = plan.Exactly(2 * time.Second) }, "worker's 15 minutes", 449, 405},
		{"an item that takes too long", func(w *plan.Workload, s *plan.Setup) { w.Time = plan.Exactly(time.Hour) }, "worker's 15 minutes", 0, 0},
		{"eight items at once", func(w *plan.Workload, s *plan.Setup) { s.Passing, s.ItemsAtOnce = plan.ByReference, 8 }, "worker's 15 minutes", 71_840, 64_800},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, s := w, base
			s.Timeout = map[plan.Role]time.Duration{plan.Worker: 15 * time.Minute}
			c.change(&w, &s)
			if got := batchLimit(w, s, form(s)); got.Name != c.limit || got.At != c.at || got.fits() != c.fits {
				t.Errorf("got %s with room for %d, expected %s, at %d with room for %d", got, got.fits(), c.limit, c.at, c.fits)
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
	w, s := tenMillion()
	w.Items = 100_000
	b := bookOf(t, "us-east-1")
	seconds := func(w plan.Workload, s plan.Setup) float64 {
		o, err := Evaluate(w, s, form(s), b)
		if err != nil {
			t.Fatal(err)
		}
		return o.Counts.LambdaGBSeconds[plan.Worker].Float()
	}
	for _, passing := range []plan.Passing{plan.ByValue, plan.ByReference} {
		s.Passing = passing
		w.Crashed, w.Seeded = 0, false
		calm := seconds(w, s)
		w.Crashed = 0.1
		expected := seconds(w, s) / calm
		w.Seeded, w.Seed = true, 7
		drawn := seconds(w, s) / calm
		more := 1.0
		if passing == plan.ByValue { // two retries: 0.111 attempts crash, half way on average, and 0.001 never end
			more = 0.999 + 0.111/2
		}
		if math.Abs(expected-more) > 0.001 {
			t.Errorf("%s: got %v times the GB-seconds, expected %v", passing, expected, more)
		}
		if passing == plan.ByValue && math.Abs(drawn-expected) > 0.03 {
			t.Errorf("got %v times with a seed, expected about %v", drawn, expected)
		}
	}
}

func TestFormsEnterWhatTheirDefinitionsDo(t *testing.T) {
	_, s := tenMillion()
	for _, c := range []struct {
		passing         plan.Passing
		options         plan.FormOptions
		entries, events float64 // with those of the execution
	}{
		{plan.ByValue, plan.FormOptions{}, 8, 25}, {plan.ByValue, plan.FormOptions{JobStart: true}, 8, 28}, {plan.ByReference, plan.FormOptions{}, 8, 28}, {plan.Inline, plan.FormOptions{}, 6, 16},
	} {
		s.Passing = c.passing
		shape := plan.Form(s, c.options)
		if got := plan.PathOf(shape.Parent); got.Entries != c.entries || got.Events+2 != c.events {
			t.Errorf("%s %v: got %v entries and %v events, expected %v and %v", c.passing, c.options, got.Entries, got.Events+2, c.entries, c.events)
		}
	}
}
