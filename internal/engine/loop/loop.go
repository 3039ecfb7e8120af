// Package loop runs the steps of a state machine's run one after the other, in
// real time, in virtual time, or as a driver decides.
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
	driver  Driver    // of a driven loop, else nil

	ready queue
	// idle steps run when nothing is ready. Starting another child execution is
	// one: the children that run go first, so that few are in memory.
	idle   queue
	timers agenda.Agenda[func()]
	// deadlines are timers that nothing waits for.
	deadlines agenda.Agenda[func()]
	order     int64 // of timers that are due at the same time
	ended     bool

	// blocking is the number of Block calls whose step has not run.
	blocking int
	// begun counts the Block calls. In virtual time, turn is the number of the
	// last one whose step has run. There and in a driven loop, returned holds the
	// steps that have not run, by the number of their call.
	begun    int64
	turn     int64
	returned map[int64]func()
	offered  []int64 // the numbers in returned, for the driver

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
// in the order of the Block calls, so that a run repeats exactly. In a driven
// loop, they run in the order that the driver chooses.
func (l *Loop) Block(work func() (step func())) {
	l.blocking++
	l.begun++
	turn := l.begun
	blocks := func() {
		step := work()
		l.Post(func() {
			if !l.virtual && l.driver == nil {
				l.blocking--
				step()
				return
			}
			l.keep(turn, step)
		})
	}
	if l.driver != nil {
		l.driver.Go(blocks)
	} else {
		go blocks()
	}
}

// Yield runs a step at once. In a driven loop, it is a Block call that has
// returned, so that other things can come first.
func (l *Loop) Yield(step func()) {
	if l.driver == nil {
		step()
		return
	}
	l.blocking++
	l.begun++
	l.keep(l.begun, step)
}

func (l *Loop) keep(call int64, step func()) {
	if l.returned == nil {
		l.returned = map[int64]func(){}
	}
	l.returned[call] = step
}

// inTurn runs the step of the oldest Block call, if its work has returned.
func (l *Loop) inTurn() bool {
	step, ok := l.returned[l.turn+1]
	if !ok {
		return false
	}
	l.turn++
	l.finish(l.turn, step)
	return true
}

// finish runs the step of a Block call whose work has returned.
func (l *Loop) finish(call int64, step func()) {
	delete(l.returned, call)
	l.blocking--
	step()
}

// maxAhead is how many Block calls are begun in virtual time before the loop
// waits for the oldest one. It does not depend on how fast they are.
const maxAhead = 64

// End makes Run and RunUntil return after the current step.
func (l *Loop) End() { l.ended = true }

// pollEvery is the number of steps between two looks at what was posted.
const pollEvery = 64

// End says why [Loop.RunUntil] has returned.
type End int

// The reasons to return.
const (
	// Ended is the end after a call of [Loop.End].
	Ended End = iota
	// Reached is the end at the limit: nothing can run before time passes.
	Reached
	// Blocked is the end of a driven loop without a limit that has nothing left
	// to wait for: no timer except deadlines, no Block call, and a driver that is not busy.
	Blocked
)

// Run is RunUntil without a limit.
func (l *Loop) Run(ctx context.Context, cancelled func()) End {
	return l.RunUntil(ctx, cancelled, time.Time{})
}

// RunUntil runs steps until End is called or, unless the limit is zero, time
// would pass beyond the limit: steps that are due then still run. It may be
// called again. When ctx ends, RunUntil calls cancelled once, which has to lead
// to End.
func (l *Loop) RunUntil(ctx context.Context, cancelled func(), limit time.Time) End {
	done := ctx.Done()
	l.ended = false
	for n := 0; !l.ended; n++ {
		if n%pollEvery == 0 {
			if l.driver == nil {
				l.takePosted()
			}
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
		if l.driver == nil && l.takePosted() {
			continue
		}
		if l.blocking >= maxAhead && l.virtual {
			if !l.inTurn() {
				done = l.sleep(done, cancelled, limit)
			}
			continue
		}
		if step, ok := l.idle.pop(); ok {
			step()
			continue
		}
		if l.fireDue() || l.nextReturned() {
			continue
		}
		if l.reached(limit) {
			return Reached
		}
		if limit.IsZero() && l.stuck() {
			return Blocked
		}
		done = l.sleep(done, cancelled, limit)
	}
	return Ended
}

// nextReturned lets a Block call that has returned go on, or in a driven loop
// what the driver chooses.
func (l *Loop) nextReturned() bool {
	if l.driver == nil {
		return l.inTurn()
	}
	return l.drive()
}

// reached reports whether the loop is at the limit. Virtual time stands still
// there while work is under way.
func (l *Loop) reached(limit time.Time) bool {
	return !limit.IsZero() && !l.Now().Before(limit) && (!l.virtual || l.blocking == 0)
}

// sleep waits until something can run, at most until the limit. Virtual time
// moves there instead, unless work is under way.
func (l *Loop) sleep(done <-chan struct{}, cancelled func(), limit time.Time) <-chan struct{} {
	select {
	case <-done:
		cancelled()
		return nil
	default:
	}
	next, ok := l.nextTimer(limit)
	var due <-chan time.Time
	if ok {
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
	var driven <-chan struct{}
	if l.driver != nil {
		driven = l.driver.Wake()
	}
	select {
	case <-l.wake:
		if l.driver == nil {
			l.takePosted()
		}
	case <-driven:
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
