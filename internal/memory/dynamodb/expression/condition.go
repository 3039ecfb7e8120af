package expression

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/mapjob/mapjob/internal/memory/dynamodb/attribute"
)

// Condition is a condition or a filter.
type Condition struct {
	root  *node
	paths []Path
}

// Condition parses a condition.
func (s *Scope) Condition(text string) (_ *Condition, problem string) {
	if text == "" {
		return nil, "The expression can not be empty;"
	}
	p := newParser(s, text)
	root := p.parseOr()
	p.checkCondition(root)
	if problem := first(p.end(), p.parens, p.unknown, p.misused, p.reserved, p.condition); problem != "" {
		return nil, problem
	}
	return &Condition{root, p.seen}, ""
}

// Holds reports whether the condition holds for an item, which is nil if there is
// none. A nil condition always holds.
func (c *Condition) Holds(item attribute.Item) bool { return c == nil || c.root.holds(item) }

// Uses reports whether the condition has the attribute in a path.
func (c *Condition) Uses(name string) bool {
	return c != nil && slices.ContainsFunc(c.paths, func(p Path) bool { return p[0].Name == name })
}

// Nested returns the attributes of which a path leads into the value.
func (c *Condition) Nested() []string {
	if c == nil {
		return nil
	}
	return (&Paths{list: c.paths}).Nested()
}

func (p *parser) parseOr() *node { return p.parseOperator("OR", p.parseAnd) }

func (p *parser) parseAnd() *node { return p.parseOperator("AND", p.parseNot) }

// parseOperator parses conditions with an operator between them.
func (p *parser) parseOperator(name string, condition func() *node) *node {
	x := condition()
	for p.syntax == "" && strings.EqualFold(p.next(), name) {
		p.checkCondition(x)
		p.at++
		y := condition()
		p.checkCondition(y)
		x = &node{name: name, args: []*node{x, y}}
	}
	return x
}

func (p *parser) parseNot() *node {
	if p.accept("NOT") {
		n := &node{name: "NOT", args: []*node{p.parseNot()}}
		p.checkCondition(n.args[0])
		return n
	}
	n := p.parseComparison()
	note(&p.condition, "%s", first(p.names, p.values, p.operand, p.distinct, p.call))
	return n
}

// checkCondition refuses an operand in place of a condition.
func (p *parser) checkCondition(n *node) {
	switch {
	case n.kind == pathNode || n.kind == valueNode:
		p.fail()
	case n.kind == functionNode && n.name == "size":
		note(&p.misused, "The function is not allowed to be used this way in an expression; function: size")
	}
}

// parseComparison parses a comparison, a function, or what is in parentheses: a
// condition or an operand.
func (p *parser) parseComparison() *node {
	x := p.parsePrimary()
	text := p.next()
	switch {
	case p.syntax != "" || x.kind == operatorNode:
		return x
	case slices.Contains([]string{"=", "<>", "<", "<=", ">", ">="}, text):
		p.at++
		y := p.parsePrimary()
		p.checkOperands(x, y)
		p.checkDistinct(text, x, y)
		return &node{name: text, args: []*node{x, y}}
	case p.accept("BETWEEN"):
		low := p.parsePrimary()
		p.expect("AND")
		high := p.parsePrimary()
		p.checkOperands(x, low, high)
		p.checkBounds(low, high)
		return &node{name: "BETWEEN", args: []*node{x, low, high}}
	case p.accept("IN"):
		p.expect("(")
		n := &node{name: "IN", args: append([]*node{x}, p.parseList(p.parsePrimary)...)}
		p.expect(")")
		p.checkOperands(n.args...)
		return n
	}
	return x
}

// parsePrimary parses an operand, or what is in parentheses.
func (p *parser) parsePrimary() *node {
	if !p.accept("(") {
		return p.parseOperand(p.checkFunction)
	}
	n := p.parseOr()
	p.expect(")")
	if n.parens {
		note(&p.parens, "The expression has redundant parentheses;")
	}
	n.parens = true
	return n
}

// checkOperands refuses functions other than size, and conditions.
func (p *parser) checkOperands(operands ...*node) {
	for _, n := range operands {
		switch {
		case n.kind == operatorNode:
			p.fail()
		case n.kind == functionNode && n.name != "size":
			note(&p.misused, "The function is not allowed to be used this way in an expression; function: %s", n.name)
		}
	}
}

func (p *parser) checkDistinct(name string, operands ...*node) {
	if len(operands) == 2 && operands[0].kind == pathNode && operands[1].kind == pathNode && slices.Equal(operands[0].path, operands[1].path) {
		note(&p.distinct, "The first operand must be distinct from the remaining operands for this operator or function; operator: %s, first operand: %v",
			name, operands[0].path)
	}
}

func (p *parser) checkBounds(low, high *node) {
	if low.kind != valueNode || high.kind != valueNode || low.value == nil || high.value == nil {
		return
	}
	order, same := attribute.Compare(low.value, high.value)
	bounds := fmt.Sprintf("lower bound operand: AttributeValue: %s, upper bound operand: AttributeValue: %s", shown(low.value), shown(high.value))
	switch {
	case low.kindOf() != high.kindOf():
		note(&p.call, "The BETWEEN operator requires same data type for lower and upper bounds; %s", bounds)
	case same && order > 0:
		note(&p.call, "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; %s", bounds)
	}
}

// shown returns a value as messages show it.
func shown(v attribute.Value) string { return "{" + attribute.Kind(v) + ":" + attribute.Text(v) + "}" }

// checkFunction checks the call of a function in a condition.
func (p *parser) checkFunction(n *node) {
	p.checkOperands(n.args...)
	operands := map[string]int{"attribute_exists": 1, "attribute_not_exists": 1, "attribute_type": 2, "begins_with": 2, "contains": 2, "size": 1}[n.name]
	switch {
	case operands == 0:
		note(&p.unknown, "Invalid function name; function: %s", n.name)
		return
	case operands != len(n.args):
		note(&p.operand, "Incorrect number of operands for operator or function; operator or function: %s, number of operands: %d", n.name, len(n.args))
		return
	}
	p.checkDistinct(n.name, n.args...)
	n.result = attribute.Boolean
	incorrect := func(kind string) {
		note(&p.call, "Incorrect operand type for operator or function; operator or function: %s, operand type: %s", n.name, kind)
	}
	switch n.name {
	case "attribute_exists", "attribute_not_exists":
		if n.args[0].kind != pathNode {
			note(&p.call, "Operator or function requires a document path; operator or function: %s", n.name)
		}
	case "begins_with":
		for _, arg := range n.args {
			if kind := arg.kindOf(); kind != "" && kind != attribute.String && kind != attribute.Binary {
				incorrect(kind)
			}
		}
	case "attribute_type":
		const kinds = "{B,NULL,SS,BOOL,L,BS,N,NS,S,M}"
		switch kind := n.args[1].kindOf(); {
		case kind == "":
			incorrect("{NS,SS,L,BS,N,M,B,BOOL,NULL,S}")
		case kind != attribute.String:
			incorrect(kind)
		case !slices.Contains(strings.Split(strings.Trim(kinds, "{}"), ","), attribute.Text(n.args[1].value)):
			note(&p.call, "Invalid attribute type name found; type: %s, valid types: %s", attribute.Text(n.args[1].value), kinds)
		}
	case "size":
		n.result = attribute.Number
		switch kind := n.args[0].kindOf(); kind {
		case attribute.Number, attribute.Boolean, attribute.Null:
			incorrect(kind)
		}
	}
}

// holds reports whether a condition holds for an item.
func (n *node) holds(item attribute.Item) bool {
	switch n.name {
	case "AND":
		return n.args[0].holds(item) && n.args[1].holds(item)
	case "OR":
		return n.args[0].holds(item) || n.args[1].holds(item)
	case "NOT":
		return !n.args[0].holds(item)
	}
	x := n.args[0].of(item)
	var y attribute.Value
	if len(n.args) > 1 {
		y = n.args[1].of(item)
	}
	switch n.name {
	case "attribute_exists":
		return x != nil
	case "attribute_not_exists":
		return x == nil
	case "attribute_type":
		return attribute.Kind(x) == attribute.Text(y)
	case "begins_with":
		return attribute.HasPrefix(x, y)
	case "contains":
		return attribute.Contains(x, y)
	case "=":
		return x != nil && attribute.Equal(x, y)
	case "<>":
		return !attribute.Equal(x, y)
	case "IN":
		return x != nil && slices.ContainsFunc(n.args[1:], func(arg *node) bool { return attribute.Equal(x, arg.of(item)) })
	}
	order, same := attribute.Compare(x, y)
	switch {
	case !same:
		return false
	case n.name == "BETWEEN":
		above, same := attribute.Compare(x, n.args[2].of(item))
		return order >= 0 && same && above <= 0
	}
	return order < 0 && n.name[0] == '<' || order > 0 && n.name[0] == '>' || order == 0 && len(n.name) == 2
}

// of returns the value of an operand; nil if it has none.
func (n *node) of(item attribute.Item) attribute.Value {
	switch n.kind {
	case pathNode:
		return n.path.Of(item)
	case valueNode:
		return n.value
	}
	if length, ok := attribute.Length(n.args[0].of(item)); ok {
		return attribute.Of(attribute.Number, strconv.Itoa(length))
	}
	return nil
}
