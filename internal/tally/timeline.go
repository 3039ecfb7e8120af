package tally

import "time"

const (
	maxSteps  = 120 // of a timeline: what a chart can show
	firstStep = 10  // in milliseconds
)

// Times and durations come from workers, which may be written in any language.
// What can't be right would make a chart that shows nothing else. All of it is in
// milliseconds.
const (
	hour = 60 * 60 * 1000
	day  = 24 * hour
	// longest is how long an execution, and so an item, may take: a year, and two
	// weeks until it is redriven.
	longest = 366*day + 14*day

	year2000 = 946_684_800_000   // its beginning, as Unix time
	year2200 = 7_258_118_400_000 // as well
)

// timeline counts the items that ended in each step of time. All steps have the
// same length, which grows with the execution, so that the memory of a timeline
// is constant. Times are in milliseconds of Unix time.
type timeline struct {
	from      int64
	step      int64
	succeeded []int
	failed    []int // as long as succeeded
}

// isSane reports whether an item of an execution may have ended at a time: from an
// hour before the execution started, because clocks differ. If start is zero, it
// is not known, and the time may be of the years 2000 to 2199.
func isSane(end int64, start time.Time) bool {
	if start.IsZero() {
		return year2000 <= end && end < year2200
	}
	began := start.UnixMilli()
	return began-hour <= end && end <= began+longest
}

// add counts an item that ended at a time that is sane. Times need not be in
// sequence.
func (t *timeline) add(end int64, succeeded bool) {
	if t.step == 0 {
		t.from, t.step = end, firstStep
	}
	for end < t.from {
		if steps := (t.from - end + t.step - 1) / t.step; int64(len(t.succeeded))+steps <= maxSteps {
			t.succeeded = append(make([]int, steps), t.succeeded...)
			t.failed = append(make([]int, steps), t.failed...)
			t.from -= steps * t.step
			break
		}
		t.double()
	}
	for (end-t.from)/t.step >= maxSteps {
		t.double()
	}
	at := int((end - t.from) / t.step)
	for len(t.succeeded) <= at {
		t.succeeded, t.failed = append(t.succeeded, 0), append(t.failed, 0)
	}
	if succeeded {
		t.succeeded[at]++
	} else {
		t.failed[at]++
	}
}

// double doubles the length of the steps.
func (t *timeline) double() {
	t.step *= 2
	halve := func(counts []int) []int {
		for i, n := range counts {
			if i%2 == 0 {
				counts[i/2] = n
			} else {
				counts[i/2] += n
			}
		}
		return counts[:(len(counts)+1)/2]
	}
	t.succeeded, t.failed = halve(t.succeeded), halve(t.failed)
}
