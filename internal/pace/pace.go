// Package pace computes the rate of a count over the last seconds, so that a slow start is
// soon forgotten, and a count that stands still has no rate.
package pace

import (
	"fmt"
	"slices"
	"time"

	"github.com/mapjob/mapjob/internal/number"
)

const (
	// window is how far back the rate looks, at least. It looks further if steps are rare,
	// such as those of batches that end together, or of a Map Run on AWS that is polled.
	window = 10 * time.Second
	// pauses times the longest time between two steps is the length of a window, at least.
	pauses = 4
	// idleAfter times the longest time between two steps without a step is idle.
	idleAfter = 3
)

// Meter computes the rate of a count. The zero value is ready. It is not safe for concurrent
// use.
type Meter struct {
	steps []step // oldest first
}

// step is a change of the count. The first one is where the count began.
type step struct {
	at    time.Time
	count int64
}

// Add records the count at a time. If the count is lower than before, as after the redrive
// of a Map Run, the rate begins anew.
func (m *Meter) Add(at time.Time, count int64) {
	if n := len(m.steps); n > 0 {
		switch last := m.steps[n-1]; {
		case count == last.count:
			return
		case count < last.count:
			m.steps = m.steps[:0]
		}
	}
	m.steps = append(m.steps, step{at, count})
	m.steps = slices.Delete(m.steps, 0, m.begin())
}

// begin returns the index of the first step of the window that ends with the last step.
func (m *Meter) begin() int {
	i := len(m.steps) - 1
	last, longest := m.steps[i].at, time.Duration(0)
	for i > 0 && last.Sub(m.steps[i].at) < max(window, pauses*longest) {
		i--
		longest = max(longest, m.steps[i+1].at.Sub(m.steps[i].at))
	}
	return i
}

// longest returns the longest time between two steps.
func (m *Meter) longest() (longest time.Duration) {
	for i := 1; i < len(m.steps); i++ {
		longest = max(longest, m.steps[i].at.Sub(m.steps[i-1].at))
	}
	return longest
}

// Rate returns the rate at a time, per second: 0 if it is not known or the count stands
// still. The rate falls as soon as the next step is late.
func (m *Meter) Rate(at time.Time) float64 {
	if len(m.steps) < 2 || m.Idle(at) > 0 {
		return 0
	}
	first, last := m.steps[0], m.steps[len(m.steps)-1]
	late := max(0, at.Sub(last.at)-m.longest())
	return float64(last.count-first.count) / (last.at.Sub(first.at) + late).Seconds()
}

// Idle returns how long the count has stood still at a time: 0 if it has had no step, or
// the next one is not yet overdue.
func (m *Meter) Idle(at time.Time) time.Duration {
	if len(m.steps) < 2 {
		return 0
	}
	idle := at.Sub(m.steps[len(m.steps)-1].at)
	if idle <= max(window, idleAfter*m.longest()) {
		return 0
	}
	return idle
}

// Words describes the rate at a time, and how long the rest takes: "500 a second, 7s left".
// If the count stands still, it says for how long. If nothing is known, it returns "".
func (m *Meter) Words(at time.Time, rest int64) string {
	if idle := m.Idle(at); idle > 0 {
		return fmt.Sprintf("none in the last %s", idle.Round(time.Second))
	}
	return words(m.Rate(at), rest)
}

// Average describes the average rate of a count, and how long the rest takes at that rate. It
// returns "" if nothing was counted.
func Average(count int64, took time.Duration, rest int64) string {
	if count <= 0 || took <= 0 {
		return ""
	}
	return words(float64(count)/took.Seconds(), rest) + " on average"
}

func words(rate float64, rest int64) string {
	if rate <= 0 {
		return ""
	}
	text := fmt.Sprintf("%.1f a second", rate)
	if rate >= 9.95 {
		text = number.Thousands(int(rate+0.5)) + " a second"
	}
	if seconds := float64(rest) / rate; rest > 0 && seconds < longestLeft.Seconds() {
		text += fmt.Sprintf(", %s left", time.Duration(seconds*float64(time.Second)).Round(time.Second))
	}
	return text
}

// longestLeft is longer than any execution.
const longestLeft = 2 * 365 * 24 * time.Hour
