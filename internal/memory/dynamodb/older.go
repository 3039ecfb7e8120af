package dynamodb

import (
	"fmt"
	"slices"

	"github.com/mapjob/mapjob/internal/memory/dynamodb/attribute"
	"github.com/mapjob/mapjob/internal/memory/dynamodb/expression"
	"github.com/mapjob/mapjob/internal/value"
)

// The parameters that expressions have replaced (developer guide, "Legacy conditional
// parameters").

const invalidValues = "One or more parameter values were invalid: "

// comparison is the condition of an older parameter for an attribute.
type comparison struct {
	name, operator string
	values         []attribute.Value
}

func comparisonOperators() []string {
	return []string{"IN", "NULL", "BETWEEN", "LT", "NOT_CONTAINS", "EQ", "GT", "NOT_NULL", "NE", "LE", "BEGINS_WITH", "GE", "CONTAINS"}
}

// comparisons reads the KeyConditions, the QueryFilter or the ScanFilter.
func (r *request) comparisons(name string) (_ []comparison, refused *refusal) {
	var list []comparison
	for attributeName, v := range r.object(name).All() {
		members, _ := v.(*value.Object)
		one := &request{members: members, path: lowerFirst(name) + "." + attributeName + ".member."}
		c := comparison{name: attributeName}
		one.required("ComparisonOperator")
		c.operator = one.oneOf("ComparisonOperator", comparisonOperators()...)
		c.values = one.values("AttributeValueList")
		if refused := one.refused(); refused != nil {
			return nil, refused
		}
		if problem := c.check(); problem != "" {
			return nil, invalid(problem)
		}
		list = append(list, c)
	}
	return list, nil
}

// values returns a list of values.
func (r *request) values(name string) []attribute.Value {
	var values []attribute.Value
	for _, v := range r.list(name) {
		if problem := attribute.Untyped(v); problem != "" {
			r.untyped = problem
			return nil
		}
		values = append(values, v.(attribute.Value))
	}
	return values
}

// check returns what is wrong with the values of a comparison.
func (c *comparison) check() (problem string) {
	for _, v := range c.values {
		if problem := attribute.Invalid(v); problem != "" {
			return problem
		}
	}
	if !c.counts() {
		return invalidValues + "Invalid number of argument(s) for the " + c.operator + " ComparisonOperator"
	}
	for _, v := range c.values {
		if attribute.Kind(v) != attribute.Kind(c.values[0]) {
			return invalidValues + "AttributeValues inside AttributeValueList must be of same type"
		}
	}
	kinds := []string{attribute.String, attribute.Number, attribute.Binary}
	switch c.operator {
	case "EQ", "NE":
		return ""
	case "BEGINS_WITH":
		kinds = []string{attribute.String, attribute.Binary}
	}
	for _, v := range c.values {
		if !slices.Contains(kinds, attribute.Kind(v)) {
			return fmt.Sprintf(invalidValues+"ComparisonOperator %s is not valid for %s AttributeValue type", c.operator, attribute.Kind(v))
		}
	}
	return c.checkBounds()
}

// counts reports whether a comparison has as many values as its operator takes.
func (c *comparison) counts() bool {
	n := len(c.values)
	switch c.operator {
	case "NULL", "NOT_NULL":
		return n == 0
	case "IN":
		return n > 0
	case "BETWEEN":
		return n == 2
	}
	return n == 1
}

func (c *comparison) checkBounds() (problem string) {
	if c.operator == "BETWEEN" {
		if order, _ := attribute.Compare(c.values[0], c.values[1]); order > 0 {
			return "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound"
		}
	}
	return ""
}

// joined returns comparisons as one condition; nil if there are none.
func (r *request) joined(list []comparison) *expression.Condition {
	conditions := make([]*expression.Condition, len(list))
	for i, c := range list {
		conditions[i] = expression.Comparison(c.name, c.operator, c.values)
	}
	return expression.Joined(conditions, r.oneOf("ConditionalOperator", "OR", "AND") == "OR")
}

// expected reads the condition of Expected; nil if the request does not have it.
func (r *request) expected() (*expression.Condition, *refusal) {
	var list []comparison
	for name, v := range r.object("Expected").All() {
		members, _ := v.(*value.Object)
		one := &request{members: members, path: "expected." + name + ".member."}
		c := comparison{name: name, operator: one.oneOf("ComparisonOperator", comparisonOperators()...), values: one.values("AttributeValueList")}
		exists := !one.has("Exists") || one.flag("Exists")
		if v, ok := one.get("Value"); ok {
			if problem := attribute.Untyped(v); problem != "" {
				one.untyped = problem
			} else {
				c.values = append(c.values, v.(attribute.Value))
			}
		}
		if refused := one.refused(); refused != nil {
			return nil, refused
		}
		if problem := one.invalidExpected(&c, exists); problem != "" {
			return nil, invalid(problem)
		}
		list = append(list, c)
	}
	condition := r.joined(list)
	return condition, r.refused()
}

// invalidExpected returns what is wrong with an attribute of Expected. Without an
// operator, it adds the one that Exists stands for.
func (r *request) invalidExpected(c *comparison, exists bool) (problem string) {
	listed, single := r.has("AttributeValueList"), r.has("Value")
	switch {
	case listed && single:
		return invalidValues + "Value and AttributeValueList cannot be used together for Attribute: " + c.name
	case c.operator != "" && r.has("Exists"):
		return invalidValues + "Exists and ComparisonOperator cannot be used together for Attribute: " + c.name
	case c.operator != "" && c.operator != "NULL" && c.operator != "NOT_NULL" && !listed && !single:
		return invalidValues + "Value or AttributeValueList must be used with ComparisonOperator: " + c.operator + " for Attribute: " + c.name
	case c.operator != "":
		return c.check()
	case listed:
		return invalidValues + "AttributeValueList can only be used with a ComparisonOperator for Attribute: " + c.name
	case exists && !single:
		shown := "null"
		if r.has("Exists") {
			shown = "true"
		}
		return invalidValues + "Value must be provided when Exists is " + shown + " for Attribute: " + c.name
	case !exists && single:
		return invalidValues + "Value cannot be used when Exists is false for Attribute: " + c.name
	}
	c.operator = "NULL"
	if exists {
		c.operator = "EQ"
		return attribute.Invalid(c.values[0])
	}
	return ""
}

// updates reads the update of AttributeUpdates; nil if the request does not have it.
func (r *request) updates() (*expression.Update, *refusal) {
	if !r.has("AttributeUpdates") {
		return nil, nil
	}
	u := &expression.Update{}
	for name, v := range r.object("AttributeUpdates").All() {
		members, _ := v.(*value.Object)
		one := &request{members: members}
		action, _ := one.text("Action")
		v, _ := one.get("Value")
		if v != nil {
			one.untyped = attribute.Untyped(v)
		}
		if refused := one.refused(); refused != nil {
			return nil, refused
		}
		content, _ := v.(attribute.Value)
		if problem := invalidAction(action, content); problem != "" {
			return nil, invalid(problem)
		}
		u.Add(name, action, content)
	}
	return u, nil
}

func invalidAction(action string, v attribute.Value) (problem string) {
	if v == nil {
		if action != "DELETE" {
			return invalidValues + "Only DELETE action is allowed when no attribute value is specified"
		}
		return ""
	}
	if problem := attribute.Invalid(v); problem != "" {
		return problem
	}
	kind := attribute.Kind(v)
	set := kind == attribute.Strings || kind == attribute.Numbers || kind == attribute.Bytes
	switch {
	case action == "DELETE" && !set:
		return invalidValues + "DELETE action with value is not supported for the type " + kind
	case action == "ADD" && !set && kind != attribute.Number && kind != attribute.List:
		return invalidValues + "ADD action is not supported for the type " + kind
	}
	return ""
}

// attributesToGet reads the paths of AttributesToGet; nil if the request does not have
// it.
func (r *request) attributesToGet() (*expression.Paths, *refusal) {
	if !r.has("AttributesToGet") {
		return nil, nil
	}
	var names []string
	for _, v := range r.list("AttributesToGet") {
		name, _ := v.(string)
		if slices.Contains(names, name) {
			return nil, invalid(invalidValues + "Duplicate value in attribute name: " + name)
		}
		names = append(names, name)
	}
	return expression.Attributes(names), r.refused()
}
