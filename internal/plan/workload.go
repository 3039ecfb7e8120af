// Package plan computes what the executions of a job use, and how long they take.
package plan

import (
	"cmp"
	"iter"
	"math"
	"slices"
	"time"
)

// Workload is what a job has to do.
type Workload struct {
	Items int
	// ItemBytes and ResultBytes are the bytes of an item's and a result's JSON.
	ItemBytes, ResultBytes int
	// Time is how long an item takes.
	Time Time
	// Failed is the share of items that fail in the end. The others of their batch go
	// on, so it changes no count.
	Failed float64
	// Crashed is the share of a worker's invocations that crash, time out or are lost,
	// and are retried.
	Crashed float64
	// Seed decides which invocations crash, see [Workload.Fate], if Seeded is set.
	// Else crashes are expectations.
	Seed   uint64
	Seeded bool
	// Within is the deadline, 0 for none.
	Within time.Duration
	// RunsPerMonth is how many executions a month has, 0 for the cost of one.
	RunsPerMonth float64
	// FreeTier subtracts what AWS gives away each month.
	FreeTier bool
}

// Fate is what happens to an invocation of the worker.
type Fate struct {
	Crashed bool
	Share   float64 // of its work that is done when it crashes
}

// Fate returns what happens to an attempt, counted from 0, of the batch whose first
// item has this index in the job. It depends on nothing else but the seed, so that the
// plan, the simulator and an engine agree.
func (w Workload) Fate(first, attempt int) Fate {
	x := mix(mix(w.Seed+uint64(first)) + uint64(attempt))
	return Fate{Crashed: share(x) < w.Crashed, Share: share(mix(x))}
}

// mix scrambles bits (SplitMix64).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// share returns a number from 0 up to 1.
func share(x uint64) float64 { return float64(x>>11) / (1 << 53) }

// Time is the distribution of an item's time. The zero Time is no time at all.
type Time struct {
	values    []time.Duration // sorted
	shares    []float64       // of the values up to and with this one; the last is 1
	mean      time.Duration
	deviation time.Duration
	skewness  float64
}

// maxTimes is how many values a Time keeps.
const maxTimes = 512

// Exactly returns the distribution of items that all take the same time.
func Exactly(d time.Duration) Time { return Of(slices.Values([]time.Duration{d})) }

// Of returns the distribution of measured times. Of many, it keeps the means of groups
// of the same size.
func Of(measured iter.Seq[time.Duration]) Time {
	all := slices.Sorted(measured)
	var t Time
	groups := min(len(all), maxTimes)
	for g := range groups {
		from, to := g*len(all)/groups, (g+1)*len(all)/groups
		var sum float64
		for _, d := range all[from:to] {
			sum += float64(d)
		}
		t.values = append(t.values, time.Duration(math.Round(sum/float64(to-from))))
		t.shares = append(t.shares, float64(to)/float64(len(all)))
	}
	var mean, square, before float64
	for i, d := range t.values {
		weight := t.shares[i] - before
		before = t.shares[i]
		mean += weight * float64(d)
		square += weight * float64(d) * float64(d)
	}
	t.mean = time.Duration(math.Round(mean))
	if len(t.values) > 1 && t.values[0] != t.values[len(t.values)-1] {
		t.deviation = time.Duration(math.Round(math.Sqrt(max(square-mean*mean, 0))))
	}
	before = 0
	for i, d := range t.values {
		if t.deviation > 0 {
			t.skewness += (t.shares[i] - before) * math.Pow((float64(d)-mean)/float64(t.deviation), 3)
		}
		before = t.shares[i]
	}
	return t
}

// Mean returns the mean.
func (t Time) Mean() time.Duration { return t.mean }

// Deviation returns the standard deviation, 0 if all items take the same time.
func (t Time) Deviation() time.Duration { return t.deviation }

// Together returns how long n items take one after the other, if the sum of their
// times is where a normal distribution is that many standard deviations from its mean.
// The sum has the skewness of the times, less for many items: it is taken as a gamma
// distribution (Wilson and Hilferty's approximation).
func (t Time) Together(n, deviations float64) time.Duration {
	z, skew := deviations, t.skewness/math.Sqrt(n)
	if skew > 0.01 {
		z = 2 / skew * (math.Pow(max(1+skew*z/6-skew*skew/36, 0), 3) - 1)
	}
	sum := n*float64(t.mean) + math.Sqrt(n)*float64(t.deviation)*z
	return time.Duration(min(max(sum, n*float64(t.At(0))), n*float64(t.At(1))))
}

// At returns the time within which this share of the items is done: At(0.5) is the
// median.
func (t Time) At(share float64) time.Duration {
	if len(t.values) == 0 {
		return 0
	}
	i, _ := slices.BinarySearchFunc(t.shares, share, func(s, share float64) int { return cmp.Compare(s, share) })
	return t.values[min(i, len(t.values)-1)]
}
