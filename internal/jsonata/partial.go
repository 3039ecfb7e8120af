package jsonata

// partialNode evaluates f(a, ?).
type partialNode struct {
	procedure node
	name      any
	lookup    symbol
	arguments []node // nil for a ?
	pos       int
}

// partial is a function for which some arguments are given.
type partial struct {
	fn    callable
	given []any // the arguments, or placeholder
}

type placeholder struct{}

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
	return &partial{fn, given}, nil
}

func (p *partial) arity() int {
	n := 0
	for i := range max(p.fn.arity(), len(p.given)) {
		if i >= len(p.given) || p.given[i] == (placeholder{}) {
			n++
		}
	}
	return n
}

func (p *partial) call(ev *evaluation, arguments []any, input any) (any, error) {
	all := make([]any, 0, len(p.given)+len(arguments))
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
	if missing := p.fn.arity() - len(all); missing > 0 {
		all = append(all, arguments[:min(missing, len(arguments))]...)
	}
	return p.fn.call(ev, all, input)
}
