package jsonata

// applyNode evaluates x ~> f.
type applyNode struct {
	left, right node
	call        *call // the right side if it is a call, which takes left as its first argument
	pos         int
}

func (n *applyNode) eval(ev *evaluation, input any, f *frame) (any, error) {
	left, err := ev.eval(n.left, input, f)
	if err != nil {
		return nil, err
	}
	if n.call != nil {
		return n.call.with(ev, []any{left}, input, f)
	}
	right, err := ev.eval(n.right, input, f)
	if err != nil {
		return nil, err
	}
	fn, ok := right.(callable)
	if !ok {
		return nil, &Error{Code: "T2006", Position: n.pos, Value: right}
	}
	if first, ok := left.(callable); ok {
		return &chain{first, fn}, nil
	}
	return ev.applyNamed(fn, []any{left}, nil)
}

// chain is the value of f ~> g: a function that applies f and then g.
type chain struct{ first, second callable }

func (*chain) arity() int { return 1 }

func (c *chain) call(ev *evaluation, arguments []any, input any) (any, error) {
	if len(arguments) == 0 {
		arguments = []any{Undefined}
	}
	v, err := ev.applyNamed(c.first, arguments[:1], input)
	if err != nil {
		return nil, err
	}
	return ev.applyNamed(c.second, []any{unwrap(v)}, input)
}
