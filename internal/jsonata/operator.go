package jsonata

import (
	"errors"
	"math"

	"github.com/mapjob/mapjob/internal/jsonata/internal/javascript"
	"github.com/mapjob/mapjob/internal/value"
)

// binary holds what all operators with two operands share.
type binary struct {
	left, right node
	op          string
	pos         int
}

func (n *binary) operands(ev *evaluation, input any, f *frame) (x, y any, err error) {
	if x, err = ev.eval(n.left, input, f); err != nil {
		return nil, nil, err
	}
	y, err = ev.eval(n.right, input, f)
	return x, y, err
}

// fail returns an error of the operator.
func (n *binary) fail(code string, v any) error {
	return &Error{Code: code, Position: n.pos, token: n.op, Value: v}
}

// at sets the position of an error to that of the operator.
func (n *binary) at(err error) error {
	if e, ok := errors.AsType[*Error](err); ok {
		e.Position, e.token = n.pos, n.op
	}
	return err
}

// finite returns an error if n is infinite.
func finite(n float64) error {
	if math.IsInf(n, 0) {
		return &Error{Code: "D1001", Value: n}
	}
	return nil
}

// number returns v as an operand of arithmetic. In jsonata, NaN is not a
// number, and an infinite number is out of range.
func number(v any) (n float64, ok bool, err error) {
	n, ok = value.Float(v)
	if !ok || math.IsNaN(n) {
		return 0, false, nil
	}
	return n, true, finite(n)
}

// arithmetic evaluates + - * / %.
type arithmetic struct{ binary }

func (n *arithmetic) eval(ev *evaluation, input any, f *frame) (any, error) {
	x, y, err := n.operands(ev, input, f)
	if err != nil {
		return nil, err
	}
	a, aOK := x.(float64)
	b, bOK := y.(float64)
	if !aOK || !bOK || a-a != 0 || b-b != 0 { // a finite number minus itself is 0
		if !IsUndefined(x) {
			if a, aOK, err = number(x); err != nil {
				return nil, n.at(err)
			} else if !aOK {
				return nil, n.fail("T2001", x)
			}
		}
		if !IsUndefined(y) {
			if b, bOK, err = number(y); err != nil {
				return nil, n.at(err)
			} else if !bOK {
				return nil, n.fail("T2002", y)
			}
		}
		if IsUndefined(x) || IsUndefined(y) {
			return Undefined, nil
		}
	}
	var r float64
	switch n.op[0] {
	case '+':
		r = a + b
	case '-':
		r = a - b
	case '*':
		r = a * b
	case '/':
		r = a / b
	case '%':
		r = math.Mod(a, b)
	}
	if r-r != 0 {
		ev.inexact = true
	}
	return r, nil
}

// negate evaluates -x.
type negate struct {
	node node
	pos  int
}

func (n *negate) eval(ev *evaluation, input any, f *frame) (any, error) {
	v, err := ev.eval(n.node, input, f)
	if err != nil || IsUndefined(v) {
		return v, err
	}
	x, ok, err := number(v)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, &Error{Code: "D1002", Position: n.pos, token: "-", Value: v}
	}
	return -x, nil
}

// equality evaluates = and !=.
type equality struct{ binary }

func (n *equality) eval(ev *evaluation, input any, f *frame) (any, error) {
	x, y, err := n.operands(ev, input, f)
	if err != nil {
		return nil, err
	}
	if IsUndefined(x) || IsUndefined(y) {
		return false, nil
	}
	return ev.equal(x, y) == (n.op == "="), nil
}

// comparison evaluates < <= > >=.
type comparison struct{ binary }

func (n *comparison) eval(ev *evaluation, input any, f *frame) (any, error) {
	x, y, err := n.operands(ev, input, f)
	if err != nil {
		return nil, err
	}
	a, aIsNumber := value.Float(x)
	b, bIsNumber := value.Float(y)
	if aIsNumber && bIsNumber {
		switch n.op {
		case "<":
			return a < b, nil
		case "<=":
			return a <= b, nil
		case ">":
			return a > b, nil
		}
		return a >= b, nil
	}
	s, aIsString := x.(string)
	t, bIsString := y.(string)
	if !aIsNumber && !aIsString && !IsUndefined(x) || !bIsNumber && !bIsString && !IsUndefined(y) {
		v := y
		if !aIsNumber && !aIsString {
			v = x
		}
		return nil, n.fail("T2010", v)
	}
	if IsUndefined(x) || IsUndefined(y) {
		return Undefined, nil
	}
	if aIsString != bIsString {
		return nil, &Error{Code: "T2009", Position: n.pos, token: n.op, Value: x, value2: y}
	}
	c := javascript.CompareStrings(s, t)
	switch n.op {
	case "<":
		return c < 0, nil
	case "<=":
		return c <= 0, nil
	case ">":
		return c > 0, nil
	}
	return c >= 0, nil
}

// logic evaluates and, or.
type logic struct{ binary }

func (n *logic) eval(ev *evaluation, input any, f *frame) (any, error) {
	v, err := ev.eval(n.left, input, f)
	if err != nil {
		return nil, err
	}
	t, err := ev.truth(v)
	if err != nil {
		return nil, n.at(err)
	}
	if t == (n.op == "or") {
		return t, nil
	}
	if v, err = ev.eval(n.right, input, f); err == nil {
		t, err = ev.truth(v)
	}
	if err != nil {
		return nil, n.at(err) // jsonata overwrites the position of the error
	}
	return t, nil
}

// include evaluates in.
type include struct{ binary }

func (n *include) eval(ev *evaluation, input any, f *frame) (any, error) {
	x, y, err := n.operands(ev, input, f)
	if err != nil {
		return nil, err
	}
	if IsUndefined(x) || IsUndefined(y) {
		return false, nil
	}
	items := each(y)
	ev.busy(len(items))
	for _, item := range items {
		if identical(item, x) {
			return true, nil
		}
	}
	return false, nil
}

// concatenation evaluates &. A chain of & is one node.
type concatenation struct {
	operands []node
	pos      []int // the positions of the operators
}

func (n *concatenation) eval(ev *evaluation, input any, f *frame) (any, error) {
	base := len(ev.text) // an operand may be another concatenation
	var first any
	for i, operand := range n.operands {
		// The operators are left-associative: early operands nest more deeply.
		nesting := len(n.operands) - 1 - max(i, 1)
		ev.depth += nesting
		v, err := ev.eval(operand, input, f)
		ev.depth -= nesting
		if err != nil {
			return nil, err
		}
		if i == 0 {
			first = v
			continue
		}
		if i == 1 {
			if ev.text, err = ev.appendString(ev.text, first); err != nil {
				return nil, n.place(err, i)
			}
		}
		if ev.text, err = ev.appendString(ev.text, v); err != nil {
			return nil, n.place(err, i)
		}
		if err := ev.allocate(len(ev.text)-base, 1); err != nil {
			return nil, err
		}
	}
	text := string(ev.text[base:])
	ev.text = ev.text[:base]
	return text, nil
}

func (n *concatenation) place(err error, operand int) error {
	if e, ok := errors.AsType[*Error](err); ok {
		e.Position, e.token = n.pos[operand-1], "&"
	}
	return err
}

// interval evaluates a..b.
type interval struct{ binary }

// maxInterval bounds the numbers in a range, as jsonata does.
const maxInterval = 1e7

func (n *interval) eval(ev *evaluation, input any, f *frame) (any, error) {
	x, y, err := n.operands(ev, input, f)
	if err != nil {
		return nil, err
	}
	a, aOK := integer(x)
	if !aOK && !IsUndefined(x) {
		return nil, n.fail("T2003", x)
	}
	b, bOK := integer(y)
	if !bOK && !IsUndefined(y) {
		return nil, n.fail("T2004", y)
	}
	if IsUndefined(x) || IsUndefined(y) || a > b {
		return Undefined, nil
	}
	size := b - a + 1
	if size > maxInterval {
		return nil, n.fail("D2014", size)
	}
	if err := ev.allocate(int(size), 8); err != nil {
		return nil, err
	}
	items := make([]any, int(size))
	for i := range items {
		items[i] = a + float64(i)
	}
	return &list{items: items, seq: true}, nil
}

func integer(v any) (float64, bool) {
	n, ok := value.Float(v)
	return n, ok && n == math.Trunc(n) && !math.IsInf(n, 0)
}
