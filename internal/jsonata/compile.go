package jsonata

import (
	"slices"

	"github.com/mapjob/mapjob/internal/jsonata/internal/syntax"
)

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

// optional returns the symbol of a name, or 0 for an empty name.
func (c *compiler) optional(name string) symbol {
	if name == "" {
		return 0
	}
	return c.symbol(name)
}

// node compiles a syntax node with its predicates and its grouping.
func (c *compiler) node(n *syntax.Node) node {
	if n == nil {
		return nil
	}
	base := c.base(n)
	if n.Kind == syntax.KindPath || n.Predicates == nil && n.Group == nil && !n.KeepArray {
		return base
	}
	if n.Kind == syntax.KindCall && n.Tail { // jsonata ignores grouping and [] after a call in tail position
		return base
	}
	f := &finish{node: base, keep: n.KeepArray}
	for _, p := range n.Predicates {
		f.filters = append(f.filters, c.filter(p.Filter))
	}
	if n.Group != nil {
		f.group = c.group(n.Group.Pairs, n.Group.Pos)
	}
	return f
}

func (c *compiler) nodes(list []*syntax.Node) []node {
	out := make([]node, len(list))
	for i := range list {
		out[i] = c.node(list[i])
	}
	return out
}

func (c *compiler) base(n *syntax.Node) node {
	switch n.Kind {
	case syntax.KindString:
		return &literal{n.Text}
	case syntax.KindNumber, syntax.KindConstant:
		return &literal{n.Value}
	case syntax.KindRegex:
		return &literal{&regexFunction{n.Regex}}
	case syntax.KindName:
		return name(n.Text)
	case syntax.KindVariable:
		if n.Text == "" {
			return current{}
		}
		return variable{c.symbol(n.Text)}
	case syntax.KindParent:
		return variable{c.symbol(n.Ancestor.Label)}
	case syntax.KindWildcard:
		return wildcard{}
	case syntax.KindDescendants:
		return descendants{}
	case syntax.KindPath:
		return c.path(n)
	case syntax.KindBinary:
		return c.binary(n)
	case syntax.KindNegate:
		return &negate{c.node(n.Left), n.Pos}
	case syntax.KindArray:
		a := &array{items: c.nodes(n.List), cons: n.ConsArray, whole: make([]bool, len(n.List))}
		for i, item := range n.List {
			a.whole[i] = item.Kind == syntax.KindArray
		}
		return a
	case syntax.KindObject:
		return &object{c.group(n.Pairs, n.Pos)}
	case syntax.KindBlock:
		b := &block{nodes: c.nodes(n.List)}
		for _, e := range n.List {
			b.scope = b.scope || syntax.Binds(e)
		}
		return b
	case syntax.KindCondition:
		return &condition{c.node(n.Left), c.node(n.Right), c.node(n.Other)}
	case syntax.KindBind:
		return &bind{c.symbol(n.Left.Text), c.node(n.Right)}
	case syntax.KindApply:
		a := &applyNode{left: c.node(n.Left), right: c.node(n.Right), pos: n.Pos}
		if n.Right.Kind == syntax.KindCall {
			call := c.call(n.Right)
			call.tail = false
			a.call = call
		}
		return a
	case syntax.KindCall:
		return c.call(n)
	case syntax.KindPartial:
		p := &partialNode{procedure: c.node(n.Other), pos: n.Pos, arguments: make([]node, len(n.List))}
		p.name, p.lookup = c.procedureName(n.Other)
		for i, argument := range n.List {
			if argument.Kind != syntax.KindPlaceholder {
				p.arguments[i] = c.node(argument)
			}
		}
		return p
	case syntax.KindLambda:
		l := &lambdaNode{body: c.node(n.Other), signature: n.Signature, captures: syntax.Captures(n.Other)}
		for _, p := range n.List {
			l.parameters = append(l.parameters, c.symbol(p.Text))
		}
		return l
	case syntax.KindTransform:
		t := &transformNode{
			pattern: c.node(n.Left), update: c.node(n.Right), remove: c.node(n.Other),
			clone: c.symbol("clone"), pos: [3]int{n.Pos, position(n.Right), 0},
		}
		if n.Other != nil {
			t.pos[2] = position(n.Other)
		}
		return t
	}
	panic("jsonata: a syntax node of unknown kind reached the compiler")
}

func (c *compiler) call(n *syntax.Node) *call {
	k := &call{procedure: c.node(n.Other), arguments: c.nodes(n.List), pos: n.Pos, tail: n.Tail}
	k.name, k.lookup = c.procedureName(n.Other)
	k.procedurePos = position(n.Other)
	if n.Other.Kind == syntax.KindVariable {
		k.variable = n.Other.Text
	}
	return k
}

// position returns the position of a node in errors. jsonata has none for paths.
func position(n *syntax.Node) int {
	if n.Kind == syntax.KindPath || n.Kind == syntax.KindParent {
		return 0
	}
	return n.Pos
}

// procedureName returns the name that errors give a called function. If the
// function is written as a field, it also returns the symbol of the variable
// that may have been meant.
func (c *compiler) procedureName(n *syntax.Node) (any, symbol) {
	switch n.Kind {
	case syntax.KindPath:
		first := n.List[0]
		if first.Text == "" {
			return first.Value, 0
		}
		return first.Text, c.symbol(first.Text)
	case syntax.KindCall, syntax.KindPartial:
		return "(", 0
	case syntax.KindBlock, syntax.KindLambda, syntax.KindParent, syntax.KindCondition, syntax.KindTransform:
		return nil, 0
	}
	return n.Content(), 0
}

func (c *compiler) binary(n *syntax.Node) node {
	if n.Text == "&" {
		return c.concatenation(n)
	}
	b := binary{c.node(n.Left), c.node(n.Right), n.Text, n.Pos}
	switch n.Text {
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

// concatenation compiles a chain of & into one node.
func (c *compiler) concatenation(n *syntax.Node) node {
	left := n.Left
	var k *concatenation
	if left.Kind == syntax.KindBinary && left.Text == "&" && left.Predicates == nil && left.Group == nil {
		k = c.concatenation(left).(*concatenation)
	} else {
		k = &concatenation{operands: []node{c.node(left)}}
	}
	k.operands = append(k.operands, c.node(n.Right))
	k.pos = append(k.pos, n.Pos)
	return k
}

func (c *compiler) filter(n *syntax.Node) *filter {
	f := &filter{node: c.node(n), fixed: fixed(n)}
	if n.Kind == syntax.KindNumber {
		f.index, f.literal = n.Value.(float64), true
	}
	return f
}

// fixed reports whether a node consists of numbers, ranges and arrays of them, such as
// [0..6], without predicates of its own.
func fixed(n *syntax.Node) bool {
	if n.Predicates != nil || n.Group != nil {
		return false
	}
	switch n.Kind {
	case syntax.KindNumber:
		return true
	case syntax.KindNegate:
		return fixed(n.Left)
	case syntax.KindBinary:
		return n.Text == ".." && fixed(n.Left) && fixed(n.Right)
	case syntax.KindArray:
		return !slices.ContainsFunc(n.List, func(item *syntax.Node) bool { return !fixed(item) })
	}
	return false
}

func (c *compiler) group(pairs [][2]*syntax.Node, pos int) *group {
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

func (c *compiler) path(n *syntax.Node) node {
	p := &path{
		steps: make([]step, len(n.List)), fromInput: n.List[0].Kind != syntax.KindVariable,
		keep: n.KeepSingle || n.KeepArray, keepCons: n.KeepSingle, tuple: n.Tuple, firstTuple: len(n.List),
	}
	for i, s := range n.List {
		p.steps[i] = c.step(s)
		if p.steps[i].binds && p.firstTuple > i {
			p.firstTuple = i
		}
	}
	if n.Group != nil {
		p.group = c.group(n.Group.Pairs, n.Group.Pos)
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

func (c *compiler) step(n *syntax.Node) step {
	s := step{
		cons: n.ConsArray, binds: n.Tuple,
		focus: c.optional(n.Focus), index: c.optional(n.Index),
	}
	if n.Ancestor != nil && n.Kind != syntax.KindParent {
		s.ancestor = c.symbol(n.Ancestor.Label)
	}
	for _, st := range n.Stages {
		if st.Filter == nil {
			s.stages = append(s.stages, stageNode{index: c.symbol(st.Index)})
		} else {
			s.stages = append(s.stages, stageNode{filter: c.filter(st.Filter)})
		}
	}
	if n.Kind == syntax.KindSort {
		s.order = &order{pos: n.Pos}
		for _, t := range n.Terms {
			s.order.keys = append(s.order.keys, c.node(t.Key))
			s.order.descending = append(s.order.descending, t.Descending)
		}
		return s
	}
	s.node = c.node(n)
	if n.Kind == syntax.KindName {
		s.plain, s.field = n.Predicates == nil && n.Group == nil, n.Text
	}
	return s
}
