package simulate

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/mapjob/mapjob/internal/plan"
	"github.com/mapjob/mapjob/internal/price"
)

// atOnce is how many items of a batch with states of its own run at once: an Inline
// Map's iterations.
const atOnce = 40

// retryEvents are the events of a retry: the failed attempt, and the next one,
// scheduled and started.
const retryEvents = 3

// program is what each child does.
type program struct {
	standard bool // its states are transitions
	most     int  // children at once
	started  int64
	// What a child enters and records, and in addition for each of its items.
	entries, itemEntries int64
	events, itemEvents   int64
	stages               []stage
	tolerance            tolerance
}

// stage is one step after another of a child, or of each item of its batch.
type stage struct {
	eachItem bool
	steps    []step
}

// step is a call, or a state that waits.
type step struct {
	function           *function // nil: no function
	worker             bool      // it works, and crashes, as the workload says; others take no time
	throttled, crashed *retrier
	wait               int64 // nanoseconds, without a function
	// caught says that a Catch goes on after the last retry, with these entries and
	// events in place of those that a success leads to.
	caught                      bool
	caughtEntries, caughtEvents int64
	failedEvents                int64 // of an attempt that fails, less those of one that succeeds
	restEntries, restEvents     int64 // of the states after this one
}

// retrier is a Retry of an error.
type retrier struct {
	attempts int
	interval float64 // seconds
	backoff  float64
	longest  float64 // seconds, 0 for no limit
	jitter   bool
	shared   bool // with the other error
}

// delay returns the nanoseconds before a retry.
func (r *retrier) delay(before int, random *rand.Rand) int64 {
	seconds := r.interval * math.Pow(r.backoff, float64(before))
	if r.longest > 0 {
		seconds = min(seconds, r.longest)
	}
	if r.jitter {
		seconds *= random.Float64()
	}
	return int64(seconds * 1e9)
}

// tolerance is how many items may fail.
type tolerance struct {
	count      int
	percentage float64
}

// exceeded reports whether more items failed than are tolerated.
func (t tolerance) exceeded(failed, items int) bool {
	switch {
	case failed == 0:
		return false
	case t.count > 0 && failed > t.count:
		return true
	case t.percentage > 0:
		return float64(failed)*100 > t.percentage*float64(items)
	}
	return t.count == 0
}

// builder makes the program of a shape.
type builder struct {
	o         Options
	lambda    *lambda
	functions map[plan.Role]*function
}

func (b *builder) program() program {
	o := &b.o
	m := o.Shape.Map
	p := program{
		standard:  !m.Express,
		tolerance: tolerance{m.ToleratedCount, m.ToleratedPercentage},
		most:      atOnce,
	}
	p.entries, p.events = total(o.Shape.Child)
	p.itemEntries, p.itemEvents = total(o.Shape.PerItem)
	p.events += 2 // of the execution, or the iteration
	if len(o.Shape.PerItem) > 0 {
		p.itemEvents += 2
	}
	if m.Distributed {
		p.started = 1
		p.most = int(quota(o.Book, "states.children").Value)
	} else {
		p.tolerance = tolerance{}
	}
	if n := o.Setup.MaxConcurrency; n > 0 {
		p.most = min(p.most, n)
	}
	p.stages = b.stages(o.Shape.Child, o.Shape.PerItem)
	return p
}

// stages returns the stages of a child's path.
func (b *builder) stages(path, perItem []plan.Step) []stage {
	var stages []stage
	for i, s := range path {
		one := stage{steps: b.state(s, path[i+1:])}
		if s.Type == "Map" && len(perItem) > 0 {
			one = stage{eachItem: true, steps: b.steps(perItem)}
		}
		if len(one.steps) > 0 {
			stages = append(stages, one)
		}
	}
	return stages
}

// steps returns the calls of a path, one after the other.
func (b *builder) steps(path []plan.Step) []step {
	var steps []step
	for i, s := range path {
		steps = append(steps, b.state(s, path[i+1:])...)
	}
	return steps
}

// state returns the calls of a state, which the rest of its path follows.
func (b *builder) state(s plan.Step, rest []plan.Step) []step {
	steps := b.steps(s.Inner)
	entries, events := total(rest)
	for i := range steps {
		one := &steps[i]
		if one.caught || one.function == nil {
			continue
		}
		// It fails the Parallel state.
		one.restEntries, one.restEvents = one.restEntries+entries, one.restEvents+events
		one.caught = len(s.Caught) > 0
		one.caughtEntries, one.caughtEvents = total(s.Caught)
	}
	if s.Call != nil {
		steps = append(steps, b.step(s.Call, rest))
	}
	if s.Wait > 0 {
		steps = append(steps, step{wait: int64(s.Wait)})
	}
	return steps
}

func (b *builder) step(c *plan.Call, rest []plan.Step) step {
	s := step{caught: len(c.Caught) > 0, throttled: newRetrier(c, plan.Throttled), crashed: newRetrier(c, plan.Crash)}
	if s.throttled != nil && c.Retrier(plan.Throttled) == c.Retrier(plan.Crash) {
		s.throttled.shared, s.crashed.shared = true, true
	}
	s.caughtEntries, s.caughtEvents = total(c.Caught)
	if c.Submitted {
		s.failedEvents = -1
	}
	s.restEntries, s.restEvents = total(rest)
	if c.Role == "" {
		return s
	}
	s.worker = c.Role == plan.Worker
	s.function = b.function(c.Role)
	return s
}

func newRetrier(c *plan.Call, err string) *retrier {
	r := c.Retrier(err)
	if r == nil {
		return nil
	}
	return &retrier{
		attempts: r.MaxAttempts, interval: r.Interval.Seconds(), backoff: r.Backoff, longest: r.MaxDelay.Seconds(), jitter: r.Jitter,
	}
}

// function returns the function of a role.
func (b *builder) function(role plan.Role) *function {
	if f := b.functions[role]; f != nil {
		return f
	}
	ramp := quota(b.o.Book, "lambda.ramp")
	f := &function{
		of: b.lambda, ramp: newBucket(ramp.Value, ramp.Burst),
		cold: int64(b.o.Book.Assumption("cold-start-seconds").Value * 1e9),
	}
	if role == plan.Worker {
		f.reserved = b.o.Setup.Reserved
	}
	b.functions[role] = f
	return f
}

// total returns the entries and the events of a path.
func total(path []plan.Step) (entries, events int64) {
	for _, s := range path {
		more, moreEvents := total(s.Inner)
		entries += int64(s.Entries) + more
		events += int64(s.Events) + moreEvents
	}
	return entries, events
}

// quota returns a quota of the book, or one without a limit.
func quota(b *price.Book, name string) price.Figure {
	f, _ := b.Quota(name)
	if f.Burst == 0 {
		f.Burst = f.Value
	}
	return f
}

// work draws how long the items of a call take.
func (s *simulation) work(items int) int64 {
	w, lanes := s.o.Workload.Time, max(s.o.Setup.ItemsAtOnce, 1)
	if w.Deviation() == 0 {
		return int64((items+lanes-1)/lanes) * int64(w.Mean())
	}
	const few = 30
	if items > few {
		return int64(w.Together(float64(items), s.random.NormFloat64())) / int64(lanes)
	}
	if lanes == 1 {
		var sum time.Duration
		for range items {
			sum += w.At(s.random.Float64())
		}
		return int64(sum)
	}
	return s.parallel(items, lanes)
}

// parallel draws how long items take of which some run at once: each begins when the
// first of those before it ends.
func (s *simulation) parallel(items, lanes int) int64 {
	ends := s.lanes[:0]
	for range items {
		took := int64(s.o.Workload.Time.At(s.random.Float64()))
		if len(ends) < lanes {
			ends = append(ends, took)
			continue
		}
		first := 0
		for i, end := range ends {
			if end < ends[first] {
				first = i
			}
		}
		ends[first] += took
	}
	s.lanes = ends
	var last int64
	for _, end := range ends {
		last = max(last, end)
	}
	return last
}
