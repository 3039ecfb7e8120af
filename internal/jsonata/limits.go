package jsonata

import (
	"context"
	"errors"

	"github.com/mapjob/mapjob/internal/value"
)

// These messages are the ones that AWS reports for its limits.
const (
	stackOverflow  = "Stack overflow error: Check for non-terminating recursive function. Consider rewriting as tail-recursive."
	memoryExceeded = "Expression evaluation memory limit exceeded: Check for excessive memory usage"
	timedOut       = "Expression evaluation timeout: Check for infinite loop"
)

// defaultMaxDepth bounds nested evaluation. AWS stops at about 100 levels. Each
// operator, step, call or literal inside another one is a level.
const defaultMaxDepth = 100

// maxHeld bounds one array or string in bytes. An array has 8 bytes per
// element. AWS has the same limit: it accepts a range of 873,782 numbers and
// refuses a longer one.
const maxHeld = 6_990_256

// maxPadding bounds the characters that one $pad adds, as AWS does. A string that
// & or $join makes may be longer.
const maxPadding = 262_144

// maxStored bounds the bytes that one evaluation puts into arrays and objects,
// in use or not: storedCost for each array or object, and elementCost for each
// element or member. The limit keeps a runaway expression from exhausting
// memory, and a value from nesting so deeply that walking it overflows the
// stack.
const (
	maxStored   = 512 << 20
	storedCost  = 512
	elementCost = 24
)

// interrupted returns an error if the context of the evaluation has ended, or if
// it has taken all its steps.
func (ev *evaluation) interrupted() error {
	if ev.steps+ev.elements/elementsOfStep > ev.maxSteps {
		return &Error{Message: timedOut}
	}
	if ev.done == nil {
		return nil
	}
	select {
	case <-ev.done:
		cause := context.Cause(ev.env.Context)
		if errors.Is(cause, context.DeadlineExceeded) {
			return &Error{Message: timedOut, cause: cause}
		}
		return &Error{Message: "the expression evaluation was stopped: " + cause.Error(), cause: cause}
	default:
		return nil
	}
}

// tick counts a step of a loop that evaluates no node.
func (ev *evaluation) tick() error {
	if !ev.walk() {
		return ev.stopped
	}
	return nil
}

// walk counts a step of a walk over a value. It reports false if the evaluation
// has to end: a value can share its parts so often that a walk would take
// forever.
func (ev *evaluation) walk() bool {
	ev.steps++
	if ev.steps&1023 == 0 {
		if err := ev.interrupted(); err != nil {
			ev.stopped = err
		}
	}
	return ev.stopped == nil
}

// allocate returns an error if an array or string of the given size exceeds the
// memory limit.
func (ev *evaluation) allocate(count, bytesEach int) error {
	if count*bytesEach > maxHeld {
		return &Error{Message: memoryExceeded}
	}
	return nil
}

// store counts a value that goes into an array or object, and notes whether the
// result needs exporting.
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

// collect notes whether a value that goes into a sequence is a function, which
// needs exporting.
func (ev *evaluation) collect(v any) {
	switch v.(type) {
	case *value.Object, string, float64, []any, *list, bool, nil, undefined, value.Number:
	default:
		ev.inexact = true
	}
}

// manyElements is the length from which on an array counts as work of its own: a
// loop over it does not count its steps. As many as elementsOfStep take as long as
// a step.
const (
	manyElements   = 1024
	elementsOfStep = 8
)

// busy notes whether the evaluation has to end, before a loop over many elements.
func (ev *evaluation) busy(elements int) {
	ev.elements += uint(elements)
	if elements >= manyElements && ev.stopped == nil {
		if err := ev.interrupted(); err != nil {
			ev.stopped = err
		}
	}
}

// passed notes whether an argument of a call is a function, or an array that a
// signature made of one. Such a function may end up inside the result.
func (ev *evaluation) passed(arguments []any) {
	for _, v := range arguments {
		switch large := v.(type) {
		case string:
			ev.busy(len(large) / 16)
			continue
		case []any:
			if len(large) == 1 {
				v = large[0]
			}
			ev.busy(len(large))
		case *list:
			ev.busy(len(large.items))
		}
		if _, ok := v.(callable); ok {
			ev.inexact = true
			return
		}
	}
}

// hold counts an array or object with a number of elements.
func (ev *evaluation) hold(elements int) {
	if ev.stored += storedCost + elementCost*elements; ev.stored > maxStored && ev.stopped == nil {
		ev.stopped = &Error{Message: memoryExceeded}
	}
}

// tooLong reports whether an array exceeds the memory limit. If so, the
// evaluation ends.
func (ev *evaluation) tooLong(items []any) bool {
	if err := ev.allocate(len(items), 8); err != nil {
		ev.stopped = err
		return true
	}
	return false
}
