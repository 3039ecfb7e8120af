package jsonata

import "github.com/mapjob/mapjob/internal/jsonata/internal/syntax"

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

// call is a call of a function, or of one with the left side of ~> as its
// first argument.
type call struct {
	procedure node
	name      any    // the function's name as errors show it; nil if it has none
	lookup    symbol // of a field that may have been meant as a variable; 0 if it is none
	arguments []node
	pos       int
	tail      bool
}

// tailCall is a call in tail position, still to be made.
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
		ev.stack = append(ev.stack, v)
	}
	fn, ok := procedure.(callable)
	if !ok {
		return nil, &Error{Code: "T1006", Position: n.pos, token: n.name}
	}
	arguments := ev.stack[base:len(ev.stack):len(ev.stack)]
	v, err := ev.apply(fn, arguments, input)
	if err != nil {
		return nil, n.place(err)
	}
	clear(arguments)
	ev.stack = ev.stack[:base]
	return v, nil
}

// place puts an error from within the function at the call.
func (n *call) place(err error) error {
	if e, ok := err.(*Error); ok {
		e.Position = n.pos
		if e.token == nil {
			e.token = n.name
		}
	}
	return err
}

// run makes a call that was left to the caller of the function it stands in.
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
	fn, ok := procedure.(callable)
	if !ok {
		return nil, &Error{Code: "T1006"}
	}
	v, err := fn.call(ev, arguments, input)
	if err != nil {
		return nil, t.call.place(err)
	}
	return v, nil
}

// lambda is a function of the expression, with the scope it was defined in.
type lambda struct {
	definition *lambdaNode
	input      any
	frame      *frame
}

type lambdaNode struct {
	parameters []symbol
	body       node
	signature  *syntax.Signature
	captures   bool // something may hold on to the scope of a call when the call has ended
}

func (n *lambdaNode) eval(_ *evaluation, input any, f *frame) (any, error) {
	return &lambda{n, input, f}, nil
}

func (l *lambda) arity() int { return len(l.definition.parameters) }

func (l *lambda) call(ev *evaluation, arguments []any, input any) (any, error) {
	if s := l.definition.signature; s != nil {
		var err error
		if arguments, err = validate(s, arguments, input); err != nil {
			return nil, err
		}
		ev.passed(arguments)
	}
	f := ev.newFrame(l.frame, len(l.definition.parameters))
	for i, p := range l.definition.parameters {
		v := Undefined
		if i < len(arguments) {
			v = arguments[i]
		}
		f.bind(p, v)
	}
	v, err := ev.eval(l.definition.body, l.input, f)
	if !l.definition.captures {
		ev.recycle(f)
	}
	return v, err
}

// partialNode is f(a, ?).
type partialNode struct {
	procedure node
	name      any
	lookup    symbol
	arguments []node // nil where a ? stands
	pos       int
}

// partial is a function some of whose arguments are given.
type partial struct {
	fn    callable
	given []any // the arguments; placeholder where one is missing
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

// applyNode is x ~> f.
type applyNode struct {
	left, right node
	call        *call // when the right side is a call, which then gets one more argument
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

// chain is f ~> g: the function that applies f and then g.
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

// transformNode is |pattern|update, delete|: a function that changes a copy of
// what it is applied to.
type transformNode struct {
	pattern, update, remove node
	clone                   symbol
	pos                     [3]int // of the transform, the update and the delete clause
}

type transform struct {
	*transformNode
	frame *frame
}

func (n *transformNode) eval(_ *evaluation, _ any, f *frame) (any, error) {
	return &transform{n, f}, nil
}

func (*transform) arity() int { return 1 }

var transformSignature = mustSignature("<(oa):o>")

func (t *transform) call(ev *evaluation, arguments []any, input any) (any, error) {
	arguments, err := validate(transformSignature, arguments, input)
	if err != nil {
		return nil, err
	}
	if len(arguments) == 0 || IsUndefined(arguments[0]) {
		return Undefined, nil
	}
	clone, ok := ev.lookup(t.clone, t.frame).(callable)
	if !ok {
		return nil, &Error{Code: "T2013", Position: t.pos[0]}
	}
	result, err := ev.apply(clone, arguments[:1], nil)
	if err != nil {
		return nil, err
	}
	matched, err := ev.eval(t.pattern, result, t.frame)
	if err != nil {
		return nil, err
	}
	if IsUndefined(matched) {
		return result, nil
	}
	for _, match := range each(matched) {
		if err := t.change(ev, match); err != nil {
			return nil, err
		}
	}
	return result, nil
}
