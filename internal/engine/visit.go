package engine

import (
	"time"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/engine/event"
	"github.com/mapjob/mapjob/internal/engine/loop"
	"github.com/mapjob/mapjob/internal/value"
)

// visit is a thread's stay in one state, from its entry to its exit, with all
// attempts.
type visit struct {
	run       *run
	execution *execution
	thread    *thread
	state     *asl.State
	// input is the output of the state before; effective is what InputPath
	// selects from it.
	input     any
	effective any
	enteredAt time.Time
	enteredID int64
	retries   *retries // nil before the first one
	work      work     // nil if nothing is under way
	over      bool

	contextObject *value.Object // cached, nil if it has to be made anew
}

// begin enters the state and starts its first attempt.
func (v *visit) begin() {
	if v.over {
		return
	}
	v.enteredAt = v.run.loop.Now()
	if !v.thread.record(kindOf(v.state).events().entered, &event.Data{Name: v.state.Name, Value: v.input, HasValue: true}) {
		return
	}
	v.enteredID = v.thread.last
	v.attempt()
}

// attempt starts the first attempt or a retry.
func (v *visit) attempt() {
	if v.over {
		return
	}
	v.contextObject = nil
	effective, err := v.inputPath()
	if err != nil {
		v.failEvaluation(err)
		return
	}
	v.effective = effective
	kindOf(v.state).start(v)
}

// exit leaves the state for the next one, or ends the thread.
func (v *visit) exit(next *asl.State, output any, assigned *value.Object) {
	if !v.assign(assigned) {
		return
	}
	if f := v.tooLarge(output); f != nil {
		v.fail(f)
		return
	}
	if !v.thread.record(kindOf(v.state).events().exited, &event.Data{Name: v.state.Name, Value: output, HasValue: true, Assigned: assigned}) {
		return
	}
	v.over = true
	if next == nil {
		v.thread.succeed(output)
		return
	}
	v.thread.enter(next, output)
}

// die ends the thread with a failure.
func (v *visit) die(f *failure) {
	v.over = true
	v.thread.fail(f)
}

// abort cuts the visit short.
func (v *visit) abort() {
	if v.over {
		return
	}
	v.over = true
	if v.work != nil {
		v.work.abort()
		v.work = nil
	}
}

// pause is a visit that waits for a timer: in a Wait state, or before a retry.
type pause struct {
	visit *visit
	timer *loop.Timer
	then  func()
}

// pauseFor calls then when d has passed, unless the visit is aborted.
func (v *visit) pauseFor(d time.Duration, then func()) {
	p := &pause{visit: v, then: then}
	p.timer = v.run.loop.After(d, p.end)
	v.work = p
}

func (p *pause) end() {
	if p.visit.work == work(p) {
		p.visit.work = nil
		p.then()
	}
}

func (p *pause) abort() { p.visit.run.loop.Stop(p.timer) }
