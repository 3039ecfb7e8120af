package expression

import (
	"slices"

	"github.com/mapjob/mapjob/internal/memory/dynamodb/attribute"
)

// KeyCondition is the condition for an attribute of a key.
type KeyCondition struct {
	Name     string
	Operator string // =, <, <=, >, >=, BETWEEN or begins_with
	Values   []attribute.Value
}

// Holds reports whether the condition holds for a value.
func (k *KeyCondition) Holds(v attribute.Value) bool {
	if k.Operator == "begins_with" {
		return attribute.HasPrefix(v, k.Values[0])
	}
	n := &node{name: k.Operator, args: []*node{{kind: valueNode, value: v}}}
	for _, bound := range k.Values {
		n.args = append(n.args, &node{kind: valueNode, value: bound})
	}
	return n.holds(nil)
}

// Keys returns the conditions for attributes of the key in a condition. The problem
// is a whole message.
func (c *Condition) Keys() (_ []KeyCondition, problem string) {
	var keys []KeyCondition
	problem = c.root.keys(&keys)
	return keys, problem
}

func (n *node) keys(keys *[]KeyCondition) (problem string) {
	const invalid = "Invalid condition in KeyConditionExpression: "
	switch n.name {
	case "AND":
		return first(n.args[0].keys(keys), n.args[1].keys(keys))
	case "OR", "NOT", "IN", "<>", "attribute_exists", "attribute_not_exists", "attribute_type", "contains":
		return "Invalid operator used in KeyConditionExpression: " + n.name
	case "BETWEEN", "begins_with":
		if n.args[0].kind != pathNode {
			return invalid + n.name + " operator must have the key attribute as its first operand"
		}
	}
	k := KeyCondition{Operator: n.name}
	for i, arg := range n.args {
		switch {
		case arg.kind == valueNode:
			k.Values = append(k.Values, arg.value)
		case arg.kind == functionNode:
			return "KeyConditionExpressions cannot contain nested operations"
		case k.Name != "":
			return invalid + "Multiple attribute names used in one condition"
		case len(arg.path) > 1:
			return "KeyConditionExpressions cannot have conditions on nested attributes"
		default:
			k.Name = arg.path[0].Name
			if i == 1 {
				k.Operator = turned(k.Operator)
			}
		}
	}
	switch {
	case k.Name == "":
		return invalid + "No key attribute specified"
	case slices.ContainsFunc(*keys, func(other KeyCondition) bool { return other.Name == k.Name }):
		return "KeyConditionExpressions must only contain one condition per key"
	}
	*keys = append(*keys, k)
	return ""
}

// turned returns the comparison with its operands exchanged.
func turned(operator string) string {
	switch operator[0] {
	case '<':
		return ">" + operator[1:]
	case '>':
		return "<" + operator[1:]
	}
	return operator
}
