package jsonata

import (
	"math"

	"github.com/mapjob/mapjob/internal/value"
)

// evaluation is the state of one evaluation of an expression.
type evaluation struct {
	expression *Expression
	env        *Environment
	root       any    // the value of $$
	scope      frame  // the outermost scope
	spare      *frame // a scope to reuse, or nil
	frees      []freeVariable
	stack      []any  // the arguments of pending calls
	text       []byte // the strings of pending concatenations
	done       <-chan struct{}
	depth      int
	maxDepth   int
	steps      uint
	elements   uint // of arrays that loops went over, see busy
	maxSteps   uint
	stored     int   // see maxStored
	stopped    error // why the evaluation has to end, if a function without an error result found out
	inexact    bool  // the result may need exporting, see export
}

// freeVariable is a variable that the expression does not bind. Its value is
// looked up once.
type freeVariable struct {
	value any
	known bool
}

// eval evaluates a node, and unwraps its result if that is a sequence.
func (ev *evaluation) eval(n node, input any, f *frame) (any, error) {
	return ev.evaluate(n, input, f, false)
}

// evalTuples is like eval for a node around a path that binds variables for the
// node: the result can be tuples.
func (ev *evaluation) evalTuples(n node, input any, f *frame) (any, error) {
	return ev.evaluate(n, input, f, true)
}

// evaluate does what eval does, and evalTuples if bound.
func (ev *evaluation) evaluate(n node, input any, f *frame, bound bool) (any, error) {
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
	switch r := v.(type) {
	case *list:
		return unwrap(r), nil
	case *tuples:
		if !bound {
			return unwrap(r.contexts()), nil
		}
	}
	return v, nil
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
		ev.maxDepth = defaultMaxDepth
	}
	if ev.maxSteps = env.MaxSteps; ev.maxSteps == 0 {
		ev.maxSteps = math.MaxUint
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

// maxPooledText bounds the buffer that is kept for the next evaluation, in
// bytes.
const maxPooledText = 1 << 16

// release returns the evaluation to the pool. It clears everything that the
// evaluation refers to.
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
