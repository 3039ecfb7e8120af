package simulate

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/mapjob/mapjob/internal/plan"
)

func TestHeapTakesTheFirstEventThenTheOneAddedFirst(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var h heap
	var expected []event
	for order := range uint32(5000) {
		e := event{at: random.Int64N(700), what: random.Uint32(), order: order}
		h.add(e.at, e.what)
		expected = append(expected, e)
	}
	slices.SortFunc(expected, func(a, b event) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.order, b.order)) })
	for i, e := range expected {
		if got, ok := h.take(); !ok || got != e {
			t.Fatalf("event %d: got %+v, %t, expected %+v", i, got, ok, e)
		}
	}
	if got, ok := h.take(); ok {
		t.Errorf("got %+v of an empty heap, expected no event", got)
	}
}

func TestHeapStaysOrderedWhileItIsUsed(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	var h heap
	for range 100 {
		h.add(random.Int64N(1000), 0)
	}
	var last int64
	for range 20_000 {
		e, _ := h.take()
		if e.at < last {
			t.Fatalf("got an event at %d after one at %d, expected them in order", e.at, last)
		}
		last = e.at
		h.add(e.at+random.Int64N(1000), 0)
	}
}

func TestBucketGivesItsBurstThenItsRate(t *testing.T) {
	const second = 1_000_000_000
	b := newBucket(10, 3)
	for i, expected := range []int64{0, 0, 0, second / 10, 2 * second / 10} {
		if got := b.take(0, 1); got != expected {
			t.Errorf("token %d: got it at %d, expected %d", i, got, expected)
		}
	}
	if got := b.waited; got != 3*second/10 {
		t.Errorf("waited: got %d, expected %d", got, 3*second/10)
	}
	if got := b.take(10*second, 3); got != 10*second {
		t.Errorf("three tokens after a pause: got them at %d, expected %d", got, 10*second)
	}
	if got := b.take(10*second, 2); got != 10*second+2*second/10 {
		t.Errorf("two more: got them at %d, expected %d", got, 10*second+2*second/10)
	}
	least := newBucket(10, 0)
	if first, second := least.take(0, 1), least.take(0, 1); first != 0 || second != 100_000_000 {
		t.Errorf("no burst: got tokens at %d and %d, expected the first at once and the second after 100 ms", first, second)
	}
	var unlimited bucket
	if got := unlimited.take(7, 1000); got != 7 {
		t.Errorf("no limit: got tokens at %d, expected 7", got)
	}
}

func TestTryTakesNoTokenThatIsNotThere(t *testing.T) {
	const second = 1_000_000_000
	b := newBucket(1, 2)
	for i, c := range []struct {
		now      int64
		expected bool
	}{{0, true}, {0, true}, {0, false}, {second - 1, false}, {second, true}, {second, false}, {100 * second, true}, {100 * second, true}, {100 * second, false}} {
		if got := b.try(c.now); got != c.expected {
			t.Errorf("try %d, at %d: got %t, expected %t", i, c.now, got, c.expected)
		}
	}
}

func TestFunctionGrowsAsFastAsLambdaLetsIt(t *testing.T) {
	const second = 1_000_000_000
	l := &lambda{concurrency: 1500}
	f := &function{of: l, ramp: newBucket(100, 1000), cold: 5}
	start := func(now int64, n int) (started int) {
		for range n {
			if cold, ok := f.invoke(now); ok {
				started++
				if cold != 5 {
					t.Fatalf("a new environment: got a start of %d, expected 5", cold)
				}
			}
		}
		return started
	}
	for _, c := range []struct {
		now      int64
		n        int
		expected int
	}{{0, 2000, 1000}, {second, 2000, 100}, {4 * second, 2000, 300}, {60 * second, 2000, 100}} {
		if got := start(c.now, c.n); got != c.expected {
			t.Errorf("at %d s: got %d new environments, expected %d", c.now/second, got, c.expected)
		}
	}
	f.release(1_500_000)
	if cold, ok := f.invoke(61 * second); !ok || cold != 0 {
		t.Errorf("an idle environment: got a start of %d, %t, expected none", cold, ok)
	}
	if f.milliseconds != 2 {
		t.Errorf("billed: got %d ms for 1.5 ms, expected 2", f.milliseconds)
	}
	if l.busy != 1500 || f.environments != 1500 {
		t.Errorf("got %d environments, %d busy, expected 1500 of each", f.environments, l.busy)
	}
}

func TestFunctionKeepsItsReservedConcurrency(t *testing.T) {
	l := &lambda{concurrency: 100}
	f := &function{of: l, reserved: 2}
	for i, expected := range []bool{true, true, false} {
		if _, ok := f.invoke(0); ok != expected {
			t.Errorf("invocation %d: got %t, expected %t", i, ok, expected)
		}
	}
}

func TestFunctionsShareTheConcurrencyOfTheAccount(t *testing.T) {
	l := &lambda{concurrency: 1}
	first, second := &function{of: l}, &function{of: l}
	if _, ok := first.invoke(0); !ok {
		t.Error("the first function: got throttled, expected an environment")
	}
	if _, ok := second.invoke(0); ok {
		t.Error("the second function: got an environment, expected to be throttled")
	}
	first.release(0)
	if _, ok := second.invoke(0); !ok {
		t.Error("the second function, after the first has ended: got throttled, expected an environment")
	}
}

func TestLambdaRefusesMoreRequestsThanTenASecondAndEnvironment(t *testing.T) {
	l := &lambda{concurrency: 10, requests: newBucket(100, 100)}
	f := &function{of: l}
	served := 0
	for range 200 {
		if _, ok := f.invoke(0); ok {
			served++
			f.release(0)
		}
	}
	if served != 100 {
		t.Errorf("got %d requests in no time, expected 100", served)
	}
}

// batches returns what a packing takes.
func batches(o Options) (first, sizes []int) {
	p := newPacking(&o)
	for {
		f, n := p.take()
		if n == 0 {
			return first, sizes
		}
		first, sizes = append(first, f), append(sizes, n)
	}
}

func TestPackingFillsBatches(t *testing.T) {
	value := plan.Setup{Passing: plan.ByValue, Batch: 10_000, BatchBytes: 245_760, Overhead: 383}
	for _, c := range []struct {
		name  string
		items int
		bytes int
		setup plan.Setup
		first int // items of the first batch
		most  int // of one in the middle
		count int // batches
	}{
		// 245,760 - 383 bytes have room for 10 items of 220 bytes with their comma, 90 of
		// 221, 900 of 222 and 105 of 223; later for 1,085 of 226.
		{"ten million by value", 10_000_000, 200, value, 1105, 1085, 9212},
		{"by value, few", 100, 200, plan.Setup{Passing: plan.ByValue, Batch: 30, BatchBytes: 245_760, Overhead: 383}, 30, 30, 4},
		{"an item that is too large alone", 3, 300_000, value, 1, 1, 3},
		{"by reference", 10_000_000, 200, plan.Setup{Passing: plan.ByReference, Batch: 8100}, 8100, 8100, 1235},
		{"by reference, chunks of 16 MiB", 100, 1 << 20, plan.Setup{Passing: plan.ByReference, Batch: 1000}, 16, 16, 7},
		{"inline", 471, 200, plan.Setup{Passing: plan.Inline}, 1, 1, 471},
		{"no batches", 7, 200, plan.Setup{Passing: plan.ByValue}, 1, 1, 7},
		{"no items", 0, 200, value, 0, 0, 0},
	} {
		_, sizes := batches(Options{Workload: plan.Workload{Items: c.items, ItemBytes: c.bytes}, Setup: c.setup})
		sum := 0
		for _, n := range sizes {
			sum += n
		}
		if sum != c.items || len(sizes) != c.count {
			t.Errorf("%s: got %d items in %d batches, expected %d in %d", c.name, sum, len(sizes), c.items, c.count)
		}
		if len(sizes) > 0 && (sizes[0] != c.first || sizes[len(sizes)/2] != c.most) {
			t.Errorf("%s: got %d items in the first batch, %d in one in the middle, expected %d, %d", c.name, sizes[0], sizes[len(sizes)/2], c.first, c.most)
		}
	}
}

// The plan packs by a formula, the simulator item by item.
func TestPackingIsThatOfThePlan(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	pick := func(n ...int) int { return n[random.IntN(len(n))] }
	for range 500 {
		w := plan.Workload{Items: random.IntN(30_000), ItemBytes: 2 + random.IntN(5000)}
		s := plan.Setup{
			Passing: []plan.Passing{plan.ByValue, plan.ByValue, plan.ByReference, plan.Inline}[random.IntN(4)],
			Batch:   pick(0, 1, 7, 10, 100, 1000, 10_000), BatchBytes: pick(0, 3000, 7000, 20_000, 245_760), Overhead: random.IntN(500),
		}
		first, sizes := batches(Options{Workload: w, Setup: s})
		i := 0
		for f, n := range plan.Batches(w, s) {
			if i == len(first) || first[i] != f || sizes[i] != n {
				t.Fatalf("%d items of %d B, %+v: got a batch of %d items from %d, expected another: %v, %v", w.Items, w.ItemBytes, s, n, f, first[:min(i+1, len(first))], sizes[:min(i+1, len(first))])
			}
			i++
		}
		if i != len(first) {
			t.Fatalf("%d items of %d B, %+v: got %d batches, expected %d", w.Items, w.ItemBytes, s, i, len(first))
		}
	}
}

func TestToleranceIsThatOfTheService(t *testing.T) {
	for _, c := range []struct {
		t             tolerance
		failed, items int
		expected      bool
	}{
		{tolerance{}, 0, 10, false}, {tolerance{}, 1, 10, true},
		{tolerance{count: 2}, 2, 10, false}, {tolerance{count: 2}, 3, 10, true},
		{tolerance{percentage: 20}, 2, 10, false}, {tolerance{percentage: 20}, 3, 10, true},
		{tolerance{count: 1, percentage: 90}, 2, 10, true}, {tolerance{count: 5, percentage: 10}, 2, 10, true},
	} {
		if got := c.t.exceeded(c.failed, c.items); got != c.expected {
			t.Errorf("%d of %d failed, tolerated %+v: got %t, expected %t", c.failed, c.items, c.t, got, c.expected)
		}
	}
}

func TestDelayGrowsUpToItsLimit(t *testing.T) {
	const second = 1_000_000_000
	random := rand.New(rand.NewPCG(1, 1))
	r := retrier{interval: 1, backoff: 2, longest: 5}
	for i, expected := range []int64{second, 2 * second, 4 * second, 5 * second, 5 * second} {
		if got := r.delay(i, random); got != expected {
			t.Errorf("retry %d: got a delay of %d, expected %d", i, got, expected)
		}
	}
	r.jitter = true
	sum := int64(0)
	for range 1000 {
		got := r.delay(1, random)
		if got < 0 || got > 2*second {
			t.Fatalf("with jitter: got a delay of %d, expected at most %d", got, 2*second)
		}
		sum += got
	}
	if mean := sum / 1000; mean < second*9/10 || mean > second*11/10 {
		t.Errorf("with jitter: got a mean of %d, expected about %d", mean, second)
	}
}
