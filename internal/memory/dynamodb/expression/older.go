package expression

import (
	"slices"

	"github.com/mapjob/mapjob/internal/memory/dynamodb/attribute"
)

// Comparison returns the condition that an older parameter, such as Expected, has for
// an attribute. The operator is a ComparisonOperator, such as EQ.
func Comparison(name, comparison string, values []attribute.Value) *Condition {
	at := Path{{Name: name}}
	args := []*node{{kind: pathNode, path: at}}
	for _, v := range values {
		args = append(args, &node{kind: valueNode, value: v})
	}
	n := &node{name: comparison, args: args}
	switch comparison {
	case "CONTAINS":
		n.name = "contains"
	case "NOT_CONTAINS":
		n = &node{name: "NOT", args: []*node{{name: "contains", args: args}}}
	case "NULL":
		n.name = "attribute_not_exists"
	case "NOT_NULL":
		n.name = "attribute_exists"
	case "IN", "BETWEEN":
	default:
		n.name = Operator(comparison)
	}
	return &Condition{n, []Path{at}}
}

// Operator returns the operator of a key's condition for a ComparisonOperator; empty
// if keys do not have it.
func Operator(comparison string) string {
	return map[string]string{"EQ": "=", "NE": "<>", "LT": "<", "LE": "<=", "GT": ">", "GE": ">=", "BETWEEN": "BETWEEN", "BEGINS_WITH": "begins_with"}[comparison]
}

// Joined returns a condition that holds if all of them do, or if one does.
func Joined(conditions []*Condition, one bool) *Condition {
	if len(conditions) == 0 {
		return nil
	}
	name := "AND"
	if one {
		name = "OR"
	}
	joined := conditions[0]
	for _, c := range conditions[1:] {
		joined = &Condition{&node{name: name, args: []*node{joined.root, c.root}}, slices.Concat(joined.paths, c.paths)}
	}
	return joined
}

// Add adds what an AttributeUpdates parameter does to an attribute: PUT, ADD or
// DELETE. The value is nil if it has none.
func (u *Update) Add(name, act string, v attribute.Value) {
	a := action{section: act, path: Path{{Name: name}}, operand: &node{kind: valueNode, value: v}}
	switch {
	case act == "PUT" || act == "":
		a.section = "SET"
	case v == nil:
		a.section, a.operand = "REMOVE", nil
	}
	u.actions = append(u.actions, a)
	u.paths.add(a.path)
}
