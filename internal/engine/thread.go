package engine

import (
	"time"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/engine/event"
	"github.com/mapjob/mapjob/internal/expression"
)

// thread is a sequence of states: an execution's own, a branch of a Parallel
// state, or an iteration of an inline Map.
type thread struct {
	execution *execution
	variables *expression.Variables
	// variableBytes are the sizes of the variables that the thread assigned.
	variableBytes map[string]int
	// last is the event that leads to whatever comes next on this thread.
	last int64
	item *mapItem // of an iteration and what is inside it
	// visit is the stay in the current state, nil before the first and after
	// the last.
	visit *visit
	// failedIn is the state in which the thread failed.
	failedIn *asl.State
	// done is called when the thread has ended, unless it was aborted.
	done func(output any, f *failure)
}

// items returns the index of the first of the items that the thread works on, and
// their number.
func (t *thread) items() (first, count int) {
	if t.item != nil {
		return t.item.index, 1
	}
	if c := t.execution.child; c != nil {
		return c.first, c.items
	}
	return 0, 0
}

// enter queues the entry into a state.
func (t *thread) enter(s *asl.State, input any) {
	v := &visit{run: t.execution.run, execution: t.execution, thread: t, state: s, input: input}
	t.visit = v
	v.run.delayed(v.begin)
}

// succeed ends the thread with its output.
func (t *thread) succeed(output any) {
	t.visit = nil
	t.dropVariables()
	t.done(output, nil)
}

// fail ends the thread with a failure. A terminal one ends the execution, no
// matter how deep the thread is.
func (t *thread) fail(f *failure) {
	if t.visit != nil {
		t.failedIn = t.visit.state
	}
	t.visit = nil
	t.dropVariables()
	if x := t.execution; f.terminal && t != x.root {
		x.root.last = t.last
		x.root.abort()
		x.finish(nil, f)
		return
	}
	t.done(nil, f)
}

// abort stops the thread without an event: AWS records none if the execution
// as a whole ends.
func (t *thread) abort() {
	t.dropVariables()
	if t.visit != nil {
		v := t.visit
		t.visit = nil
		v.abort()
	}
}

// record adds an event. It returns false if the history is full: the execution
// has failed then, and the caller has nothing more to do.
func (t *thread) record(kind event.Type, d *event.Data) bool {
	x := t.execution
	if limit := x.run.engine.limits.Events; limit > 0 && x.kind == Standard && x.events >= limit-1 && x.status == Running {
		x.historyFull()
		return false
	}
	t.mustRecord(kind, d)
	return true
}

func (t *thread) mustRecord(kind event.Type, d *event.Data) {
	x := t.execution
	kept, history := x.shared != nil && x.run.engine.keepsLast, x.run.engine.history
	var now time.Time
	if kept || history != nil {
		now = x.run.loop.Now()
	}
	if kept {
		x.lock()
		x.events++
		x.last = lastEvent{t.last, kind, now}
		x.unlock()
	} else {
		x.events++
	}
	if history != nil {
		history(event.Event{
			ExecutionARN: x.arn, ID: x.events, PreviousID: t.last, Type: kind,
			Time: now, Data: *d,
		})
	}
	t.last = x.events
}

// recordAside adds an event that leads to no other: the next one has the same
// previousEventId, as on AWS.
func (t *thread) recordAside(kind event.Type, d *event.Data) bool {
	last := t.last
	ok := t.record(kind, d)
	t.last = last
	return ok
}

// recordAborted adds the event of a state that was aborted, if its type has
// one.
func (t *thread) recordAborted(s *asl.State) bool {
	kind := kindOf(s).events().aborted
	if kind == "" {
		return true
	}
	return t.recordAside(kind, &event.Data{Name: s.Name})
}

// recordFailed adds the aborted event of the state in which a branch or an
// iteration failed, if its type counts as aborted then.
func (t *thread) recordFailed() bool {
	if t.failedIn == nil || !kindOf(t.failedIn).events().failureAborts {
		return true
	}
	return t.recordAborted(t.failedIn)
}
