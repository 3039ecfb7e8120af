package report

import "time"

// Timeline counts the items that ended in each step of time. All steps have the
// same length, which grows with the execution, so that the memory of a Timeline is
// constant. The zero Timeline is empty.
type Timeline struct {
	From      time.Time `json:"from"`
	StepMs    int64     `json:"stepMs"`
	Succeeded []int     `json:"succeeded"`
	Failed    []int     `json:"failed"` // as long as Succeeded
}

const (
	maxSteps  = 120 // that a chart can show
	firstStep = 10  // in milliseconds
)

// add counts an item that ended at the given time. Times need not be in sequence.
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

// double doubles the length of the steps.
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

// bar is a bar of the chart. Its heights are percentages of the highest bar.
type bar struct {
	Succeeded, Failed float64
	Label             string
}

// bars returns a bar for each step.
func (t *Timeline) bars() []bar {
	highest := 1
	for i := range t.Succeeded {
		highest = max(highest, t.Succeeded[i]+t.Failed[i])
	}
	bars := make([]bar, len(t.Succeeded))
	for i := range bars {
		after := time.Duration(int64(i)*t.StepMs) * time.Millisecond
		bars[i] = bar{100 * float64(t.Succeeded[i]) / float64(highest), 100 * float64(t.Failed[i]) / float64(highest),
			Thousands(t.Succeeded[i]) + " succeeded, " + Thousands(t.Failed[i]) + " failed after " + after.String()}
	}
	return bars
}

// step returns the length of a step.
func (t *Timeline) step() time.Duration { return time.Duration(t.StepMs) * time.Millisecond }

// highest returns the largest number of items that ended within a second. If a step
// is longer than a second, it is the average over that step.
func (t *Timeline) highest() int {
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
