package engine

import (
	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/expression"
	"github.com/mapjob/mapjob/internal/value"
)

// thread is one line of states after each other: an execution's own, a branch
// of a Parallel state, an iteration of a Map.
type thread struct {
	*execution
	flow      *asl.Flow
	variables *expression.Variables
	// last is the event that led to whatever comes next on this thread.
	last  int64
	item  *mapItem
	visit *visit
	// failedIn is the state in which the thread has failed.
	failedIn *asl.State
	// done is called when the thread has come to its end, unless it was
	// aborted.
	done func(output any, f *failure)
}

// mapItem is the Map part of the context object.
type mapItem struct {
	index int
	value any
	// key and source are set where the items come from an object or a reader.
	key    string
	hasKey bool
	source string
	// object is the context part, made when something looks at it.
	object *value.Object
}

func (m *mapItem) contextPart() *value.Object {
	if m.object == nil {
		item := value.NewObject("Index", float64(m.index), "Value", m.value)
		if m.hasKey {
			item.Set("Key", m.key)
		}
		if m.source != "" {
			item.Set("Source", m.source)
		}
		m.object = value.NewObject("Item", item)
	}
	return m.object
}

// enter goes to a state, in its turn.
func (t *thread) enter(s *asl.State, input any) {
	v := &visit{thread: t, state: s, input: input}
	t.visit = v
	t.delayed(v.begin)
}

// succeed ends the thread with its output.
func (t *thread) succeed(output any) {
	t.visit = nil
	t.done(output, nil)
}

// fail ends the thread with a failure. One that nothing may catch ends the
// execution with it, however deep the thread is.
func (t *thread) fail(f *failure) {
	if t.visit != nil {
		t.failedIn = t.visit.state
	}
	t.visit = nil
	if x := t.execution; f.terminal && t != x.root {
		x.root.last = t.last
		x.root.abort()
		x.finish(nil, f)
		return
	}
	t.done(nil, f)
}

// abort stops what the thread is doing. It records what AWS records of a state
// that was cut short: nothing where the execution as a whole ends.
func (t *thread) abort() {
	if t.visit != nil {
		v := t.visit
		t.visit = nil
		v.abort()
	}
}

// recordAside adds an event that the next one does not follow from: AWS leaves
// previousEventId at what came before it.
func (t *thread) recordAside(kind EventType, d *details) bool {
	last := t.last
	ok := t.record(kind, d)
	t.last = last
	return ok
}

// recordAborted says that a state was cut short. Those that end at once have
// no such event.
func (t *thread) recordAborted(s *asl.State) bool {
	switch s.Type {
	case asl.TaskState, asl.WaitState, asl.MapState, asl.ParallelState, asl.PassState, asl.ChoiceState:
		return t.recordAside(EventType(s.Type)+"StateAborted", &details{name: s.Name})
	}
	return true
}

// recordCut is recordAborted for the state in which a branch has failed: AWS
// counts a task as cut short then (recorded).
func (t *thread) recordCut(s *asl.State) bool {
	if s != nil && s.Type == asl.TaskState {
		return t.recordAborted(s)
	}
	return true
}

// record adds an event. It is false when the history is full: the execution
// has failed then, and the caller has nothing more to do.
func (t *thread) record(kind EventType, d *details) bool {
	x := t.execution
	if limit := x.limits.Events; limit > 0 && x.kind == Standard && x.events >= limit-1 && x.status == Running {
		t.historyFull()
		return false
	}
	t.mustRecord(kind, d)
	return true
}

func (t *thread) mustRecord(kind EventType, d *details) {
	x := t.execution
	x.events++
	if x.history != nil {
		x.history(Event{
			ExecutionARN: x.arn, ID: x.events, PreviousID: t.last, Type: kind,
			Time: x.loop.clock.now(), details: *d,
		})
	}
	t.last = x.events
}

// historyFull fails the execution: its last event is the failure.
func (t *thread) historyFull() {
	x := t.execution
	x.root.abort()
	x.failure = &failure{name: errRuntime, cause: "The execution reached the maximum number of history events (25000)."}
	x.end(Failed, ExecutionFailed, &details{errorName: x.failure.name, cause: x.failure.cause})
}
