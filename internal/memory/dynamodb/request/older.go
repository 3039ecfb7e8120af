package request

import (
	"fmt"
	"slices"

	"github.com/mapjob/mapjob/internal/memory/dynamodb/attribute"
	"github.com/mapjob/mapjob/internal/memory/dynamodb/expression"
	"github.com/mapjob/mapjob/internal/value"
)

// The parameters that expressions have replaced (developer guide, "Legacy conditional
// parameters").

// InvalidValues is how many messages begin.
const InvalidValues = "One or more parameter values were invalid: "

// Comparison is the condition of an older parameter for an attribute.
type Comparison struct {
	Name, Operator string
	Values         []attribute.Value
}

func comparisonOperators() []string {
	return []string{"IN", "NULL", "BETWEEN", "LT", "NOT_CONTAINS", "EQ", "GT", "NOT_NULL", "NE", "LE", "BEGINS_WITH", "GE", "CONTAINS"}
}

// Comparisons reads the KeyConditions, the QueryFilter or the ScanFilter.
func (r *Request) Comparisons(name string) (_ []Comparison, refused *Refusal) {
	var list []Comparison
	for attributeName, v := range r.Object(name).All() {
		members, _ := v.(*value.Object)
		one := New(members, LowerFirst(name)+"."+attributeName+".member.")
		c := Comparison{Name: attributeName}
		one.Required("ComparisonOperator")
		c.Operator = one.OneOf("ComparisonOperator", comparisonOperators()...)
		c.Values = one.values("AttributeValueList")
		if refused := one.Refused(); refused != nil {
			return nil, refused
		}
		if problem := c.check(); problem != "" {
			return nil, Invalid(problem)
		}
		list = append(list, c)
	}
	return list, nil
}

// values returns a list of values.
func (r *Request) values(name string) []attribute.Value {
	var values []attribute.Value
	for _, v := range r.List(name) {
		if problem := attribute.Untyped(v); problem != "" {
			r.untyped = problem
			return nil
		}
		values = append(values, v.(attribute.Value))
	}
	return values
}

// check returns what is wrong with the values of a comparison.
func (c *Comparison) check() (problem string) {
	for _, v := range c.Values {
		if problem := attribute.Invalid(v); problem != "" {
			return problem
		}
	}
	if !c.counts() {
		return InvalidValues + "Invalid number of argument(s) for the " + c.Operator + " ComparisonOperator"
	}
	for _, v := range c.Values {
		if attribute.Kind(v) != attribute.Kind(c.Values[0]) {
			return InvalidValues + "AttributeValues inside AttributeValueList must be of same type"
		}
	}
	kinds := []string{attribute.String, attribute.Number, attribute.Binary}
	switch c.Operator {
	case "EQ", "NE":
		return ""
	case "BEGINS_WITH":
		kinds = []string{attribute.String, attribute.Binary}
	}
	for _, v := range c.Values {
		if !slices.Contains(kinds, attribute.Kind(v)) {
			return fmt.Sprintf(InvalidValues+"ComparisonOperator %s is not valid for %s AttributeValue type", c.Operator, attribute.Kind(v))
		}
	}
	return c.checkBounds()
}

// counts reports whether a comparison has as many values as its operator takes.
func (c *Comparison) counts() bool {
	n := len(c.Values)
	switch c.Operator {
	case "NULL", "NOT_NULL":
		return n == 0
	case "IN":
		return n > 0
	case "BETWEEN":
		return n == 2
	}
	return n == 1
}

func (c *Comparison) checkBounds() (problem string) {
	if c.Operator == "BETWEEN" {
		if order, _ := attribute.Compare(c.Values[0], c.Values[1]); order > 0 {
			return "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound"
		}
	}
	return ""
}

// Joined returns comparisons as one condition; nil if there are none.
func (r *Request) Joined(list []Comparison) *expression.Condition {
	conditions := make([]*expression.Condition, len(list))
	for i, c := range list {
		conditions[i] = expression.Comparison(c.Name, c.Operator, c.Values)
	}
	return expression.Joined(conditions, r.OneOf("ConditionalOperator", "OR", "AND") == "OR")
}

// Expected reads the condition of Expected; nil if the request does not have it.
func (r *Request) Expected() (*expression.Condition, *Refusal) {
	var list []Comparison
	for name, v := range r.Object("Expected").All() {
		members, _ := v.(*value.Object)
		one := New(members, "expected."+name+".member.")
		c := Comparison{Name: name, Operator: one.OneOf("ComparisonOperator", comparisonOperators()...), Values: one.values("AttributeValueList")}
		exists := !one.Has("Exists") || one.Flag("Exists")
		if v, ok := one.Get("Value"); ok {
			if problem := attribute.Untyped(v); problem != "" {
				one.untyped = problem
			} else {
				c.Values = append(c.Values, v.(attribute.Value))
			}
		}
		if refused := one.Refused(); refused != nil {
			return nil, refused
		}
		if problem := one.invalidExpected(&c, exists); problem != "" {
			return nil, Invalid(problem)
		}
		list = append(list, c)
	}
	condition := r.Joined(list)
	return condition, r.Refused()
}

// invalidExpected returns what is wrong with an attribute of Expected. Without an
// operator, it adds the one that Exists stands for.
func (r *Request) invalidExpected(c *Comparison, exists bool) (problem string) {
	listed, single := r.Has("AttributeValueList"), r.Has("Value")
	switch {
	case listed && single:
		return InvalidValues + "Value and AttributeValueList cannot be used together for Attribute: " + c.Name
	case c.Operator != "" && r.Has("Exists"):
		return InvalidValues + "Exists and ComparisonOperator cannot be used together for Attribute: " + c.Name
	case c.Operator != "" && c.Operator != "NULL" && c.Operator != "NOT_NULL" && !listed && !single:
		return InvalidValues + "Value or AttributeValueList must be used with ComparisonOperator: " + c.Operator + " for Attribute: " + c.Name
	case c.Operator != "":
		return c.check()
	case listed:
		return InvalidValues + "AttributeValueList can only be used with a ComparisonOperator for Attribute: " + c.Name
	case exists && !single:
		shown := "null"
		if r.Has("Exists") {
			shown = "true"
		}
		return InvalidValues + "Value must be provided when Exists is " + shown + " for Attribute: " + c.Name
	case !exists && single:
		return InvalidValues + "Value cannot be used when Exists is false for Attribute: " + c.Name
	}
	c.Operator = "NULL"
	if exists {
		c.Operator = "EQ"
		return attribute.Invalid(c.Values[0])
	}
	return ""
}

// Updates reads the update of AttributeUpdates; nil if the request does not have it.
func (r *Request) Updates() (*expression.Update, *Refusal) {
	if !r.Has("AttributeUpdates") {
		return nil, nil
	}
	u := &expression.Update{}
	for name, v := range r.Object("AttributeUpdates").All() {
		members, _ := v.(*value.Object)
		one := New(members, "")
		action, _ := one.Text("Action")
		v, _ := one.Get("Value")
		if v != nil {
			one.untyped = attribute.Untyped(v)
		}
		if refused := one.Refused(); refused != nil {
			return nil, refused
		}
		content, _ := v.(attribute.Value)
		if problem := invalidAction(action, content); problem != "" {
			return nil, Invalid(problem)
		}
		u.Add(name, action, content)
	}
	return u, nil
}

func invalidAction(action string, v attribute.Value) (problem string) {
	if v == nil {
		if action != "DELETE" {
			return InvalidValues + "Only DELETE action is allowed when no attribute value is specified"
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
		return InvalidValues + "DELETE action with value is not supported for the type " + kind
	case action == "ADD" && !set && kind != attribute.Number && kind != attribute.List:
		return InvalidValues + "ADD action is not supported for the type " + kind
	}
	return ""
}

// AttributesToGet reads the paths of AttributesToGet; nil if the request does not have
// it.
func (r *Request) AttributesToGet() (*expression.Paths, *Refusal) {
	if !r.Has("AttributesToGet") {
		return nil, nil
	}
	var names []string
	for _, v := range r.List("AttributesToGet") {
		name, _ := v.(string)
		if slices.Contains(names, name) {
			return nil, Invalid(InvalidValues + "Duplicate value in attribute name: " + name)
		}
		names = append(names, name)
	}
	return expression.Attributes(names), r.Refused()
}
