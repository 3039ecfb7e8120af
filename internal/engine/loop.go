package engine

import (
	"container/heap"
	"context"
	"sync"
	"time"
)

// loop runs the steps of a run one after the other on one goroutine, which
// owns all state of the run. What blocks runs elsewhere and posts a step when
// it is done. A step that has nothing to wait for queues the next one, so that
// branches advance in turns, as they do on AWS.
type loop struct {
	clock clock
	ready queue
	// idle steps run when nothing is ready: starting more children is one, so
	// that those that are under way get on first and few are in memory.
	idle   queue
	timers timers
	order  int64 // of timers that are due at the same time
	// blocking is the number of calls under way that will post a step.
	blocking int
	// begun counts those calls. With a virtual clock, turn is the last one
	// whose step has run, and returned are the steps of later ones.
	begun    int64
	turn     int64
	returned map[int64]func()
	over     bool

	mutex  sync.Mutex
	posted []func()
	wake   chan struct{} // holds one token when posted is not empty
}

func newLoop(c clock) *loop { return &loop{clock: c, wake: make(chan struct{}, 1)} }

// do queues a step. It is for the loop's own goroutine.
func (l *loop) do(step func()) { l.ready.push(step) }

// whenIdle queues a step for when nothing else is ready.
func (l *loop) whenIdle(step func()) { l.idle.push(step) }

// post queues a step from any goroutine.
func (l *loop) post(step func()) {
	l.mutex.Lock()
	l.posted = append(l.posted, step)
	l.mutex.Unlock()
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// block runs work on a goroutine of its own, and then the step it returns on
// the loop. While it runs a virtual clock stands still, and the steps come in
// the order in which the work was begun, so that a run repeats exactly.
func (l *loop) block(work func() (step func())) {
	l.blocking++
	l.begun++
	turn := l.begun
	go func() {
		step := work()
		l.post(func() {
			if !l.clock.virtual() {
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

// inTurn runs the step of the work that was begun first, if it has come back.
func (l *loop) inTurn() bool {
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

// maxAhead is how many calls are begun with a virtual clock before one of them
// is waited for. It does not depend on how fast they are.
const maxAhead = 64

// after queues a step for when d has passed.
func (l *loop) after(d time.Duration, step func()) *timer {
	when := l.clock.now().Add(max(d, 0))
	l.order++
	t := &timer{when: when, order: l.order, step: step}
	heap.Push(&l.timers, t)
	return t
}

func (l *loop) stop(t *timer) {
	if t != nil && t.at >= 0 {
		heap.Remove(&l.timers, t.at)
	}
}

// pollEvery is after how many steps the loop looks at what was posted.
const pollEvery = 64

// run goes on until a step has set over. When ctx ends, cancelled is called
// once; it has to bring the run to its end.
func (l *loop) run(ctx context.Context, cancelled func()) {
	done := ctx.Done()
	for n := 0; !l.over; n++ {
		if n%pollEvery == 0 {
			l.takePosted()
			select {
			case <-done:
				done = nil
				cancelled()
				continue
			default:
			}
			if !l.clock.virtual() { // which moves in sleep alone
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
		if l.blocking >= maxAhead && l.clock.virtual() {
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

// sleep waits for whatever comes first. A virtual clock is put forward to the
// next timer instead, unless a call is under way.
func (l *loop) sleep(done <-chan struct{}, cancelled func()) <-chan struct{} {
	select {
	case <-done:
		cancelled()
		return nil
	default:
	}
	var due <-chan time.Time
	if len(l.timers) > 0 {
		if l.clock.virtual() {
			if l.blocking == 0 {
				l.clock.advance(l.timers[0].when)
				return done
			}
		} else {
			t := time.NewTimer(l.timers[0].when.Sub(l.clock.now()))
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

func (l *loop) takePosted() bool {
	l.mutex.Lock()
	posted := l.posted
	l.posted = nil
	l.mutex.Unlock()
	for _, step := range posted {
		l.ready.push(step)
	}
	return len(posted) > 0
}

func (l *loop) fireDue() bool {
	if len(l.timers) == 0 {
		return false
	}
	now := l.clock.now()
	fired := false
	for len(l.timers) > 0 && !l.timers[0].when.After(now) {
		t := heap.Pop(&l.timers).(*timer)
		l.ready.push(t.step)
		fired = true
	}
	return fired
}

// queue is a first-in first-out queue of steps.
type queue struct {
	steps []func()
	head  int
}

func (q *queue) push(step func()) { q.steps = append(q.steps, step) }

func (q *queue) pop() (func(), bool) {
	if q.head == len(q.steps) {
		return nil, false
	}
	step := q.steps[q.head]
	q.steps[q.head] = nil
	q.head++
	if q.head == len(q.steps) {
		q.steps, q.head = q.steps[:0], 0
	} else if q.head > 1024 && q.head > len(q.steps)/2 {
		n := copy(q.steps, q.steps[q.head:])
		clear(q.steps[n:])
		q.steps, q.head = q.steps[:n], 0
	}
	return step, true
}

// timer is a step that waits for its time.
type timer struct {
	when  time.Time
	order int64
	step  func()
	at    int // in the heap, -1 outside
}

type timers []*timer

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
	x.(*timer).at = len(*t)
	*t = append(*t, x.(*timer))
}
func (t *timers) Pop() any {
	last := (*t)[len(*t)-1]
	(*t)[len(*t)-1] = nil
	*t = (*t)[:len(*t)-1]
	last.at = -1
	return last
}
