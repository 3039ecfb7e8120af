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
	parent := pathOf(shape.Parent)
	c.ParentEvents = 2 + parent.events
	c.Transitions = parent.entries
	t.requests(shape.Parent, 1)

	child, item := pathOf(shape.Child), pathOf(shape.PerItem)
	n := float64(w.Items)
	m := 0
	for r := range packed(w, s) {
		m += r.batches
	}
	units := float64(m)
	if len(shape.PerItem) > 0 {
		item.events += 2 // of the iteration
		t.requests(shape.PerItem, n)
	}
	t.requests(shape.Child, units)
	inside := usage{
		entries: units*child.entries + n*item.entries,
		events:  units*(2+child.events) + n*item.events,
	}
	if len(shape.PerItem) > 0 {
		inside.add(t.crashed(shape.PerItem, w.Items, func(yield func(int, int) bool) {
			for i := range w.Items {
				if !yield(i, 1) {
					return
				}
			}
		}))
	}
	inside.add(t.crashed(shape.Child, m, Batches(w, s)))
	switch {
	case !shape.Map.Distributed:
		c.Transitions += inside.entries
		c.ParentEvents += inside.events
		c.Events = c.ParentEvents
		return c
	case shape.Map.Express:
		c.ExpressRequests = units
		c.Transitions += units
	default:
		c.Transitions += units + inside.entries
	}
	c.Children = m
	c.Events = c.ParentEvents + inside.events
	return c
}

// usage is what states enter and record.
type usage struct{ entries, events float64 }

func (u *usage) add(v usage) { u.entries, u.events = u.entries+v.entries, u.events+v.events }

// pathOf returns the usage of a path on which nothing fails.
func pathOf(path []Step) (u usage) {
	for i := range path {
		u.add(usage{float64(path[i].Entries), float64(path[i].Events)})
		u.add(pathOf(path[i].Inner))
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
// failures after them change. The path is taken for each of n batches.
func (t *tally) crashed(path []Step, n int, batches func(func(first, items int) bool)) (u usage) {
	for i := range path {
		c := path[i].Call
		if c == nil || c.Role != Worker || t.crashes.Crashed <= 0 {
			u.add(t.crashed(path[i].Inner, n, batches))
			continue
		}
		attempts := 0
		if r := c.Retrier(Crash); r != nil {
			attempts = r.MaxAttempts
		}
		retries, failures := t.crashes.crashes(attempts, n, batches)
		t.counts.LambdaRequests[Worker] += retries
		u.add(usage{retries, retries * retryEvents})
		// What would follow is replaced by the path after the Catch, or by nothing: then
		// the state has no exit either.
		rest := pathOf(path[i+1:])
		instead := usage{events: -1}
		if len(c.Caught) > 0 {
			instead = pathOf(c.Caught)
		}
		u.add(usage{failures * (instead.entries - rest.entries), failures * (instead.events - rest.events)})
	}
	return u
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
