package loop

import (
	"container/heap"
	"time"
)

// Timer is a step that runs at a time.
type Timer struct {
	when  time.Time
	order int64
	step  func()
	at    int // in the heap, -1 outside
}

// After queues a step that runs when d has passed.
func (l *Loop) After(d time.Duration, step func()) *Timer {
	when := l.Now().Add(max(d, 0))
	l.order++
	t := &Timer{when: when, order: l.order, step: step}
	heap.Push(&l.timers, t)
	return t
}

// Stop removes a timer. A nil timer, or one whose step is already queued, is
// left alone.
func (l *Loop) Stop(t *Timer) {
	if t != nil && t.at >= 0 {
		heap.Remove(&l.timers, t.at)
	}
}

// fireDue queues the steps of the timers that are due.
func (l *Loop) fireDue() bool {
	if len(l.timers) == 0 {
		return false
	}
	now := l.Now()
	fired := false
	for len(l.timers) > 0 && !l.timers[0].when.After(now) {
		t := heap.Pop(&l.timers).(*Timer)
		l.ready.push(t.step)
		fired = true
	}
	return fired
}

// timers is a heap: the timer that is due first comes first.
type timers []*Timer

func (t timers) Len() int { return len(t) }
func (t timers) Less(i, j int) bool {
	if t[i].when.Equal(t[j].when) {
		return t[i].order < t[j].order
	}
	return t[i].when.Before(t[j].when)
}
func (t timers) Swap(i, j int) {
	t[i], t[j] = t[j], t[i]
	t[i].at, t[j].at = i, j
}
func (t *timers) Push(x any) {
	x.(*Timer).at = len(*t)
	*t = append(*t, x.(*Timer))
}
func (t *timers) Pop() any {
	last := (*t)[len(*t)-1]
	(*t)[len(*t)-1] = nil
	*t = (*t)[:len(*t)-1]
	last.at = -1
	return last
}
