package jsonata

import "errors"

// call evaluates the call of a function. Under ~>, the left side becomes its
// first argument.
type call struct {
	procedure node
	name      any    // the function's name in errors; nil if it has none
	lookup    symbol // the variable that may have been meant by a field; 0 if there is no field
	arguments []node
	pos       int
	tail      bool

	// The position of the function's name and the name, if it is a variable. The
	// errors of a tail call have them.
	procedurePos int
	variable     any
}

// tailCall is a call in tail position that has yet to be made.
type tailCall struct {
	call  *call
	input any
	frame *frame
}

func (n *call) eval(ev *evaluation, input any, f *frame) (any, error) {
	if n.tail {
		return &tailCall{n, input, f}, nil
	}
	return n.with(ev, nil, input, f)
}

// with makes the call. applied, if any, is the first argument.
func (n *call) with(ev *evaluation, applied []any, input any, f *frame) (any, error) {
	procedure, err := ev.eval(n.procedure, input, f)
	if err != nil {
		return nil, err
	}
	if n.lookup != 0 && IsUndefined(procedure) && !IsUndefined(ev.lookup(n.lookup, f)) {
		return nil, &Error{Code: "T1005", Position: n.pos, token: n.name}
	}
	base := len(ev.stack)
	ev.stack = append(ev.stack, applied...)
	for _, argument := range n.arguments {
		v, err := ev.eval(argument, input, f)
		if err != nil {
			return nil, err
		}
		ev.stack = append(ev.stack, passing(v))
	}
	fn, ok := procedure.(callable)
	if !ok {
		return nil, &Error{Code: "T1006", Position: n.pos, token: n.name}
	}
	arguments := ev.stack[base:len(ev.stack):len(ev.stack)]
	v, err := fn.call(ev, arguments, input)
	if err != nil {
		return nil, place(err, n.pos, n.name, !keepsPositions(fn))
	}
	if v, err = ev.finishCalls(v, input); err != nil {
		return nil, place(err, n.pos, n.name, false)
	}
	clear(arguments)
	ev.stack = ev.stack[:base]
	return v, nil
}

// keepsPositions reports whether the errors inside a function keep their
// positions. The errors inside any other function get that of the call.
func keepsPositions(fn callable) bool {
	switch fn.(type) {
	case *passedFunction, *regexFunction, *nextMatch:
		return true
	}
	return false
}

// place sets the position and the name of a call in an error inside the function.
// If replace is false, the error keeps a position that it has.
func place(err error, pos int, name any, replace bool) error {
	if e, ok := errors.AsType[*Error](err); ok {
		if pos != 0 && (replace || e.Position == 0) {
			e.Position, e.chained = pos, false
		}
		if e.token == nil {
			e.token = name
		}
	}
	return err
}

// run makes the call.
func (t *tailCall) run(ev *evaluation, input any) (any, error) {
	procedure, err := ev.eval(t.call.procedure, t.input, t.frame)
	if err != nil {
		return nil, err
	}
	arguments := make([]any, 0, len(t.call.arguments))
	for _, argument := range t.call.arguments {
		v, err := ev.eval(argument, t.input, t.frame)
		if err != nil {
			return nil, err
		}
		arguments = append(arguments, v)
	}
	var v any
	if fn, ok := procedure.(callable); ok {
		v, err = fn.call(ev, arguments, input)
	} else {
		err = &Error{Code: "T1006"}
	}
	if err != nil {
		return nil, place(err, t.call.procedurePos, t.call.variable, true)
	}
	return v, nil
}
