package loop

import (
	"time"

	"github.com/mapjob/mapjob/internal/agenda"
)

// Timer is a step that runs at a time.
type Timer = agenda.Entry[func()]

// After queues a step that runs when d has passed.
func (l *Loop) After(d time.Duration, step func()) *Timer {
	l.order++
	return l.timers.Add(step, l.Now().Add(max(d, 0)), l.order)
}

// Stop removes a timer. A nil timer, or one whose step is already queued, is
// left alone.
func (l *Loop) Stop(t *Timer) { l.timers.Remove(t) }

// fireDue queues the steps of the timers that are due.
func (l *Loop) fireDue() (fired bool) {
	if l.timers.Len() == 0 {
		return false
	}
	now := l.Now()
	for step, due := l.timers.TakeDue(now); due; step, due = l.timers.TakeDue(now) {
		l.ready.push(step)
		fired = true
	}
	return fired
}
