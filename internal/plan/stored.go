package plan

import "math"

// A worker by reference stores outcomes after this much work, which a crash may repeat,
// and at most once a second: see job/internal/chunk.
const (
	lossGBSeconds = 75
	soonest       = 1.0 // seconds
)

// storeEvery returns after how many seconds of work a worker by reference stores the
// outcomes.
func (s Setup) storeEvery() float64 {
	return max(soonest, lossGBSeconds*1024/float64(max(s.Memory[Worker], 1)))
}

// Stored returns how many seconds of an invocation's work are stored if it crashes after
// some, and in how many parts. In a retry the first part comes after a second, and each
// wait is twice as long as the one before.
func (s Setup) Stored(worked float64, retry bool) (seconds float64, parts int) {
	if s.Passing != ByReference {
		return 0, 0
	}
	every := s.storeEvery()
	wait := every
	if retry {
		wait = soonest
	}
	for ; seconds+wait <= worked; wait = min(2*wait, every) {
		seconds += wait
		parts++
	}
	return seconds, parts
}

// lost returns how many seconds of work are done again if an invocation crashes, as the
// mean over all shares of its work.
func (s Setup) lost(work float64) float64 {
	if s.Passing != ByReference || work <= 0 {
		return work / 2
	}
	every := s.storeEvery()
	full := math.Floor(work / every)
	rest := work - full*every
	return (full*every*every + rest*rest) / (2 * work)
}
