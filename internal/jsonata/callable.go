package jsonata

import "errors"

// callable is a function: a lambda, a built-in function, a partial application,
// a chain, a regular expression or a transform.
type callable interface {
	// arity returns the number of parameters, which is the number of arguments
	// that $map and its like pass.
	arity() int
	// call applies the function. input is the context of the call. The caller
	// may reuse arguments after the call.
	call(ev *evaluation, arguments []any, input any) (any, error)
}

// apply calls a function, and then makes the tail calls that the function
// leaves to its caller.
func (ev *evaluation) apply(fn callable, arguments []any, input any) (any, error) {
	v, err := fn.call(ev, arguments, input)
	for err == nil {
		tail, ok := v.(*tailCall)
		if !ok {
			break
		}
		if err = ev.tick(); err != nil {
			break
		}
		v, err = tail.run(ev, input)
	}
	return v, err
}

// applyNamed applies a function that the expression does not call by name. If
// the function is built in, its errors name it.
func (ev *evaluation) applyNamed(fn callable, arguments []any, input any) (any, error) {
	v, err := ev.apply(fn, arguments, input)
	if e, ok := errors.AsType[*Error](err); ok && e.token == nil {
		if n, ok := fn.(*native); ok {
			e.token = n.name
		}
	}
	return v, err
}
