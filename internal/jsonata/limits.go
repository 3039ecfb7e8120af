package jsonata

import (
	"context"

	"github.com/mapjob/mapjob/internal/value"
)

// Messages of the limits that AWS puts on an evaluation, as AWS words them.
const (
	stackOverflow  = "Stack overflow error: Check for non-terminating recursive function. Consider rewriting as tail-recursive."
	memoryExceeded = "Expression evaluation memory limit exceeded: Check for excessive memory usage"
	timedOut       = "Expression evaluation timeout: Check for infinite loop"
)

// DefaultMaxDepth is how deeply evaluation may nest. AWS stops at about 100
// levels, where a level is the evaluation of an operator, step, call or literal
// within another.
const DefaultMaxDepth = 100

// maxHeld bounds one array or string, in bytes at eight per element. It is what
// AWS holds an expression to: a range of 873,782 numbers is accepted, one more
// is not.
const maxHeld = 6_990_256

// maxStored bounds what one evaluation puts into arrays and objects, whether or
// not it is still in use, in bytes: storedCost for each array or object, and
// elementCost for each element or member. It keeps a runaway expression from
// taking the machine's memory, and values from nesting deeper than the stack of
// a walk over them.
const (
	maxStored   = 512 << 20
	storedCost  = 512
	elementCost = 24
)

// interrupted reports whether the evaluation's context has ended.
func (ev *evaluation) interrupted() error {
	if ev.done == nil {
		return nil
	}
	select {
	case <-ev.done:
		cause := context.Cause(ev.env.Context)
		if cause == context.DeadlineExceeded {
			return &Error{Message: timedOut, cause: cause}
		}
		return &Error{Message: "expression evaluation stopped: " + cause.Error(), cause: cause}
	default:
		return nil
	}
}

// tick is for loops that evaluate no node: it counts as a step of evaluation.
func (ev *evaluation) tick() error {
	if !ev.walk() {
		return ev.stopped
	}
	return nil
}

// walk is a step of a walk over a value. It reports false when the evaluation
// has to end: a value may share its parts so often that a walk over it would
// not.
func (ev *evaluation) walk() bool {
	ev.steps++
	if ev.steps&1023 == 0 {
		if err := ev.interrupted(); err != nil {
			ev.stopped = err
		}
	}
	return ev.stopped == nil
}

// allocate accounts for an array or string that is about to be built.
func (ev *evaluation) allocate(count, bytesEach int) error {
	if count*bytesEach > maxHeld {
		return &Error{Message: memoryExceeded}
	}
	return nil
}

// store accounts for a value that goes into an array or object, where it may
// have to be exported from.
func (ev *evaluation) store(v any) {
	switch v := v.(type) {
	case string, float64, bool, nil:
	case *list:
		ev.inexact = true
		ev.hold(len(v.items))
	case []any:
		ev.hold(len(v))
	case *value.Object:
		ev.hold(v.Len())
	case callable:
		ev.inexact = true
		ev.hold(0)
	}
}

// passed looks at the arguments of a call: a function among them, or in the
// array that a signature made of one, may come back inside a value.
func (ev *evaluation) passed(arguments []any) {
	for _, v := range arguments {
		if items, ok := v.([]any); ok && len(items) == 1 {
			v = items[0]
		}
		if _, ok := v.(callable); ok {
			ev.inexact = true
			return
		}
	}
}

func (ev *evaluation) hold(elements int) {
	if ev.stored += storedCost + elementCost*elements; ev.stored > maxStored && ev.stopped == nil {
		ev.stopped = &Error{Message: memoryExceeded}
	}
}

// tooLong reports whether an array has grown beyond what may be held. The
// evaluation ends then.
func (ev *evaluation) tooLong(items []any) bool {
	if err := ev.allocate(len(items), 8); err != nil {
		ev.stopped = err
		return true
	}
	return false
}
