package jsonata

// callable is a function: a lambda, a built-in function, a partial application,
// a chain, a regular expression or a transform.
type callable interface {
	// arity returns the number of parameters, which is the number of arguments
	// that $map and its like pass.
	arity() int
	// call applies the function. input is the context of the call. The caller
	// may reuse arguments after the call. The result may be a pendingCall.
	call(ev *evaluation, arguments []any, input any) (any, error)
}

// pendingCall is a call that a function leaves to its caller.
type pendingCall interface {
	run(ev *evaluation, input any) (any, error)
}

// apply calls a function, and then makes the calls that the function leaves to
// its caller.
func (ev *evaluation) apply(fn callable, arguments []any, input any) (any, error) {
	v, err := fn.call(ev, arguments, input)
	if err != nil {
		return nil, err
	}
	return ev.finishCalls(v, input)
}

// finishCalls makes the calls that a function leaves to its caller.
func (ev *evaluation) finishCalls(v any, input any) (any, error) {
	for {
		pending, ok := v.(pendingCall)
		if !ok {
			return v, nil
		}
		err := ev.tick()
		if err != nil {
			return nil, err
		}
		if v, err = pending.run(ev, input); err != nil {
			return nil, err
		}
	}
}

// passedFunction is a function as an argument of a call. It has no context, and
// its errors keep their positions.
type passedFunction struct{ fn callable }

func (p *passedFunction) arity() int { return p.fn.arity() }

func (p *passedFunction) call(ev *evaluation, arguments []any, _ any) (any, error) {
	return ev.apply(p.fn, arguments, nil)
}

// passing returns a value as an argument of a call.
func passing(v any) any {
	switch fn := v.(type) {
	case *passedFunction:
		return fn
	case callable:
		return &passedFunction{fn}
	}
	return v
}
