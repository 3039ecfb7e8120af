package request

import (
	"slices"
	"strings"

	"github.com/mapjob/mapjob/internal/memory/dynamodb/attribute"
	"github.com/mapjob/mapjob/internal/memory/dynamodb/expression"
)

// Attributes returns an item, a key or values; nil if the request does not have them.
func (r *Request) Attributes(name string) attribute.Item {
	v, ok := r.Get(name)
	if !ok {
		return nil
	}
	if problem := attribute.UntypedMap(v); problem != "" {
		if r.untyped == "" {
			r.untyped = problem
		}
		return nil
	}
	return v.(attribute.Item)
}

// Expressions are those of a request; nil if it does not have them.
type Expressions struct {
	Update     *expression.Update
	Condition  *expression.Condition
	Key        *expression.Condition
	Filter     *expression.Condition
	Projection *expression.Paths
}

// InvalidParameters returns what is wrong with the parameters that have to do with
// expressions: with those that the operation has, and the older ones that they
// replace.
func (r *Request) InvalidParameters(expressions, older []string) *Refusal {
	present := func(names []string) []string {
		return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !r.Has(name) })
	}
	given := present(expressions)
	if old := present(older); len(given) > 0 && len(old) > 0 {
		return Invalid("Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {" +
			strings.Join(old, ", ") + "} Expression parameters: {" + strings.Join(given, ", ") + "}")
	}
	if r.Has("ExpressionAttributeNames") && len(given) == 0 {
		return Invalid("ExpressionAttributeNames can only be specified when using expressions")
	}
	valued := slices.DeleteFunc(slices.Clone(expressions), func(name string) bool { return name == "ProjectionExpression" })
	if r.Has("ExpressionAttributeValues") && len(valued) > 0 && len(present(valued)) == 0 {
		are := " is null"
		if len(valued) > 1 {
			are = " are null"
		}
		return Invalid("ExpressionAttributeValues can only be specified when using expressions: " + strings.Join(valued, " and ") + are)
	}
	return nil
}

// Expressions parses the expressions of a request.
func (r *Request) Expressions() (e Expressions, refused *Refusal) {
	names, values := r.Object("ExpressionAttributeNames"), r.Attributes("ExpressionAttributeValues")
	texts := map[string]string{}
	for _, name := range []string{"UpdateExpression", "ConditionExpression", "KeyConditionExpression", "FilterExpression", "ProjectionExpression"} {
		if text, ok := r.Text(name); ok {
			texts[name] = text
		}
	}
	if refused := r.Refused(); refused != nil {
		return e, refused
	}
	scope, problem := expression.NewScope(names, values)
	if problem != "" {
		return e, Invalid(problem)
	}
	for _, one := range []struct {
		name  string
		parse func(text string) (problem string)
	}{
		{"UpdateExpression", func(text string) (problem string) { e.Update, problem = scope.Update(text); return }},
		{"ConditionExpression", func(text string) (problem string) { e.Condition, problem = scope.Condition(text); return }},
		{"KeyConditionExpression", func(text string) (problem string) { e.Key, problem = scope.Condition(text); return }},
		{"FilterExpression", func(text string) (problem string) { e.Filter, problem = scope.Condition(text); return }},
		{"ProjectionExpression", func(text string) (problem string) { e.Projection, problem = scope.Projection(text); return }},
	} {
		text, ok := texts[one.name]
		if !ok {
			continue
		}
		if problem := one.parse(text); problem != "" {
			return e, Invalid("Invalid " + one.name + ": " + problem)
		}
	}
	return e, Invalid(scope.Unused())
}

// Projection reads the paths that a request asks for; nil if it asks for all.
func (r *Request) Projection() (*expression.Paths, *Refusal) {
	older, refused := r.AttributesToGet()
	if refused != nil {
		return nil, refused
	}
	e, refused := r.Expressions()
	if e.Projection != nil {
		return e.Projection, refused
	}
	return older, refused
}

// Options reads what is the same in all operations.
func (r *Request) Options() {
	r.OneOf("ReturnConsumedCapacity", "INDEXES", "TOTAL", "NONE")
	r.OneOf("ReturnItemCollectionMetrics", "SIZE", "NONE")
}
