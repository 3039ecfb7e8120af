package jsonata

// partialNode evaluates f(a, ?).
type partialNode struct {
	procedure node
	name      any
	lookup    symbol
	arguments []node // nil for a ?
	pos       int
}

// partial is a function for which some arguments are given. Its parameters are
// the placeholders. Arguments that are neither given nor a placeholder are
// missing.
type partial struct {
	fn    callable
	given []any // the arguments, or placeholder: at most one for each parameter of fn
	open  int   // the number of placeholders
}

type placeholder struct{}

// unchecked is a function that can be called without its signature: a missing
// argument is not taken from the context, and a value does not become an array.
type unchecked interface {
	parameterCount() int
	callUnchecked(ev *evaluation, arguments []any) (any, error)
}

func (n *partialNode) eval(ev *evaluation, input any, f *frame) (any, error) {
	given := make([]any, len(n.arguments))
	for i, argument := range n.arguments {
		if argument == nil {
			given[i] = placeholder{}
			continue
		}
		v, err := ev.eval(argument, input, f)
		if err != nil {
			return nil, err
		}
		given[i] = v
	}
	procedure, err := ev.eval(n.procedure, input, f)
	if err != nil {
		return nil, err
	}
	fn, ok := procedure.(callable)
	if !ok {
		code := "T1008"
		if n.lookup != 0 && IsUndefined(procedure) && !IsUndefined(ev.lookup(n.lookup, f)) {
			code = "T1007"
		}
		return nil, &Error{Code: code, Position: n.pos, token: n.name}
	}
	return newPartial(fn, given), nil
}

func newPartial(fn callable, given []any) *partial {
	count := fn.arity()
	if u, ok := fn.(unchecked); ok {
		count = u.parameterCount()
	}
	p := &partial{fn: fn, given: given[:min(count, len(given))]}
	for _, g := range p.given {
		if g == any(placeholder{}) {
			p.open++
		}
	}
	return p
}

func (p *partial) arity() int { return p.open }

func (p *partial) call(ev *evaluation, arguments []any, input any) (any, error) {
	all := make([]any, 0, len(p.given))
	for _, g := range p.given {
		switch {
		case g != any(placeholder{}):
			all = append(all, g)
		case len(arguments) > 0:
			all = append(all, arguments[0])
			arguments = arguments[1:]
		default:
			all = append(all, Undefined)
		}
	}
	if fn, ok := p.fn.(unchecked); ok {
		return fn.callUnchecked(ev, all)
	}
	return p.fn.call(ev, all, input)
}
