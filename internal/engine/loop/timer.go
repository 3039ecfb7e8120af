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

// Deadline is After for a limit that ends something which waits without one: virtual
// time does not pass for it alone, and a driven loop that has nothing else to wait
// for is blocked.
func (l *Loop) Deadline(d time.Duration, step func()) *Timer {
	l.order++
	return l.deadlines.Add(step, l.Now().Add(max(d, 0)), l.order)
}

// Stop removes a timer. A nil timer, or one whose step is already queued, is
// left alone.
func (l *Loop) Stop(t *Timer) {
	l.timers.Remove(t)
	l.deadlines.Remove(t)
}

// nextTimer returns the time until which the loop may sleep, at most until the limit.
func (l *Loop) nextTimer(limit time.Time) (next time.Time, ok bool) {
	next, ok = l.timers.Next()
	if !limit.IsZero() && (!ok || limit.Before(next)) {
		next, ok = limit, true
	}
	if deadline, has := l.deadlines.Next(); has && (ok && deadline.Before(next) || !ok && !l.virtual) {
		return deadline, true
	}
	return next, ok
}

// fireDue queues the steps of the timers that are due.
func (l *Loop) fireDue() (fired bool) {
	if l.timers.Len()+l.deadlines.Len() == 0 {
		return false
	}
	now := l.Now()
	for _, timers := range [...]*agenda.Agenda[func()]{&l.timers, &l.deadlines} {
		for step, due := timers.TakeDue(now); due; step, due = timers.TakeDue(now) {
			l.ready.push(step)
			fired = true
		}
	}
	return fired
}
