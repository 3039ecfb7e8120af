package report

import "time"

// Timeline is how many items ended in each of equal steps of time. It takes
// the same memory however long the run was. The zero Timeline is empty.
type Timeline struct {
	From      time.Time `json:"from"`
	StepMs    int64     `json:"stepMs"`
	Succeeded []int     `json:"succeeded"`
	Failed    []int     `json:"failed"` // as long as Succeeded
}

const (
	maxSteps  = 120 // of a Timeline: what a chart can show
	firstStep = 10  // in milliseconds
)

// add counts an item that ended at a time, which may be before all others.
func (t *Timeline) add(end time.Time, succeeded bool) {
	if t.StepMs == 0 {
		t.From, t.StepMs = end, firstStep
	}
	for end.Before(t.From) {
		if steps := int((t.From.Sub(end).Milliseconds() + t.StepMs - 1) / t.StepMs); len(t.Succeeded)+steps <= maxSteps {
			t.Succeeded = append(make([]int, steps), t.Succeeded...)
			t.Failed = append(make([]int, steps), t.Failed...)
			t.From = t.From.Add(-time.Duration(int64(steps)*t.StepMs) * time.Millisecond)
			break
		}
		t.double()
	}
	at := func() int { return int(end.Sub(t.From).Milliseconds() / t.StepMs) }
	for at() >= maxSteps {
		t.double()
	}
	for len(t.Succeeded) <= at() {
		t.Succeeded, t.Failed = append(t.Succeeded, 0), append(t.Failed, 0)
	}
	if succeeded {
		t.Succeeded[at()]++
	} else {
		t.Failed[at()]++
	}
}

// double makes the steps twice as long.
func (t *Timeline) double() {
	t.StepMs *= 2
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
	t.Succeeded, t.Failed = halve(t.Succeeded), halve(t.Failed)
}

// Bar is a step of the timeline as the chart draws it, in per cent of the
// highest step.
type Bar struct {
	Succeeded, Failed float64
	Label             string
}

// Bars are the steps of the timeline for a chart.
func (t *Timeline) Bars() []Bar {
	highest := 1
	for i := range t.Succeeded {
		highest = max(highest, t.Succeeded[i]+t.Failed[i])
	}
	bars := make([]Bar, len(t.Succeeded))
	for i := range bars {
		after := time.Duration(int64(i)*t.StepMs) * time.Millisecond
		bars[i] = Bar{100 * float64(t.Succeeded[i]) / float64(highest), 100 * float64(t.Failed[i]) / float64(highest),
			Thousands(t.Succeeded[i]) + " succeeded, " + Thousands(t.Failed[i]) + " failed after " + after.String()}
	}
	return bars
}

// Step is the length of a step.
func (t *Timeline) Step() time.Duration { return time.Duration(t.StepMs) * time.Millisecond }

// Highest is the most items that ended in one second: in as many steps as fit
// into one, or where a step is longer as an average over it.
func (t *Timeline) Highest() int {
	steps := int(max(1, 1000/max(t.StepMs, 1)))
	highest, within := 0, 0
	for i := range t.Succeeded {
		within += t.Succeeded[i] + t.Failed[i]
		if i >= steps {
			within -= t.Succeeded[i-steps] + t.Failed[i-steps]
		}
		highest = max(highest, within)
	}
	return int(int64(highest) * 1000 / max(t.StepMs, 1000))
}
