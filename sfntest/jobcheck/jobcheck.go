package jobcheck

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/sfntest"
)

// Invariants returns what holds of every execution of a job, whatever goes wrong.
// The machine is the path of the job's state machine or its logical ID; "" stands
// for all state machines.
func Invariants(machine string) []sfntest.Invariant {
	j := job{machine}
	return []sfntest.Invariant{
		sfntest.Always("one Map Run", j.oneMapRun),
		j.finally("the summary ran, or the failure says why", (*ending).saysWhy),
		j.finally("accounted once", (*ending).accountedOnce),
		j.finally("the verdict agrees", (*ending).verdictAgrees),
		j.finally("the report is there", (*ending).reportIsThere),
		j.finally("failures are those", (*ending).failuresAreThose),
	}
}

// Lock returns what holds of a job with an overlap policy: at most one of its
// executions is in its body.
func Lock(machine string) sfntest.Invariant {
	return sfntest.Always("one in the body", job{machine}.oneInBody)
}

// job is a state machine, or with "" all of them.
type job struct{ machine string }

// is reports whether an execution is one of the job's, and no child.
func (j job) is(r *sfntest.Run, arn string) bool {
	parts := strings.Split(arn, ":")
	if len(parts) < 8 || strings.Contains(parts[6], "/") {
		return false
	}
	return j.machine == "" || parts[6] == state(r, "name", j, func() string {
		arn := r.Name(j.machine)
		return arn[strings.LastIndexByte(arn, ':')+1:]
	})
}

// stateKey names what an invariant keeps in a run.
type stateKey struct{ what, machine string }

// state returns what an invariant of a job keeps in a run.
func state[T any](r *sfntest.Run, what string, j job, start func() T) T {
	return r.State(stateKey{what, j.machine}, func() any { return start() }).(T)
}

// bodyState is the state whose only branch is the body of a job with a lock.
const bodyState = "Locked"

func (j job) oneInBody(r *sfntest.Run, e sfntest.Event) (reached bool, err error) {
	if !j.is(r, e.Execution) {
		return false, nil
	}
	inside := state(r, "in the body", j, func() map[string]string { return map[string]string{} })
	machine := strings.Split(e.Execution, ":")[6]
	switch {
	case e.State == bodyState && strings.HasSuffix(e.Type, "StateEntered"):
		if other := inside[machine]; other != "" {
			return true, fmt.Errorf("%s entered the body with %s in it", nameOf(e.Execution), nameOf(other))
		}
		inside[machine] = e.Execution
		return true, nil
	case e.State == bodyState && strings.HasSuffix(e.Type, "StateExited"), slices.Contains(ends(), e.Type):
		if inside[machine] == e.Execution {
			delete(inside, machine)
		}
	}
	return false, nil
}

// ends are the types of the last events of executions.
func ends() []string {
	return []string{"ExecutionSucceeded", "ExecutionFailed", "ExecutionTimedOut", "ExecutionAborted"}
}

func (j job) oneMapRun(r *sfntest.Run, e sfntest.Event) (reached bool, err error) {
	if e.Type != "MapStateStarted" || e.State != protocol.StateMap && e.State != protocol.StateRerunMap || !j.is(r, e.Execution) {
		return false, nil
	}
	runs := state(r, "Map Runs", j, func() map[string]int { return map[string]int{} })
	if runs[e.Execution]++; runs[e.Execution] > 1 {
		return true, fmt.Errorf("%s: got a second run of its Map, expected one", nameOf(e.Execution))
	}
	return true, nil
}

// finally returns an invariant of each execution that has ended.
func (j job) finally(name string, check func(*ending) (reached bool, err error)) sfntest.Invariant {
	return sfntest.Finally(name, func(r *sfntest.Run) (reached bool, err error) {
		var errs []error
		for _, e := range j.endings(r) {
			got, err := check(e)
			reached = reached || got
			if err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", nameOf(e.arn), err))
			}
		}
		return reached, errors.Join(errs...)
	})
}

// nameOf returns the name in the ARN of an execution.
func nameOf(arn string) string { return strings.Split(arn, ":")[7] }
