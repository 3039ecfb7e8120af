package option

import (
	"maps"
	"math"
	"slices"
	"time"

	"github.com/mapjob/mapjob/internal/plan"
	"github.com/mapjob/mapjob/internal/price"
)

// Compare plans all ways to pass items, with Standard and with Express children, and
// with batches of many sizes, and then other architectures for the same items. Shapes
// returns what an execution enters with a setup: a shape without a child if the job
// can't have that setup.
func Compare(w plan.Workload, base plan.Setup, shapes func(plan.Setup) plan.Shape, b *price.Book) (options, others []Option, err error) {
	shapes = tolerant(shapes)
	base = withTimeouts(base)
	limits := map[kind]Limit{} // with the longest timeout
	for _, s := range setups(w, base, shapes, b) {
		o, err := Evaluate(w, s, shapes(s), b)
		if err != nil {
			return nil, nil, err
		}
		limit, ok := limits[o.kind()]
		if !ok {
			s.Timeout = withTimeout(s, longestTimeout)
			limit = BatchLimit(w, s, shapes(s), b)
			limits[o.kind()] = limit
		}
		o.BatchLimit = limit
		options = append(options, o)
	}
	MarkBest(options)
	for i, o := range options {
		if !o.Best || o.Setup.Passing == plan.Inline {
			continue
		}
		if options[i], err = leastConcurrency(o, w, shapes, b); err != nil {
			return nil, nil, err
		}
		options[i].Best, options[i].BatchLimit = true, o.BatchLimit
	}
	others, err = alternatives(w, base, b)
	return options, others, err
}

// tolerant returns the shapes with a job that tolerates all failures: how many it
// tolerates is no property of a form.
func tolerant(shapes func(plan.Setup) plan.Shape) func(plan.Setup) plan.Shape {
	return func(s plan.Setup) plan.Shape {
		shape := shapes(s)
		shape.Map.ToleratedPercentage, shape.Map.ToleratedCount, shape.Verdict = 100, 0, nil
		return shape
	}
}

// sizes are the batches that are always tried.
var sizes = []int{1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000}

// setups returns the setups to compare.
func setups(w plan.Workload, base plan.Setup, shapes func(plan.Setup) plan.Shape, b *price.Book) []plan.Setup {
	inline := base
	inline.Passing, inline.Children, inline.Batch, inline.MaxConcurrency = plan.Inline, plan.None, 1, 40
	inline.Timeout = withTimeout(base, workerTimeout(w, inline, b))
	var all []plan.Setup
	if possible(shapes(inline)) {
		all = append(all, inline)
	}
	atOnce := min(int(b.Limit("states.children")), int(b.Limit("lambda.concurrency")))
	if base.Reserved > 0 {
		atOnce = min(atOnce, base.Reserved)
	}
	for _, passing := range []plan.Passing{plan.ByReference, plan.ByValue} {
		for _, children := range []plan.Children{plan.Standard, plan.Express} {
			if children == plan.Express && !b.Has(price.ExpressRequest) {
				continue
			}
			s := base
			s.Passing, s.Children, s.MaxConcurrency, s.Batch = passing, children, atOnce, 1
			s.Timeout = withTimeout(base, longestTimeout)
			if !possible(shapes(s)) {
				continue
			}
			limit := BatchLimit(w, s, shapes(s), b)
			batches := append(slices.Clone(sizes), base.Batch, limit.Fits())
			for rounds := 1; rounds <= 4; rounds++ {
				batches = append(batches, (w.Items+rounds*atOnce-1)/(rounds*atOnce))
			}
			slices.Sort(batches)
			for _, k := range slices.Compact(batches) {
				if k < 1 || k > max(1, min(limit.Fits(), w.Items)) {
					continue
				}
				s.Batch = k
				s.Timeout = withTimeout(base, workerTimeout(w, s, b))
				all = append(all, s)
			}
		}
	}
	return all
}

// possible reports whether a job can have a shape.
func possible(shape plan.Shape) bool { return len(shape.Child) > 0 }

// workerTimeout returns the timeout that a worker needs: a tenth more than a batch
// takes, and the kit's reserve.
func workerTimeout(w plan.Workload, s plan.Setup, b *price.Book) time.Duration {
	seconds := batchSeconds(w, s, s.Batch)
	seconds += 4 * w.Time.Deviation().Seconds() * math.Sqrt(float64(s.Batch)) / float64(max(s.ItemsAtOnce, 1))
	return min(time.Duration(math.Ceil(seconds/(1-b.Assumption("margin").Value)+reserve.Seconds()))*time.Second, longestTimeout)
}

func withTimeout(s plan.Setup, d time.Duration) map[plan.Role]time.Duration {
	all := map[plan.Role]time.Duration{plan.Worker: d}
	for role, timeout := range s.Timeout {
		if role != plan.Worker {
			all[role] = timeout
		}
	}
	return all
}

// withTimeouts returns a setup whose functions have all the time that a function can
// have.
func withTimeouts(s plan.Setup) plan.Setup {
	s.Timeout = maps.Clone(s.Timeout)
	for role := range s.Timeout {
		s.Timeout[role] = longestTimeout
	}
	return s
}

// leastConcurrency returns the option with the least MaxConcurrency that takes at most
// 2% longer: a job should not ask for more than it uses.
func leastConcurrency(o Option, w plan.Workload, shapes func(plan.Setup) plan.Shape, b *price.Book) (Option, error) {
	with := func(c int) plan.Setup {
		s := o.Setup
		s.MaxConcurrency = c
		return s
	}
	limit := o.Took.Seconds * 1.02
	if w.Within > 0 {
		limit = min(limit, max(o.Took.Seconds, w.Within.Seconds()))
	}
	low, high := 0, (o.Setup.MaxConcurrency+9)/10 // in tens
	for high-low > 1 {
		middle := (low + high) / 2
		if s := with(10 * middle); plan.Duration(w, s, shapes(s), b).Seconds <= limit {
			high = middle
		} else {
			low = middle
		}
	}
	s := with(min(10*high, o.Setup.MaxConcurrency))
	return Evaluate(w, s, shapes(s), b)
}
