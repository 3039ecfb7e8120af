package jsonata

import (
	"context"

	"github.com/mapjob/mapjob/internal/value"
)

// node is a compiled part of an expression. Nodes are immutable. A node is
// evaluated through [evaluation.eval], which unwraps sequences.
type node interface {
	eval(ev *evaluation, input any, f *frame) (any, error)
}

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

// evaluation is the state of one evaluation of one expression.
type evaluation struct {
	expression *Expression
	env        *Environment
	root       any    // what $$ stands for
	scope      frame  // outermost
	spare      *frame // for the next scope, if there is one
	frees      []freeVariable
	stack      []any  // arguments of the calls that are being made
	text       []byte // of the strings that are being concatenated
	done       <-chan struct{}
	depth      int
	maxDepth   int
	steps      uint
	stored     int   // see maxStored
	stopped    error // why the evaluation has to end, when that came up where no error could be returned
	inexact    bool  // some value made on the way may need exporting, see exported
}

// freeVariable is a variable of the world, once it has been looked up.
type freeVariable struct {
	value any
	known bool
}

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
	if ev.stopped != nil {
		return nil, ev.stopped
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

// run evaluates the whole expression.
func (e *Expression) run(env *Environment) (any, error) {
	ev, ok := e.evaluations.Get().(*evaluation)
	if !ok {
		ev = &evaluation{frees: make([]freeVariable, len(e.symbols))}
	}
	defer ev.release()
	*ev = evaluation{expression: e, env: env, root: env.Input, frees: ev.frees, stack: ev.stack, text: ev.text, maxDepth: env.MaxDepth}
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
	v, err := ev.eval(e.root, input, &ev.scope)
	if err != nil {
		return nil, err
	}
	if !ev.inexact {
		switch v.(type) {
		case string, bool, nil, []any, *value.Object, value.Number:
			return v, nil
		}
	}
	if _, ok := v.(callable); ok {
		return Function{}, ev.stopped
	}
	v, _ = ev.export(v)
	return v, ev.stopped
}

// maxPooledText is the most bytes of a buffer that is kept for the next
// evaluation.
const maxPooledText = 1 << 16

// release returns the evaluation to the pool without what it refers to.
func (ev *evaluation) release() {
	clear(ev.frees)
	clear(ev.stack[:cap(ev.stack)])
	text := ev.text[:0]
	if cap(text) > maxPooledText {
		text = nil
	}
	pool := &ev.expression.evaluations
	*ev = evaluation{frees: ev.frees, stack: ev.stack[:0], text: text}
	pool.Put(ev)
}
