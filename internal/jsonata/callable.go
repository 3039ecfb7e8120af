package jsonata

// callable is a function: a lambda, a built-in one, a partial application of
// either, a chain of two, a regular expression, or a transform.
type callable interface {
	// arity is the number of parameters: how many arguments $map and its like
	// pass.
	arity() int
	// call applies the function. input is the context of the call. The
	// arguments are the caller's again when it returns.
	call(ev *evaluation, arguments []any, input any) (any, error)
}

// apply calls a function, and goes on with the calls that it leaves to its
// caller as its last act.
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

// applyNamed applies a function that no call has named. Its errors name it if
// it is a built-in one.
func (ev *evaluation) applyNamed(fn callable, arguments []any, input any) (any, error) {
	v, err := ev.apply(fn, arguments, input)
	if e, ok := err.(*Error); ok && e.token == nil {
		if n, ok := fn.(*native); ok {
			e.token = n.name
		}
	}
	return v, err
}
