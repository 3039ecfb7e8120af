// Package loop runs the steps of a state machine's run one after the other, in
// real or in virtual time.
package loop

import (
	"context"
	"sync"
	"time"

	"github.com/mapjob/mapjob/internal/agenda"
)

// Loop runs steps on one goroutine, which owns all state that the steps
// change. Work that blocks runs elsewhere and posts a step when it is done. A
// step that has nothing to wait for queues the next one, so that branches take
// turns, as they do on AWS.
//
// Only Post may be called from another goroutine than that of Run.
type Loop struct {
	virtual bool
	time    time.Time // virtual time

	ready queue
	// idle steps run when nothing is ready. Starting another child execution is
	// one: the children that run go first, so that few are in memory.
	idle   queue
	timers agenda.Agenda[func()]
	order  int64 // of timers that are due at the same time
	ended  bool

	// blocking is the number of Block calls whose step has not run.
	blocking int
	// begun counts the Block calls. In virtual time, turn is the number of the
	// last one whose step has run, and returned holds the steps of later ones.
	begun    int64
	turn     int64
	returned map[int64]func()

	mutex  sync.Mutex
	posted []func()
	wake   chan struct{} // holds one token when posted is not empty
}

// New creates a loop in real time.
func New() *Loop { return &Loop{wake: make(chan struct{}, 1)} }

// NewVirtual creates a loop in virtual time, which begins at start. The time
// jumps to the next timer when no step can run and no work is under way.
func NewVirtual(start time.Time) *Loop {
	l := New()
	l.virtual, l.time = true, start
	return l
}

// Now returns the time of the loop.
func (l *Loop) Now() time.Time {
	if l.virtual {
		return l.time
	}
	return time.Now()
}

// Do queues a step.
func (l *Loop) Do(step func()) { l.ready.push(step) }

// WhenIdle queues a step that runs when nothing else is ready.
func (l *Loop) WhenIdle(step func()) { l.idle.push(step) }

// Post queues a step from any goroutine.
func (l *Loop) Post(step func()) {
	l.mutex.Lock()
	l.posted = append(l.posted, step)
	l.mutex.Unlock()
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// Block runs work on a goroutine of its own, and then the step that work
// returns on the loop. Virtual time stands still meanwhile, and the steps run
// in the order of the Block calls, so that a run repeats exactly.
func (l *Loop) Block(work func() (step func())) {
	l.blocking++
	l.begun++
	turn := l.begun
	go func() {
		step := work()
		l.Post(func() {
			if !l.virtual {
				l.blocking--
				step()
				return
			}
			if l.returned == nil {
				l.returned = map[int64]func(){}
			}
			l.returned[turn] = step
		})
	}()
}

// inTurn runs the step of the oldest Block call, if its work has returned.
func (l *Loop) inTurn() bool {
	step, ok := l.returned[l.turn+1]
	if !ok {
		return false
	}
	l.turn++
	delete(l.returned, l.turn)
	l.blocking--
	step()
	return true
}

// maxAhead is how many Block calls are begun in virtual time before the loop
// waits for the oldest one. It does not depend on how fast they are.
const maxAhead = 64

// End makes Run return after the current step.
func (l *Loop) End() { l.ended = true }

// pollEvery is the number of steps between two looks at what was posted.
const pollEvery = 64

// Run runs steps until End is called. When ctx ends, Run calls cancelled once,
// which has to lead to End.
func (l *Loop) Run(ctx context.Context, cancelled func()) {
	done := ctx.Done()
	for n := 0; !l.ended; n++ {
		if n%pollEvery == 0 {
			l.takePosted()
			select {
			case <-done:
				done = nil
				cancelled()
				continue
			default:
			}
			if !l.virtual { // virtual time moves only in sleep
				l.fireDue()
			}
		}
		if step, ok := l.ready.pop(); ok {
			step()
			continue
		}
		if l.takePosted() {
			continue
		}
		if l.blocking >= maxAhead && l.virtual {
			if !l.inTurn() {
				done = l.sleep(done, cancelled)
			}
			continue
		}
		if step, ok := l.idle.pop(); ok {
			step()
			continue
		}
		if l.fireDue() || l.inTurn() {
			continue
		}
		done = l.sleep(done, cancelled)
	}
}

// sleep waits until something can run. Virtual time moves to the next timer
// instead, unless work is under way.
func (l *Loop) sleep(done <-chan struct{}, cancelled func()) <-chan struct{} {
	select {
	case <-done:
		cancelled()
		return nil
	default:
	}
	var due <-chan time.Time
	if next, ok := l.timers.Next(); ok {
		if l.virtual {
			if l.blocking == 0 {
				l.time = next
				return done
			}
		} else {
			t := time.NewTimer(next.Sub(l.Now()))
			defer t.Stop()
			due = t.C
		}
	}
	select {
	case <-l.wake:
		l.takePosted()
	case <-due:
	case <-done:
		cancelled()
		return nil
	}
	return done
}

func (l *Loop) takePosted() bool {
	l.mutex.Lock()
	posted := l.posted
	l.posted = nil
	l.mutex.Unlock()
	for _, step := range posted {
		l.ready.push(step)
	}
	return len(posted) > 0
}
