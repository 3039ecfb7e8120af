package contain

import (
	"math/rand/v2"
	"time"
)

const (
	firstBackoff   = 100 * time.Millisecond // the longest pause before the second try
	longestBackoff = 5 * time.Second
)

// Backoff returns the pause after a try, counted from 1. Its limit doubles from
// try to try, and the pause is random up to it ("full jitter").
func Backoff(try int) time.Duration {
	return rand.N(min(firstBackoff<<(try-1), longestBackoff)) + time.Millisecond
}
