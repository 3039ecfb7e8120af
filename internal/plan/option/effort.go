package option

import (
	"math"
	"slices"

	"github.com/mapjob/mapjob/internal/plan"
	"github.com/mapjob/mapjob/internal/price"
)

// effort is what the invocations of a worker do.
type effort struct {
	seconds float64 // billed
	parts   float64 // stored, by reference
	reads   float64 // of parts that earlier attempts have stored
	delays  float64 // seconds between attempts
}

func (e *effort) add(f effort, times float64) {
	e.seconds += f.seconds * times
	e.parts += f.parts * times
	e.reads += f.reads * times
	e.delays += f.delays * times
}

// batchSeconds returns how long the worker takes for a batch without a crash.
func (u *using) batchSeconds(items int) float64 {
	return batchSeconds(u.w, u.s, items) + u.assumed("kit-seconds-per-item")*float64(items)
}

// batchSeconds returns how long the items of a batch take.
func batchSeconds(w plan.Workload, s plan.Setup, items int) float64 {
	atOnce := float64(max(s.ItemsAtOnce, 1))
	if w.Time.Deviation() > 0 {
		return float64(items) * w.Time.Mean().Seconds() / atOnce
	}
	return math.Ceil(float64(items)/atOnce) * w.Time.Mean().Seconds()
}

// perInvocation returns the items that an invocation of the worker gets in a batch.
func (u *using) perInvocation(items int) int {
	if len(u.shape.PerItem) > 0 {
		return 1
	}
	return items
}

// functions adds the GB-seconds of functions and of Express executions.
func (u *using) functions() {
	tries := u.attempts()
	var express float64
	for r := range plan.Runs(u.w, u.s) {
		k := u.perInvocation(r.Items)
		tries.seconds, tries.items = u.batchSeconds(k), k
		if tries.token {
			tries.seconds = u.assumed("call-seconds")
		}
		done := tries.run(r)
		u.done.add(done, 1)
		if u.shape.Map.Express {
			seconds := (done.seconds + done.delays) / float64(r.Batches)
			payload := float64(r.Items*(indexBytes+u.w.ItemBytes)+u.s.Overhead) * max(1, forks(u.shape.Child))
			express += float64(r.Batches) * expressGB(u.b, payload) * math.Ceil(seconds*10-1e-6) / 10
		}
	}
	u.c.LambdaGBSeconds[plan.Worker] = price.From(u.done.seconds * float64(u.s.Memory[plan.Worker]) / 1024)
	u.c.ExpressGBSeconds = price.From(express)
	for _, role := range []plan.Role{plan.JobStart, plan.Chunker, plan.Summary} {
		if u.c.LambdaRequests[role] > 0 {
			u.c.LambdaGBSeconds[role] = price.From(plan.Passes(role, u.w, u.s, u.b) * float64(u.s.Memory[role]) / 1024)
		}
	}
}

// forks counts the Map and Parallel states of a path: each holds its payload.
func forks(path []plan.Step) (n float64) {
	for _, step := range path {
		if step.Type == "Map" || step.Type == "Parallel" {
			n++
		}
		n += forks(step.Inner)
	}
	return n
}

// attempts computes what the attempts of an invocation do together.
type attempts struct {
	w       plan.Workload
	s       plan.Setup
	retries int
	delay   func(before int) float64
	token   bool    // the item then waits for another system
	items   int     // of an invocation
	seconds float64 // of one that does not crash
	perPart int     // items whose outcomes fill a part
}

func (u *using) attempts() attempts {
	a := attempts{w: u.w, s: u.s, perPart: max(1, partBytes/u.outcome())}
	eachCall(slices.Concat(u.shape.Child, u.shape.PerItem), func(c *plan.Call) {
		if c.Role != plan.Worker {
			return
		}
		a.token = c.Submitted
		if r := c.Retrier(plan.Crash); r != nil {
			a.retries, a.delay = r.MaxAttempts, r.Delay
		}
	})
	return a
}

// run returns what the invocations for some batches do.
func (a attempts) run(r plan.Run) (all effort) {
	if a.w.Crashed <= 0 || !a.w.Seeded {
		each := float64(r.Items) / float64(a.items)
		all.add(a.from(0, 0, a.seconds, 0), float64(r.Batches)*each)
		return all
	}
	r.Each(func(first, k int) bool {
		for i := 0; i < k; i += a.items {
			all.add(a.from(first+i, 0, a.seconds, 0), 1)
		}
		return true
	})
	return all
}

// from returns what an attempt and those after it do, if some seconds of work and parts
// are left by those before.
func (a attempts) from(first, attempt int, left float64, before int) effort {
	// More than three crashes in a row are too rare to count as an expectation.
	const most = 3
	if p := a.w.Crashed; p > 0 && a.w.Seeded {
		if fate := a.w.Fate(first, attempt); fate.Crashed {
			return a.crash(first, attempt, left, before, fate.Share)
		}
	} else if p > 0 && attempt < most {
		const shares = 8
		var mean effort
		for i := range shares {
			mean.add(a.crash(first, attempt, left, before, (float64(i)+0.5)/shares), p/shares)
		}
		mean.add(a.end(attempt, left, before), 1-p)
		return mean
	}
	return a.end(attempt, left, before)
}

// crash is an attempt that crashes after a share of its work.
func (a attempts) crash(first, attempt int, left float64, before int, share float64) effort {
	stored, parts := a.s.Stored(left*share, attempt > 0)
	e := effort{seconds: billed(left * share), parts: float64(parts), reads: float64(before)}
	if attempt < a.retries {
		e.delays = a.delay(attempt)
		e.add(a.from(first, attempt+1, left-stored, before+parts), 1)
	}
	return e
}

// end is an attempt that does what is left.
func (a attempts) end(attempt int, left float64, before int) effort {
	e := effort{seconds: billed(left), reads: float64(before)}
	if a.s.Passing == plan.ByReference {
		_, parts := a.s.Stored(left-1e-9, attempt > 0)
		full := (a.items + a.perPart - 1) / a.perPart
		e.parts = float64(min(max(parts+1, full), a.items))
	}
	return e
}

// billed rounds seconds up to milliseconds.
func billed(seconds float64) float64 { return math.Ceil(seconds*1000-1e-6) / 1000 }
