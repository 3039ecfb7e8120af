package simulate

import "math"

// bucket is a token bucket that gives out reservations in the order in which they are
// asked for. It keeps the time at which it is full again, in whole nanoseconds, so
// that a seed gives the same times on every machine. Its zero value has no limit.
type bucket struct {
	every  int64 // nanoseconds for one token
	burst  int64 // nanoseconds for all tokens that it holds
	full   int64 // when it is full again
	waited int64 // nanoseconds that takers waited, in all
}

// newBucket returns a full bucket. A rate of 0 means no limit.
func newBucket(rate, burst float64) bucket {
	if rate <= 0 {
		return bucket{}
	}
	every := int64(math.Round(1e9 / rate))
	return bucket{every: every, burst: int64(math.Max(burst, 1) * float64(every))}
}

// take takes tokens and returns when they are there: now, or later.
func (b *bucket) take(now, tokens int64) int64 {
	if b.every == 0 {
		return now
	}
	b.full = max(b.full, now) + tokens*b.every
	at := max(now, b.full-b.burst)
	b.waited += at - now
	return at
}

// try takes one token if it is there now.
func (b *bucket) try(now int64) bool {
	if b.every == 0 {
		return true
	}
	full := max(b.full, now) + b.every
	if full-b.burst > now {
		return false
	}
	b.full = full
	return true
}
