package plan

import (
	"fmt"
	"math"

	"github.com/mapjob/mapjob/internal/number"
	"github.com/mapjob/mapjob/internal/price"
)

// Duration returns how long an execution takes, and what keeps it from being faster.
//
// A child starts when the buckets of the service have its tokens, and when one of those
// before it has ended if as many run as may. Both times grow with the child's number,
// and the first one ever less slowly, so that the last child starts at the later of
// two: when the tokens come, or when the tokens of the last round's first children have
// come and all rounds before it have passed.
func Duration(w Workload, s Setup, shape Shape, b *price.Book) Took {
	e := estimate{workload: w, setup: s, shape: shape, book: b}
	var t Took
	t.Before, t.After = e.around()
	if w.Items > 0 {
		e.children()
		e.buckets()
		e.run(&t)
	} else {
		t.Certain = true
	}
	t.Seconds = t.Before + t.Map + t.After
	return t
}

// estimate is the estimate of a duration.
type estimate struct {
	workload Workload
	setup    Setup
	shape    Shape
	book     *price.Book

	batches  int     // children, or iterations of an Inline Map
	items    int     // of the largest batch, apart from those that are few
	lastOnes int     // items of the last batch
	mean     float64 // seconds of a child, the last one left out
	child    float64 // of one with the largest batch
	width    int     // environments that a child uses at once

	starts, transitions, requests pace

	concurrency int    // children at once
	limited     string // what allows no more
	throttled   string // why Lambda throttles, empty if it does not
}

// pace is how fast a bucket gives tokens to children.
type pace struct {
	name              string
	rate, burst, each float64
}

// token returns when the child with an index has its tokens.
func (p pace) token(child int) float64 {
	if p.rate <= 0 {
		return 0
	}
	return max(0, (float64(child+1)*p.each-p.burst)/p.rate)
}

// around returns the seconds before and after the Map.
func (e *estimate) around() (before, after float64) {
	at := &before
	var add func(path []Step)
	add = func(path []Step) {
		for i := range path {
			s := &path[i]
			if s.Type == "Map" {
				at = &after
				continue
			}
			*at += e.book.Assumption("state-seconds").Value + s.Wait.Seconds()
			if c := s.Call; c != nil && c.Role != "" {
				*at += e.book.Assumption("cold-start-seconds").Value + Passes(c.Role, e.workload, e.setup, e.book)
			}
			add(s.Inner)
		}
	}
	add(e.shape.Parent)
	return before, after
}

// Passes returns the seconds in which a function of the parent passes over all items,
// as the kit does: 0 for other functions.
func Passes(role Role, w Workload, s Setup, b *price.Book) float64 {
	var speed float64
	switch role {
	case JobStart, Chunker:
		speed = b.Assumption("start-items-per-second").Value
	case Summary:
		speed = b.Assumption("summary-items-per-second").Value
	default:
		return 0
	}
	if memory := s.Memory[role]; memory > 0 {
		speed *= float64(memory) / b.Assumption("vcpu-memory").Value
	}
	return float64(w.Items) / speed
}

// children computes how long children take.
func (e *estimate) children() {
	most := 0 // batches of one size
	var sum, last float64
	for r := range Runs(e.workload, e.setup) {
		e.batches += r.Batches
		last = e.batch(r.Items)
		sum += float64(r.Batches) * last
		if r.Batches > most {
			most, e.items = r.Batches, r.Items
		}
		e.lastOnes = r.Items
	}
	e.child = e.batch(e.items)
	if e.mean = e.child; e.batches > 1 {
		e.mean = (sum - last) / float64(e.batches-1)
	}
	e.width = 1
	if e.eachItem() {
		e.width = min(e.items, int(e.book.Limit("states.iterations")))
	}
}

func (e *estimate) eachItem() bool { return len(e.shape.PerItem) > 0 }

// batch returns the seconds that a child with this number of items takes, retries
// included.
func (e *estimate) batch(items int) float64 {
	if !e.eachItem() {
		return e.path(e.shape.Child, e.work(items, max(e.setup.ItemsAtOnce, 1)))
	}
	// Each item has the mean of what the items together take.
	lanes := int(e.book.Limit("states.iterations"))
	rounds := math.Ceil(float64(items) / float64(lanes))
	return e.path(e.shape.Child, 0) + rounds*e.path(e.shape.PerItem, e.work(items, lanes)/rounds)
}

// work returns the mean seconds of items of which so many run at once: each begins when
// one before it ends.
func (e *estimate) work(items, lanes int) float64 {
	w := e.workload.Time
	mean := w.Mean().Seconds()
	switch {
	case w.Deviation() == 0 || lanes == 1:
		return math.Ceil(float64(items)/float64(lanes)) * mean
	case items <= lanes:
		return largest(e.single, float64(items))
	}
	// All lanes are busy until the last item begins. What is left of the others then is
	// that of a renewal process.
	deviation := w.Deviation().Seconds()
	left := (mean*mean + deviation*deviation) / (2 * mean)
	return float64(items)*mean/float64(lanes) - left + largest(e.single, float64(lanes))*remaining
}

// remaining is the share of the largest of some times that is left, on average, when
// the last one begins.
const remaining = 0.8

// single returns the seconds within which this share of the items is done.
func (e *estimate) single(share float64) float64 { return e.workload.Time.At(share).Seconds() }

// path returns the seconds of a path whose worker works for so long. How long other
// functions take is not known.
func (e *estimate) path(path []Step, work float64) (seconds float64) {
	for i := range path {
		s := &path[i]
		seconds += s.Wait.Seconds() + e.path(s.Inner, work)
		if c := s.Call; c != nil && c.Role == Worker {
			seconds += work + e.retries(c, work)
		}
	}
	return seconds
}

// retries returns the seconds that crashes are expected to add to a call: the work
// that is done again, and the delays.
func (e *estimate) retries(c *Call, work float64) (seconds float64) {
	r := c.Retrier(Crash)
	if r == nil || e.workload.Crashed <= 0 {
		return 0
	}
	again := e.setup.lost(work) // of an attempt that crashes
	for i := range r.MaxAttempts {
		seconds += math.Pow(e.workload.Crashed, float64(i+1)) * (again + r.Delay(i))
	}
	return seconds
}

// buckets computes how fast children can start, and how many run at once.
func (e *estimate) buckets() {
	entries := PathOf(e.shape.Child).Entries + float64(e.items)*PathOf(e.shape.PerItem).Entries
	e.transitions = e.bucket("states.transitions", "transitions")
	lambda := int(e.book.Limit("lambda.concurrency"))
	perSecond := float64(lambda) * e.book.Limit("lambda.requests-per-environment")
	calls := float64(1)
	if e.eachItem() {
		calls = float64(e.items)
	}
	e.requests = pace{"requests to Lambda", perSecond, perSecond, calls}
	switch {
	case !e.shape.Map.Distributed:
		e.transitions.each = entries
		e.limit(int(e.book.Limit("states.iterations")), "iterations at once")
	case e.shape.Map.Express:
		e.starts = e.bucket("states.starts.express", "child starts")
		e.limit(int(e.book.Limit("states.children")), "children at once")
	default:
		e.starts = e.bucket("states.starts.standard", "child starts")
		e.transitions.each += entries
		e.limit(int(e.book.Limit("states.children")), "children at once")
	}
	if n := e.setup.MaxConcurrency; n > 0 {
		e.limit(n, "MaxConcurrency")
	}
	name := "Lambda's concurrency"
	if e.setup.Reserved > 0 {
		lambda, name = e.setup.Reserved, "reserved concurrency"
	}
	if wanted := min(e.concurrency, e.batches) * e.width; wanted > lambda && e.calls() {
		e.throttled = fmt.Sprintf("up to %s want an environment at once, and Lambda has %s: it throttles, and retries wait",
			number.Of(wanted, "call"), number.Thousands(lambda))
		e.limit(max(lambda/e.width, 1), name)
	}
}

// calls reports whether children call functions.
func (e *estimate) calls() bool {
	var any func(path []Step) bool
	any = func(path []Step) bool {
		for i := range path {
			if c := path[i].Call; c != nil && c.Role != "" || any(path[i].Inner) {
				return true
			}
		}
		return false
	}
	return any(e.shape.Child) || any(e.shape.PerItem)
}

// limit lets at most n children run at once.
func (e *estimate) limit(n int, why string) {
	if e.concurrency == 0 || n < e.concurrency {
		e.concurrency, e.limited = n, why
	}
}

// bucket returns the bucket of a quota, each child takes one token from.
func (e *estimate) bucket(quota, name string) pace {
	f, _ := e.book.Quota(quota)
	if f.Burst == 0 {
		f.Burst = f.Value
	}
	return pace{name, f.Value, f.Burst, 1}
}

// run computes the seconds of the Map and its bounds.
func (e *estimate) run(t *Took) {
	cold := 0.0
	if e.calls() {
		cold = e.book.Assumption("cold-start-seconds").Value
	}
	end := e.child + e.tail()
	last := e.batches - 1
	t.Map = e.begins(last, cold) + e.batch(e.lastOnes)
	if last > 0 || e.items == e.lastOnes {
		full := last
		if e.items > e.lastOnes {
			full--
		}
		t.Map = max(t.Map, e.begins(full, cold)+end)
		if mixed := e.mixed(); mixed > 0 {
			t.Map += mixed * (max(e.tokens(last)+end, cold+e.renewed()) - t.Map)
		}
	}
	if float64(e.batches) <= min(float64(e.concurrency), e.started(e.child+cold)) {
		t.Map += cold // the last child finds no environment that has worked before
	}
	for _, p := range e.paces() {
		if at := p.token(last); at > 0 {
			t.Bounds = append(t.Bounds, Bound{p.name, at + end})
		}
	}
	if rounds := last / e.concurrency; rounds > 0 {
		t.Bounds = append(t.Bounds, Bound{e.limited, cold + float64(rounds)*e.mean + end})
	} else {
		t.Bounds = append(t.Bounds, Bound{"time of a batch", cold + end})
	}
	t.Certain, t.Why = e.throttled == "", e.throttled
	if seconds := e.ramp(); seconds > 0 {
		t.Bounds = append(t.Bounds, Bound{"growth of the function", seconds})
		if t.Certain = false; t.Why == "" {
			t.Why = "Lambda throttles while the function grows, and retries wait"
		}
		t.Map = max(t.Map, seconds)
	}
	most := t.Bounds[0]
	for _, bound := range t.Bounds {
		if bound.Seconds > most.Seconds {
			most = bound
		}
	}
	t.Binds = most.Name
}

// mixed returns how much the rounds of children that take different times have
// mixed: 0 if all of a round still begin together, 1 if they begin at any time.
func (e *estimate) mixed() float64 {
	rounds := (e.batches - 1) / e.concurrency
	if rounds == 0 {
		return 0
	}
	return min(1, 2.5*e.deviation()*math.Sqrt(float64(rounds))/e.mean)
}

// renewed returns the seconds of children if one begins whenever one ends. When the last
// one begins, others have begun at any time before.
func (e *estimate) renewed() float64 {
	d, deviation := e.mean, e.deviation()
	left := (d + deviation*deviation/d) / 2
	n := float64(e.concurrency)
	return float64(e.batches)*d/n - left + e.exceeded(0.56*d/n) // the mean of the largest of n
}

// exceeded returns the seconds that children exceed by so many seconds on average.
func (e *estimate) exceeded(by float64) float64 {
	// From the slowest child on, in steps of the share of those that are slower.
	const steps = 200
	step := math.Pow(100*float64(e.concurrency), -1.0/steps)
	slower := math.Pow(step, steps)
	seconds := e.quantile(1 - slower)
	var excess float64
	for range steps {
		more := slower / step
		next := e.quantile(max(1-more, 0))
		mean := (slower + more) / 2
		if excess+(seconds-next)*mean >= by {
			return seconds - (by-excess)/mean
		}
		excess += (seconds - next) * mean
		slower, seconds = more, next
	}
	return seconds - (by - excess)
}

// tokens returns when a child has its tokens.
func (e *estimate) tokens(child int) (at float64) {
	for _, p := range e.paces() {
		at = max(at, p.token(child))
	}
	return at
}

// begins returns when a child begins.
func (e *estimate) begins(child int, cold float64) float64 {
	rounds, first := child/e.concurrency, child%e.concurrency
	begins := float64(rounds) * e.mean
	if rounds > 0 {
		begins += cold
	}
	var tokens float64
	for _, p := range e.paces() {
		begins = max(begins, float64(rounds)*e.mean+p.token(first))
		at := p.token(child)
		if taken := float64(e.concurrency) * p.each; rounds > 0 && at > 0 && taken < p.burst {
			// While the first children work, the bucket gets full again, and gets no more.
			at += max(0, cold+e.mean-taken/p.rate)
		}
		tokens = max(tokens, at)
	}
	return max(tokens, begins)
}

// paces are the buckets that children wait for.
func (e *estimate) paces() []pace { return []pace{e.starts, e.transitions, e.requests} }

// started returns how many children start within some seconds.
func (e *estimate) started(seconds float64) float64 {
	n := float64(e.batches)
	for _, p := range e.paces() {
		if p.rate > 0 {
			n = min(n, (p.burst+p.rate*seconds)/p.each)
		}
	}
	return n
}

// ramp returns the seconds of the Map if Lambda starts new environments as slowly as
// it does: 0 if that is no slower than children start.
func (e *estimate) ramp() float64 {
	growth := e.bucket("lambda.ramp", "growth of the function")
	wanted := float64(min(e.concurrency, e.batches) * e.width)
	if wanted <= growth.burst || growth.rate <= 0 || !e.calls() {
		return 0
	}
	// Calls a second for which new environments are wanted.
	wants := math.Inf(1)
	for _, p := range e.paces() {
		if p.rate > 0 {
			wants = min(wants, p.rate/p.each*float64(e.width))
		}
	}
	if wants <= growth.rate || e.started(e.child)*float64(e.width) <= growth.burst {
		return 0
	}
	if e.batches <= e.concurrency {
		return (wanted-growth.burst)/growth.rate + e.child
	}
	// The work is the area below the environments over time.
	work := float64(e.batches*e.width) * e.child
	full := (wanted - growth.burst) / growth.rate
	area := growth.burst*full + growth.rate*full*full/2
	seconds := full + (work-area)/wanted
	if area >= work {
		seconds = (math.Sqrt(growth.burst*growth.burst+2*growth.rate*work) - growth.burst) / growth.rate
	}
	return seconds + e.child/2
}
