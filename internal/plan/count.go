package plan

import (
	"math"

	"github.com/mapjob/mapjob/internal/price"
)

// retryEvents are those of a retry: the failed attempt, and the next one, scheduled
// and started.
const retryEvents = 3

// Count returns what an execution uses.
func Count(w Workload, s Setup, shape Shape) Counts {
	c := Counts{LambdaRequests: map[Role]float64{}, LambdaGBSeconds: map[Role]price.Quantity{}}
	t := tally{counts: &c, crashes: w}
	parent := PathOf(shape.Parent)
	c.ParentEvents = 2 + parent.Events
	c.Transitions = parent.Entries
	t.requests(shape.Parent, 1)

	child, item := PathOf(shape.Child), PathOf(shape.PerItem)
	n := float64(w.Items)
	m := 0
	for r := range Runs(w, s) {
		m += r.Batches
	}
	units := float64(m)
	if len(shape.PerItem) > 0 {
		item.Events += 2 // of the iteration
		t.requests(shape.PerItem, n)
	}
	t.requests(shape.Child, units)
	inside := Usage{
		Entries: units*child.Entries + n*item.Entries,
		Events:  units*(2+child.Events) + n*item.Events,
	}
	if len(shape.PerItem) > 0 {
		changed, _ := t.crashed(shape.PerItem, false, w.Items, func(yield func(int, int) bool) {
			for i := range w.Items {
				if !yield(i, 1) {
					return
				}
			}
		})
		inside.add(changed)
	}
	changed, _ := t.crashed(shape.Child, false, m, Batches(w, s))
	inside.add(changed)
	switch {
	case !shape.Map.Distributed:
		c.Transitions += inside.Entries
		c.ParentEvents += inside.Events
		c.Events = c.ParentEvents
		return c
	case shape.Map.Express:
		c.ExpressRequests = units
		c.Transitions += units
	default:
		c.Transitions += units + inside.Entries
	}
	c.Children = m
	c.Events = c.ParentEvents + inside.Events
	return c
}

// Usage is what states enter and record.
type Usage struct{ Entries, Events float64 }

func (u *Usage) add(v Usage) { u.Entries, u.Events = u.Entries+v.Entries, u.Events+v.Events }

// PathOf returns the usage of a path on which nothing fails.
func PathOf(path []Step) (u Usage) {
	for i := range path {
		u.add(Usage{float64(path[i].Entries), float64(path[i].Events)})
		u.add(PathOf(path[i].Inner))
	}
	return u
}

// tally counts the calls of an execution.
type tally struct {
	counts  *Counts
	crashes Workload
}

// requests counts those of a path that is taken so many times, without retries.
func (t *tally) requests(path []Step, times float64) {
	for i := range path {
		if c := path[i].Call; c != nil && c.Role != "" {
			t.counts.LambdaRequests[c.Role] += times
		}
		t.requests(path[i].Inner, times)
	}
}

// crashed counts the retries of the workers on a path, and returns what they and the
// failures after them change, with the failures that nothing on the path catches. The
// path is taken for each of n batches. A branch of a Parallel state has an event more
// if a Task in it fails.
func (t *tally) crashed(path []Step, branch bool, n int, batches func(func(first, items int) bool)) (u Usage, uncaught float64) {
	for i := range path {
		s := &path[i]
		caught := s.Caught
		inside, failures := t.crashed(s.Inner, true, n, batches)
		u.add(inside)
		if c := s.Call; c != nil && c.Role == Worker && t.crashes.Crashed > 0 {
			attempts := 0
			if r := c.Retrier(Crash); r != nil {
				attempts = r.MaxAttempts
			}
			var retries float64
			retries, failures = t.crashes.crashes(attempts, n, batches)
			t.counts.LambdaRequests[Worker] += retries
			u.add(Usage{retries, retries * retryEvents})
			caught = c.Caught
			if c.Submitted {
				u.Events -= failures
			}
			if branch && len(caught) == 0 {
				u.Events += failures
			}
		}
		// What would follow is replaced by the path after the Catch, or by nothing: then
		// the state has no exit either.
		instead, rest := PathOf(caught), PathOf(path[i+1:])
		if len(caught) == 0 {
			instead.Events--
			uncaught += failures
		}
		t.requests(path[i+1:], -failures)
		t.requests(caught, failures)
		u.add(Usage{failures * (instead.Entries - rest.Entries), failures * (instead.Events - rest.Events)})
	}
	return u, uncaught
}

// crashes returns how many attempts of n batches are retries, and how many batches fail
// for good: as the seed says, or as expected.
func (w Workload) crashes(attempts, n int, batches func(func(first, items int) bool)) (retries, failures float64) {
	if !w.Seeded {
		p := w.Crashed
		for i := 1; i <= attempts; i++ {
			retries += math.Pow(p, float64(i))
		}
		return retries * float64(n), math.Pow(p, float64(attempts+1)) * float64(n)
	}
	batches(func(first, _ int) bool {
		attempt := 0
		for attempt <= attempts && w.Fate(first, attempt).Crashed {
			attempt++
		}
		retries += float64(min(attempt, attempts))
		if attempt > attempts {
			failures++
		}
		return true
	})
	return retries, failures
}
