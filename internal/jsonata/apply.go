package jsonata

import "errors"

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
	return ev.apply(fn, []any{left}, nil)
}

// chain is the value of f ~> g: a function that applies f and then g.
type chain struct{ first, second callable }

func (*chain) arity() int { return 1 }

func (c *chain) call(_ *evaluation, arguments []any, _ any) (any, error) {
	if len(arguments) == 0 {
		return &chainCall{c, Undefined}, nil
	}
	return &chainCall{c, arguments[0]}, nil
}

// chainCall is a call of a chain that has yet to be made. In jsonata, a chain is
// the function function($f, $g) { function($x){ $g($f($x)) } }, and its errors have
// positions in there.
type chainCall struct {
	chain    *chain
	argument any
}

func (c *chainCall) run(ev *evaluation, input any) (any, error) {
	v, err := c.chain.first.call(ev, []any{passing(c.argument)}, nil)
	if err != nil {
		return nil, chained(place(err, 39, "f", !keepsPositions(c.chain.first)))
	}
	if v, err = ev.finishCalls(v, nil); err != nil {
		return nil, chained(place(err, 39, "f", false))
	}
	if v, err = c.chain.second.call(ev, []any{unwrap(v)}, input); err != nil {
		return nil, chained(place(err, 35, "g", true))
	}
	return v, nil
}

// chained notes that the position of an error is none in the expression.
func chained(err error) error {
	if e, ok := errors.AsType[*Error](err); ok && (e.Position == 35 || e.Position == 39) {
		e.chained = true
	}
	return err
}
