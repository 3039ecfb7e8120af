package plan

import "math"

// tail returns how much longer than the mean the slowest of the last children takes, as
// the mean over many executions.
func (e *estimate) tail() float64 { return max(e.slow(e.atTheEnd(e.mean)), e.crash()) }

// atTheEnd returns how many children run when the last one begins, of those that take so
// long.
func (e *estimate) atTheEnd(seconds float64) float64 {
	n := float64(min(e.concurrency, e.batches))
	for _, p := range e.paces() {
		if p.rate > 0 && p.token(e.batches-1) > 0 {
			n = min(n, seconds*p.rate/p.each)
		}
	}
	return max(n, 1)
}

// slow returns how much longer than the mean the slowest of n children takes.
func (e *estimate) slow(n float64) float64 {
	if e.workload.Time.Deviation() == 0 {
		return 0
	}
	return largest(e.quantile, n) - e.mean
}

// quantile returns the seconds within which this share of the children ends.
func (e *estimate) quantile(share float64) float64 {
	w := e.workload.Time
	z := normal(share)
	switch lanes := max(e.setup.ItemsAtOnce, 1); {
	case e.eachItem():
		return e.mean + e.deviation()*z
	case e.items == 1:
		return e.mean - w.Mean().Seconds() + e.single(share)
	default:
		k := float64(e.items)
		return e.mean + (w.Together(k, z).Seconds()-k*w.Mean().Seconds())/float64(lanes)
	}
}

// deviation returns the standard deviation of a child's seconds.
func (e *estimate) deviation() float64 {
	lanes := float64(max(e.setup.ItemsAtOnce, 1))
	if e.eachItem() {
		// The slowest of the items that run at once ends the child.
		lanes = float64(e.width)
		if e.items <= e.width {
			return e.workload.Time.Deviation().Seconds()
		}
	}
	return math.Sqrt(float64(e.items)) * e.workload.Time.Deviation().Seconds() / lanes
}

// normal returns the quantile of the standard normal distribution.
func normal(share float64) float64 { return math.Sqrt2 * math.Erfinv(2*share-1) }

// crash is the tail of invocations that crash late, and wait for their retries.
func (e *estimate) crash() (seconds float64) {
	var add func(path []Step)
	add = func(path []Step) {
		for i := range path {
			if c := path[i].Call; c != nil && c.Role == Worker {
				if r := c.Retrier(Crash); r != nil {
					seconds += e.lateRetries(r)
				}
			}
			add(path[i].Inner)
		}
	}
	add(e.shape.Child)
	add(e.shape.PerItem)
	return seconds
}

// lateRetries returns what the retries of the last children add. Of n attempts that
// crash after a share of their work, the last one does after n/(n+1).
func (e *estimate) lateRetries(r *Retrier) (seconds float64) {
	for i := range r.MaxAttempts {
		delay := r.Delay(i)
		n := e.atTheEnd(e.mean+delay) * math.Pow(e.workload.Crashed, float64(i+1))
		if e.eachItem() {
			n *= float64(e.width)
		}
		if n == 0 {
			break
		}
		some := 1 - math.Exp(-n) // that there is one
		seconds += delay * some
		late := e.work(min(e.items, e.callItems()), max(e.setup.ItemsAtOnce, 1)) * (1 - some/n)
		stored, _ := e.setup.Stored(late, i > 0)
		seconds += late - stored
	}
	return seconds
}

// callItems returns how many items one call has at most.
func (e *estimate) callItems() int {
	if e.eachItem() {
		return 1
	}
	return e.items
}

// Delay returns the mean seconds before a retry.
func (r *Retrier) Delay(before int) float64 {
	seconds := r.Interval.Seconds() * math.Pow(r.Backoff, float64(before))
	if most := r.MaxDelay.Seconds(); most > 0 {
		seconds = min(seconds, most)
	}
	if r.Jitter {
		seconds /= 2
	}
	return seconds
}

// largest returns the mean of the largest of n draws from a distribution, given by its
// quantiles.
func largest(quantile func(share float64) float64, n float64) float64 {
	const steps = 200
	var sum float64
	for i := range steps {
		u := (float64(i) + 0.5) / steps
		sum += quantile(math.Pow(u, 1/n))
	}
	return sum / steps
}
