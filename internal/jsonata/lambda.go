package jsonata

import "github.com/mapjob/mapjob/internal/jsonata/internal/syntax"

// lambda is a function that the expression defines, with the scope of its
// definition.
type lambda struct {
	definition *lambdaNode
	input      any
	frame      *frame
}

type lambdaNode struct {
	parameters []symbol
	body       node
	signature  *syntax.Signature
	captures   bool // the scope of a call may be in use after the call
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
	return l.callUnchecked(ev, arguments)
}

func (l *lambda) parameterCount() int { return l.arity() }

func (l *lambda) callUnchecked(ev *evaluation, arguments []any) (any, error) {
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
