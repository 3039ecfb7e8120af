package jsonata

import "github.com/mapjob/mapjob/internal/value"

// node is a compiled part of an expression. Nodes are immutable. Evaluate a
// node with [evaluation.eval], which unwraps sequences.
type node interface {
	eval(ev *evaluation, input any, f *frame) (any, error)
}

// literal evaluates to a value that is written in the expression.
type literal struct{ value any }

func (n *literal) eval(*evaluation, any, *frame) (any, error) { return n.value, nil }

// current evaluates $: the value that the expression is applied to.
type current struct{}

func (current) eval(_ *evaluation, input any, _ *frame) (any, error) {
	if l, ok := input.(*list); ok && l.outer {
		return l.items[0], nil
	}
	return input, nil
}

// variable evaluates $name.
type variable struct{ symbol symbol }

func (n variable) eval(ev *evaluation, _ any, f *frame) (any, error) {
	return ev.lookup(n.symbol, f), nil
}

// name evaluates a field as a step of a path.
type name string

func (n name) eval(ev *evaluation, input any, _ *frame) (any, error) {
	return ev.member(input, string(n)), nil
}

// field evaluates a path of one field. If the input is an object, it only looks
// up the member.
type field struct {
	name    string
	general *path
}

func (n *field) eval(ev *evaluation, input any, f *frame) (any, error) {
	if ev.depth >= ev.maxDepth { // the step counts as a level
		return nil, &Error{Message: stackOverflow}
	}
	o, ok := input.(*value.Object)
	if !ok {
		return n.general.eval(ev, input, f)
	}
	m, ok := o.Get(n.name)
	if !ok {
		return Undefined, nil
	}
	if _, ok := m.(*list); ok {
		return n.general.eval(ev, input, f)
	}
	return m, nil
}

// finish applies what may follow any expression other than a path: predicates,
// grouping and [].
type finish struct {
	node    node
	filters []*filter
	group   *group
	keep    bool
}

func (n *finish) eval(ev *evaluation, input any, f *frame) (any, error) {
	v, err := n.node.eval(ev, input, f)
	if err != nil {
		return nil, err
	}
	if t, ok := v.(*tuples); ok {
		return n.evalTuples(ev, t.items, f)
	}
	for _, p := range n.filters {
		if v, err = p.apply(ev, v, f); err != nil {
			return nil, err
		}
		if !isArray(v) {
			v = &list{items: []any{v}, seq: true}
		}
	}
	if n.group != nil {
		if v, err = n.group.eval(ev, each(v), f); err != nil {
			return nil, err
		}
	}
	if n.keep {
		v = keptArray(v)
	}
	return v, nil
}

// evalTuples is like eval for values with variables.
func (n *finish) evalTuples(ev *evaluation, current []tuple, f *frame) (any, error) {
	for _, p := range n.filters {
		var err error
		if current, err = p.applyTuples(ev, current, f); err != nil {
			return nil, err
		}
	}
	if n.group != nil {
		return n.group.evalTuples(ev, current, f)
	}
	return &tuples{current}, nil
}

// block evaluates ( … ; … ).
type block struct {
	nodes []node
	scope bool // the block binds variables
}

func (n *block) eval(ev *evaluation, input any, f *frame) (v any, err error) {
	if n.scope {
		f = ev.newFrame(f, 1)
	}
	v = Undefined
	for _, e := range n.nodes {
		if v, err = ev.evalTuples(e, input, f); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// condition evaluates a ? b : c.
type condition struct{ test, then, otherwise node }

func (n *condition) eval(ev *evaluation, input any, f *frame) (any, error) {
	v, err := ev.eval(n.test, input, f)
	if err != nil {
		return nil, err
	}
	t, err := ev.truth(v)
	if err != nil {
		return nil, err
	}
	if t {
		return ev.eval(n.then, input, f)
	}
	if n.otherwise == nil {
		return Undefined, nil
	}
	return ev.eval(n.otherwise, input, f)
}

// bind evaluates $name := value.
type bind struct {
	symbol symbol
	node   node
}

func (n *bind) eval(ev *evaluation, input any, f *frame) (any, error) {
	v, err := ev.eval(n.node, input, f)
	if err != nil {
		return nil, err
	}
	f.bind(n.symbol, v)
	return v, nil
}

// array evaluates [ … ].
type array struct {
	items []node
	whole []bool // the item is an array constructor, whose array becomes an element
	cons  bool   // see list.cons
}

func (n *array) eval(ev *evaluation, input any, f *frame) (any, error) {
	out := make([]any, 0, len(n.items))
	for i, item := range n.items {
		v, err := ev.eval(item, input, f)
		if err != nil {
			return nil, err
		}
		if IsUndefined(v) {
			continue
		}
		if items, ok := elements(v); ok && !n.whole[i] {
			if len(n.items) == 1 {
				out = items[:len(items):len(items)]
				if out == nil {
					out = []any{}
				}
				continue
			}
			if err := ev.allocate(len(out)+len(items), 8); err != nil {
				return nil, err
			}
			out = append(out, items...)
			continue
		}
		ev.store(v)
		out = append(out, v)
	}
	if n.cons {
		ev.inexact = true
		return &list{items: out, cons: true}, nil
	}
	return out, nil
}

// wildcard evaluates *: the values of an object's members.
type wildcard struct{}

func (wildcard) eval(ev *evaluation, input any, _ *frame) (any, error) {
	if l, ok := input.(*list); ok && l.outer {
		input = l.items[0]
	}
	var out []any
	sequence := true
	add := func(v any) {
		if items, ok := elements(v); ok {
			out = ev.flatten(out, items)
			sequence = false // appending turns the sequence into a plain array
			return
		}
		out = append(out, v)
	}
	switch v := input.(type) {
	case *value.Object:
		for _, m := range v.All() {
			add(m)
		}
	case []any:
		for _, m := range v {
			add(m)
		}
	case *list:
		for _, m := range v.items {
			add(m)
		}
	}
	if err := ev.allocate(len(out), 8); err != nil {
		return nil, err
	}
	if !sequence {
		return out, nil
	}
	return &list{items: out, seq: true}, nil
}

// descendants evaluates **: the value and everything in it.
type descendants struct{}

func (descendants) eval(ev *evaluation, input any, _ *frame) (any, error) {
	if IsUndefined(input) {
		return Undefined, nil
	}
	out := ev.descend(nil, input)
	if err := ev.allocate(len(out), 8); err != nil {
		return nil, err
	}
	if len(out) == 1 {
		return out[0], nil
	}
	return &list{items: out, seq: true}, nil
}

// object evaluates { … }, which groups its input. In most cases the input is a
// single value.
type object struct{ group *group }

func (n *object) eval(ev *evaluation, input any, f *frame) (any, error) {
	if items, ok := elements(input); ok {
		return n.group.eval(ev, items, f)
	}
	return n.group.single(ev, input, f)
}
