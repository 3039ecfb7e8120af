package jsonata

import "slices"

// compiler turns the resolved syntax tree into nodes.
type compiler struct {
	symbols map[string]symbol
	names   []string
}

func (c *compiler) symbol(name string) symbol {
	if s, ok := c.symbols[name]; ok {
		return s
	}
	s := symbol(len(c.names))
	c.symbols[name] = s
	c.names = append(c.names, name)
	return s
}

// optional is the symbol of a name, or 0 for none.
func (c *compiler) optional(name string) symbol {
	if name == "" {
		return 0
	}
	return c.symbol(name)
}

// node compiles a node and what follows it.
func (c *compiler) node(n *syntax) node {
	if n == nil {
		return nil
	}
	base := c.base(n)
	if n.kind == kindPath || n.predicates == nil && n.group == nil && !n.keepArray {
		return base
	}
	if n.kind == kindCall && n.tail { // grouping and [] are lost on a call in tail position, as in jsonata
		return base
	}
	f := &finish{node: base, keep: n.keepArray}
	for _, p := range n.predicates {
		f.filters = append(f.filters, c.filter(p.filter))
	}
	if n.group != nil {
		f.group = c.group(n.group.pairs, n.group.pos)
	}
	return f
}

func (c *compiler) nodes(list []*syntax) []node {
	out := make([]node, len(list))
	for i := range list {
		out[i] = c.node(list[i])
	}
	return out
}

func (c *compiler) base(n *syntax) node {
	switch n.kind {
	case kindString:
		return &literal{n.text}
	case kindNumber, kindConstant:
		return &literal{n.value}
	case kindRegex:
		return &literal{&regexFunction{n.regex}}
	case kindName:
		return name(n.text)
	case kindVariable:
		if n.text == "" {
			return current{}
		}
		return variable{c.symbol(n.text)}
	case kindParent:
		return variable{c.symbol(n.ancestor.label)}
	case kindWildcard:
		return wildcard{}
	case kindDescendants:
		return descendants{}
	case kindPath:
		return c.path(n)
	case kindBinary:
		return c.binary(n)
	case kindNegate:
		return &negate{c.node(n.left), n.pos}
	case kindArray:
		a := &array{items: c.nodes(n.list), cons: n.consArray, whole: make([]bool, len(n.list))}
		for i, item := range n.list {
			a.whole[i] = item.kind == kindArray
		}
		return a
	case kindObject:
		return &object{c.group(n.pairs, n.pos)}
	case kindBlock:
		b := &block{nodes: c.nodes(n.list)}
		for _, e := range n.list {
			b.scope = b.scope || binds(e)
		}
		return b
	case kindCondition:
		return &condition{c.node(n.left), c.node(n.right), c.node(n.other)}
	case kindBind:
		return &bind{c.symbol(n.left.text), c.node(n.right)}
	case kindApply:
		a := &applyNode{left: c.node(n.left), right: c.node(n.right), pos: n.pos}
		if n.right.kind == kindCall {
			call := c.call(n.right)
			call.tail = false
			a.call = call
		}
		return a
	case kindCall:
		return c.call(n)
	case kindPartial:
		p := &partialNode{procedure: c.node(n.other), pos: n.pos, arguments: make([]node, len(n.list))}
		p.name, p.lookup = c.procedureName(n.other)
		for i, argument := range n.list {
			if argument.kind != kindPlaceholder {
				p.arguments[i] = c.node(argument)
			}
		}
		return p
	case kindLambda:
		l := &lambdaNode{body: c.node(n.other), signature: n.signature, captures: captures(n.other)}
		for _, p := range n.list {
			l.parameters = append(l.parameters, c.symbol(p.text))
		}
		return l
	case kindTransform:
		t := &transformNode{
			pattern: c.node(n.left), update: c.node(n.right), remove: c.node(n.other),
			clone: c.symbol("clone"), pos: [3]int{n.pos, n.right.pos, 0},
		}
		if n.other != nil {
			t.pos[2] = n.other.pos
		}
		return t
	}
	panic("jsonata: a syntax node of unknown kind reached the compiler")
}

func (c *compiler) call(n *syntax) *call {
	k := &call{procedure: c.node(n.other), arguments: c.nodes(n.list), pos: n.pos, tail: n.tail}
	k.name, k.lookup = c.procedureName(n.other)
	return k
}

// procedureName is what an error calls the function, and the symbol of the
// variable that may have been meant if it is written as a field.
func (c *compiler) procedureName(n *syntax) (any, symbol) {
	switch n.kind {
	case kindPath:
		first := n.list[0]
		if first.text == "" {
			return first.value, 0
		}
		return first.text, c.symbol(first.text)
	case kindBlock, kindLambda, kindParent, kindCall, kindPartial, kindCondition, kindTransform:
		return nil, 0
	}
	return n.content(), 0
}

func (c *compiler) binary(n *syntax) node {
	if n.text == "&" {
		return c.concatenation(n)
	}
	b := binary{c.node(n.left), c.node(n.right), n.text, n.pos}
	switch n.text {
	case "+", "-", "*", "/", "%":
		return &arithmetic{b}
	case "=", "!=":
		return &equality{b}
	case "<", "<=", ">", ">=":
		return &comparison{b}
	case "and", "or":
		return &logic{b}
	case "in":
		return &include{b}
	}
	return &interval{b}
}

// concatenation makes one node of a chain of &.
func (c *compiler) concatenation(n *syntax) node {
	left := n.left
	var k *concatenation
	if left.kind == kindBinary && left.text == "&" && left.predicates == nil && left.group == nil {
		k = c.concatenation(left).(*concatenation)
	} else {
		k = &concatenation{operands: []node{c.node(left)}}
	}
	k.operands = append(k.operands, c.node(n.right))
	k.pos = append(k.pos, n.pos)
	return k
}

func (c *compiler) filter(n *syntax) *filter {
	f := &filter{node: c.node(n)}
	if n.kind == kindNumber {
		f.index, f.literal = n.value.(float64), true
	}
	return f
}

func (c *compiler) group(pairs [][2]*syntax, pos int) *group {
	g := &group{pos: pos, distinct: true}
	seen := map[any]bool{}
	for _, p := range pairs {
		key := c.node(p[0])
		g.keys = append(g.keys, key)
		g.values = append(g.values, c.node(p[1]))
		l, ok := key.(*literal)
		if ok {
			_, ok = l.value.(string)
		}
		if !ok || seen[l.value] {
			g.distinct = false
		} else {
			seen[l.value] = true
		}
	}
	return g
}

func (c *compiler) path(n *syntax) node {
	p := &path{
		steps: make([]step, len(n.list)), fromInput: n.list[0].kind != kindVariable,
		keep: n.keepSingle || n.keepArray, keepCons: n.keepSingle, tuple: n.tuple, firstTuple: len(n.list),
	}
	for i, s := range n.list {
		p.steps[i] = c.step(s)
		if p.steps[i].binds && p.firstTuple > i {
			p.firstTuple = i
		}
	}
	if n.group != nil {
		p.group = c.group(n.group.pairs, n.group.pos)
	}
	plain := c.plainPath(n)
	if plain == nil {
		return p
	}
	if len(plain.steps) == 1 && !plain.variable && plain.steps[0].Indexes == nil {
		return &field{plain.steps[0].Field, p}
	}
	plain.general = p
	return plain
}

func (c *compiler) step(n *syntax) step {
	s := step{
		cons: n.consArray, binds: n.tuple,
		focus: c.optional(n.focus), index: c.optional(n.index),
	}
	if n.ancestor != nil && n.kind != kindParent {
		s.ancestor = c.symbol(n.ancestor.label)
	}
	for _, st := range n.stages {
		if st.filter == nil {
			s.stages = append(s.stages, stageNode{index: c.symbol(st.index)})
		} else {
			s.stages = append(s.stages, stageNode{filter: c.filter(st.filter)})
		}
	}
	if n.kind == kindSort {
		s.order = &order{pos: n.pos}
		for _, t := range n.terms {
			s.order.keys = append(s.order.keys, c.node(t.key))
			s.order.descending = append(s.order.descending, t.descending)
		}
		return s
	}
	s.node = c.node(n)
	if n.kind == kindName {
		s.plain, s.field = n.predicates == nil && n.group == nil, n.text
	}
	return s
}

// any reports whether a condition holds for some node that is evaluated in the
// scope of n, n included. Nodes for which skip holds, and what is in them, are
// left out.
func (n *syntax) any(holds, skip func(*syntax) bool) bool {
	if n == nil {
		return false
	}
	if holds(n) {
		return true
	}
	inner := func(n *syntax) bool { return n.any(holds, skip) }
	if !skip(n) {
		if inner(n.left) || inner(n.right) || inner(n.other) || slices.ContainsFunc(n.list, inner) {
			return true
		}
		for _, p := range n.pairs {
			if inner(p[0]) || inner(p[1]) {
				return true
			}
		}
		for _, t := range n.terms {
			if inner(t.key) {
				return true
			}
		}
	}
	for _, s := range slices.Concat(n.stages, n.predicates) {
		if inner(s.filter) {
			return true
		}
	}
	if n.group != nil {
		for _, p := range n.group.pairs {
			if inner(p[0]) || inner(p[1]) {
				return true
			}
		}
	}
	return false
}

// binds reports whether evaluating the node sets a variable in the scope it is
// evaluated in.
func binds(n *syntax) bool {
	return n.any(
		func(n *syntax) bool { return n.kind == kindBind },
		func(n *syntax) bool { return n.kind == kindBlock || n.kind == kindLambda })
}

// captures reports whether something that outlives the evaluation of the body
// may refer to its scope: a function defined in it, or a call left to the
// caller.
func captures(body *syntax) bool {
	return body.any(
		func(n *syntax) bool { return n.kind == kindLambda || n.kind == kindTransform || n.tail },
		func(*syntax) bool { return false })
}
