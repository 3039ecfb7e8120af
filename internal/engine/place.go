package engine

import (
	"slices"
	"time"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/engine/loop"
	"github.com/mapjob/mapjob/internal/expression"
)

// Place is where a thread of an execution is: in a state with no other state
// inside it that runs.
type Place struct {
	// Execution is the ARN of the thread's execution, which may be a child of a
	// Map Run.
	Execution string
	// Path has the names of the state and of those around it, such as
	// Locked/Map/Work.
	Path      string
	State     *asl.State
	Variables *expression.Variables // that the state sees
	Wait      Wait
}

// Wait is what a state waits for.
type Wait struct {
	Kind WaitKind
	// Until is the time of a timer, a retry or a timeout, zero without one.
	Until time.Time
	// Callback answers a task that waits for its token, else it is nil.
	Callback *Callback
	// Execution is the ARN of the one that a task waits for, else empty.
	Execution string
}

// WaitKind is the kind of a [Wait].
type WaitKind string

// The kinds of waits.
const (
	WaitsForNothing   WaitKind = "" // it goes on when the session runs
	WaitsForTimer     WaitKind = "timer"
	WaitsForRetry     WaitKind = "retry"
	WaitsForCall      WaitKind = "call" // of the task's resource
	WaitsForToken     WaitKind = "token"
	WaitsForExecution WaitKind = "execution"
)

// Places returns where an execution and the children of its Map Runs are, in the
// order of branches, iterations and children. It reports false if the execution is
// not here.
func (s *Session) Places(arn string) ([]Place, bool) {
	x, ok := s.run.executions.find(arn)
	if !ok {
		return nil, false
	}
	return x.root.places(nil, ""), true
}

// places appends the places of a thread whose states are in the state of a path.
func (t *thread) places(list []Place, outer string) []Place {
	if t == nil || t.visit == nil {
		return list
	}
	v := t.visit
	path := outer + v.state.Name
	before := len(list)
	inner := path + "/"
	switch w := v.work.(type) {
	case *branches:
		for _, t := range w.threads {
			list = t.places(list, inner)
		}
	case *inlineMap:
		for _, i := range w.running {
			list = i.thread.places(list, inner)
		}
	case *mapRun:
		running := slices.SortedFunc(slices.Values(w.running), func(a, b *child) int { return a.index - b.index })
		for _, c := range running {
			list = c.execution.root.places(list, inner)
		}
	}
	if len(list) > before {
		return list
	}
	return append(list, Place{Execution: t.execution.arn, Path: path, State: v.state, Variables: t.variables, Wait: v.wait()})
}

func (v *visit) wait() Wait {
	switch w := v.work.(type) {
	case *pause:
		if v.state.Wait != nil {
			return Wait{Kind: WaitsForTimer, Until: w.timer.At()}
		}
		return Wait{Kind: WaitsForRetry, Until: w.timer.At()}
	case *task:
		return w.wait()
	}
	return Wait{}
}

func (t *task) wait() Wait {
	wait := Wait{Kind: WaitsForCall, Until: earliest(t.deadline, t.silence)}
	switch {
	case t.request.Callback != nil && t.submitted:
		wait.Kind = WaitsForToken
	case t.nested != nil:
		wait.Kind, wait.Execution = WaitsForExecution, t.nested.arn
	}
	wait.Callback = t.request.Callback
	return wait
}

// earliest returns the time of the timer that is due first, zero if there is none.
func earliest(timers ...*loop.Timer) (first time.Time) {
	for _, t := range timers {
		if t != nil && (first.IsZero() || t.At().Before(first)) {
			first = t.At()
		}
	}
	return first
}
