package report

import "time"

// Timeline is how many items ended in each step of time. All steps have the same
// length, which depends on how long the execution took.
type Timeline struct {
	From      time.Time `json:"from"`
	StepMs    int64     `json:"stepMs"`
	Succeeded []int     `json:"succeeded"`
	Failed    []int     `json:"failed"` // as long as Succeeded
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
