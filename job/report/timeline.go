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

// chart is a timeline as it is drawn. Its heights are percentages of Top.
type chart struct {
	Step, Took time.Duration
	Most       int // items a second
	Top        int // items in a step, at least as many as in any
	HasFailed  bool
	Bars       []bar
}

// bar is a step of the chart.
type bar struct {
	At                int
	Succeeded, Failed float64
	Label             string
}

// Count is the number of steps.
func (c chart) Count() int { return len(c.Bars) }

// Y is where the part of items that succeeded begins, above those that failed.
func (b bar) Y() float64 { return 100 - b.Failed - b.Succeeded }

// FailedY is where the part of items that failed begins.
func (b bar) FailedY() float64 { return 100 - b.Failed }

// chart returns the timeline as it is drawn.
func (t *Timeline) chart() chart {
	step := time.Duration(t.StepMs) * time.Millisecond
	highest := 1
	for i := range t.Succeeded {
		highest = max(highest, t.Succeeded[i]+t.Failed[i])
	}
	c := chart{Step: step, Took: time.Duration(len(t.Succeeded)) * step, Most: t.highest(), Top: round(highest), Bars: make([]bar, len(t.Succeeded))}
	for i := range c.Bars {
		succeeded, failed := t.Succeeded[i], t.Failed[i]
		c.HasFailed = c.HasFailed || failed > 0
		c.Bars[i] = bar{i, percent(int64(succeeded), int64(c.Top)), percent(int64(failed), int64(c.Top)),
			Thousands(succeeded) + " succeeded, " + Thousands(failed) + " failed after " + words(time.Duration(i)*step)}
	}
	return c
}

// round returns an even number of at most two digits that are not 0, not below n.
func round(n int) int {
	unit := 1
	for n > 100*unit {
		unit *= 10
	}
	return (n + 2*unit - 1) / (2 * unit) * (2 * unit)
}

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
