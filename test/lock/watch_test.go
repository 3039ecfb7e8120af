package lock

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/engine/event"
)

// execution is what the history says about an execution.
type execution struct {
	arn, name, machine string
	started, ended     time.Time // ended is zero while it runs
	status             engine.Status
	errorName, cause   string
	output             string
	entered            time.Time // the body; zero if it never did
	inside             bool
	history            []moved
	events             int64
}

// moved is an event of a history, without its data.
type moved struct {
	at   time.Time
	kind event.Type
}

// aliveBetween reports whether it was running at some time between two moments.
func (x *execution) aliveBetween(from, to time.Time) bool {
	return !x.started.After(to) && (x.ended.IsZero() || !x.ended.Before(from))
}

// watch follows the histories of a run. Its methods are called on the engine's
// goroutine.
type watch struct {
	executions map[string]*execution // by ARN
	order      []*execution
	now        time.Time
	// overlaps has the moments at which two executions were in the body.
	overlaps []string

	// What happened to tasks, which have goroutines of their own.
	throttled, lostAnswers atomic.Int64
}

func newWatch() *watch { return &watch{executions: map[string]*execution{}} }

func (w *watch) event(e event.Event) {
	w.now = e.Time
	x := w.executions[e.ExecutionARN]
	if x == nil {
		machine, name, _ := cutLast(e.ExecutionARN)
		x = &execution{arn: e.ExecutionARN, name: name, machine: machine, started: e.Time, status: engine.Running}
		w.executions[x.arn] = x
		w.order = append(w.order, x)
	}
	x.events = e.ID
	x.history = append(x.history, moved{e.Time, e.Type})
	switch e.Type {
	case event.ParallelStateStarted:
		w.enter(x)
	case event.ParallelStateSucceeded, event.ParallelStateFailed, event.ParallelStateAborted:
		x.inside = false
	case event.ExecutionSucceeded:
		x.end(engine.Succeeded, e)
	case event.ExecutionFailed:
		x.end(engine.Failed, e)
	case event.ExecutionTimedOut:
		x.end(engine.TimedOut, e)
	case event.ExecutionAborted:
		x.end(engine.Aborted, e)
	}
}

func (w *watch) enter(x *execution) {
	for _, other := range w.order {
		if other.inside && other.machine == x.machine {
			w.overlaps = append(w.overlaps, fmt.Sprintf("%s entered the body at %s with %s in it", x.name, w.now.Format(clock), other.name))
		}
	}
	x.inside, x.entered = true, w.now
}

// clock is the format of times.
const clock = "15:04:05.000000"

func (x *execution) end(status engine.Status, e event.Event) {
	x.inside, x.ended, x.status = false, e.Time, status
	_, details := e.Details()
	member := func(name string) string {
		v, _ := details.Get(name)
		text, _ := v.(string)
		return text
	}
	x.errorName, x.cause, x.output = member("error"), member("cause"), member("output")
}

// lastEventAt returns the last event of an execution at a moment, "" before it
// started.
func (w *watch) lastEventAt(arn string, at time.Time) (kind event.Type) {
	if x := w.executions[arn]; x != nil {
		for _, e := range x.history {
			if e.at.After(at) {
				break
			}
			kind = e.kind
		}
	}
	return kind
}

// of lists the executions of a state machine, in the order in which they started.
func (w *watch) of(machine string) []*execution {
	prefix := executionARN(machine, "")
	return slices.DeleteFunc(slices.Clone(w.order), func(x *execution) bool { return !strings.HasPrefix(x.arn, prefix) })
}

func cutLast(arn string) (before, after string, found bool) {
	i := strings.LastIndexByte(arn, ':')
	return arn[:max(i, 0)], arn[i+1:], i >= 0
}
