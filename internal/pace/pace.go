// Package pace computes how fast something is counted: by the last seconds, so that a slow
// start is soon forgotten, and a count that stands still has no rate.
package pace

import (
	"fmt"
	"slices"
	"time"

	"github.com/mapjob/mapjob/internal/number"
)

const (
	// window is how far back steps of the count are taken, at least: more if the count has
	// stood still between them, as between batches that end together, or between two looks at
	// a Map Run on AWS.
	window = 10 * time.Second
	// pauses is how many of the longest times between two steps a window has.
	pauses = 4
	// idleAfter is how many of the longest times between two steps pass until the count
	// stands still.
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

// Add adds what the count is at a time. If it is lower than before, as that of a Map Run
// that was redriven, the rate begins anew.
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

// Rate returns how much a second is counted at a time: 0 if that is not known, or the
// count stands still. It stays until the next step is late, and falls then.
func (m *Meter) Rate(at time.Time) float64 {
	if len(m.steps) < 2 || m.Idle(at) > 0 {
		return 0
	}
	first, last := m.steps[0], m.steps[len(m.steps)-1]
	late := max(0, at.Sub(last.at)-m.longest())
	return float64(last.count-first.count) / (last.at.Sub(first.at) + late).Seconds()
}

// Idle returns how long the count has stood still at a time: 0 if the next step may come
// soon, or none has come.
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

// Words returns the rate of a time, and how long the rest takes at it: "500 a second, 7s left".
// It returns for how long the count has stood still if it does, and nothing if that is
// not known either.
func (m *Meter) Words(at time.Time, rest int64) string {
	if idle := m.Idle(at); idle > 0 {
		return fmt.Sprintf("none in the last %s", idle.Round(time.Second))
	}
	return words(m.Rate(at), rest)
}

// Average returns the rate of a count that took so long, and how long the rest takes at it, in
// words. It returns nothing if nothing was counted.
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
