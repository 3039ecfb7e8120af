package jsonata

import (
	"context"
	"sync"
)

// node is a compiled part of an expression. Nodes are immutable. A node is
// evaluated through [evaluation.eval], which unwraps sequences.
type node interface {
	eval(ev *evaluation, input any, f *frame) (any, error)
}

// DefaultMaxDepth is how deeply evaluation may nest. AWS stops at 100 levels,
// where a level is the evaluation of an operator, step, call or literal within
// another.
const DefaultMaxDepth = 100

// maxAllocation bounds what one evaluation may build, counted in array elements
// and in bytes of strings, whether or not it is still held.
const maxAllocation = 1 << 25

// maxHeld bounds one array or string, in bytes at eight per element. It is what
// AWS holds an expression to: a range of 873,782 numbers is accepted, one more
// is not.
const maxHeld = 6_990_256

// evaluation is the state of one evaluation of one expression.
type evaluation struct {
	expression *Expression
	env        *Environment
	root       any // what $$ stands for
	frees      []freeVariable
	done       <-chan struct{}
	depth      int
	maxDepth   int
	steps      uint
	allocated  int
	inexact    bool // some value made on the way may need exporting, see exported
}

// freeVariable is a variable of the world, once it has been looked up.
type freeVariable struct {
	value any
	known bool
}

var evaluations = sync.Pool{New: func() any { return new(evaluation) }}

// eval evaluates a node and unwraps the sequence that it may result in.
func (ev *evaluation) eval(n node, input any, f *frame) (any, error) {
	if ev.depth >= ev.maxDepth {
		return nil, &Error{Message: stackOverflow}
	}
	ev.steps++
	if ev.steps&1023 == 0 {
		if err := ev.interrupted(); err != nil {
			return nil, err
		}
	}
	ev.depth++
	v, err := n.eval(ev, input, f)
	ev.depth--
	if err != nil {
		return nil, err
	}
	if l, ok := v.(*list); ok {
		return unwrap(l), nil
	}
	return v, nil
}

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
	ev.steps++
	if ev.steps&1023 == 0 {
		return ev.interrupted()
	}
	return nil
}

// allocate accounts for an array or string that is about to be built.
func (ev *evaluation) allocate(count, bytesEach int) error {
	ev.allocated += count
	if ev.allocated > maxAllocation || count*bytesEach > maxHeld {
		return &Error{Message: memoryExceeded}
	}
	return nil
}

// run evaluates the whole expression.
func (e *Expression) run(env *Environment) (any, error) {
	ev := evaluations.Get().(*evaluation)
	defer evaluations.Put(ev)
	frees := ev.frees
	if cap(frees) < len(e.symbols) {
		frees = make([]freeVariable, len(e.symbols))
	}
	frees = frees[:len(e.symbols)]
	clear(frees)
	*ev = evaluation{expression: e, env: env, root: env.Input, frees: frees, maxDepth: env.MaxDepth}
	if ev.maxDepth <= 0 {
		ev.maxDepth = DefaultMaxDepth
	}
	if env.Context != nil {
		ev.done = env.Context.Done()
		if err := ev.interrupted(); err != nil {
			return nil, err
		}
	}
	input := env.Input
	if items, ok := input.([]any); ok {
		input = &list{items: []any{items}, seq: true, outer: true}
	}
	v, err := ev.eval(e.root, input, &frame{})
	if err != nil {
		return nil, err
	}
	if _, ok := v.(*list); ok || ev.inexact {
		v = exported(v)
	} else if _, ok := v.(float64); ok {
		v = exported(v)
	} else if _, ok := v.(callable); ok {
		v = exported(v)
	}
	return v, nil
}
