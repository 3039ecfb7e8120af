package fault

import (
	"slices"
	"time"
)

// maxShrinkRuns is the most runs of [Shrink].
const maxShrinkRuns = 60

// Shrink returns the fewest and smallest of some faults with which a run still
// fails in the same way. Fails runs it with faults, at most 60 times.
func Shrink(faults []Fault, fails func([]Fault) bool) []Fault {
	runs := 0
	try := func(smaller []Fault) bool {
		if runs == maxShrinkRuns {
			return false
		}
		runs++
		if !fails(slices.Clone(smaller)) {
			return false
		}
		faults = smaller
		return true
	}
	if len(faults) > 0 && try([]Fault{}) {
		return faults
	}
	for i := len(faults) - 1; i >= 0; i-- {
		if len(faults) > 1 {
			try(slices.Delete(slices.Clone(faults), i, i+1))
		}
	}
	for i := range faults {
		for _, smaller := range []func(*Fault) bool{once, halved(func(f *Fault) *time.Duration { return &f.Delay }), halved(func(f *Fault) *time.Duration { return &f.After })} {
			for {
				changed := slices.Clone(faults)
				if !smaller(&changed[i]) || !try(changed) {
					break
				}
			}
		}
	}
	return faults
}

// once halves how often a fault strikes.
func once(f *Fault) bool {
	switch {
	case f.Times == -1:
		f.Times = 4
	case f.Times > 1:
		f.Times /= 2
	default:
		return false
	}
	if f.Times == 1 {
		f.Times = 0
	}
	return true
}

// halved halves a duration, down to a second.
func halved(of func(*Fault) *time.Duration) func(*Fault) bool {
	return func(f *Fault) bool {
		d := of(f)
		if *d <= time.Second {
			return false
		}
		*d = max(*d/2, time.Second).Round(time.Second)
		return true
	}
}
