package asl

import (
	"strings"

	"github.com/mapjob/mapjob/internal/asl/fields"
	"github.com/mapjob/mapjob/internal/expression"
	"github.com/mapjob/mapjob/internal/value"
)

// comparison reads the JSONPath condition of a rule.
func (p *parser) comparison(f fields.Object) (expression.Condition, string) {
	var names []string
	for name := range f.Value.All() {
		if fields.IsComparison(name) {
			names = append(names, name)
		}
	}
	if len(names) != 1 {
		f.Document.Problem(f.Path, "got %d comparison operators, expected exactly one", len(names))
		return nil, ""
	}
	operator := names[0]
	switch operator {
	case "And", "Or":
		return p.combination(f, operator)
	case "Not":
		v, _ := f.Get("Not")
		inner, text := p.nested(f, v, f.At("Not"))
		return &expression.Not{Condition: inner}, "not (" + text + ")"
	}
	return p.compare(f, operator)
}

func (p *parser) nested(f fields.Object, v any, path string) (expression.Condition, string) {
	g, ok := f.Document.Open(v, path, "a comparison", fields.TestKind, f.Language)
	if !ok {
		return nil, ""
	}
	return p.comparison(g)
}

func (p *parser) combination(f fields.Object, operator string) (expression.Condition, string) {
	list := f.Some(operator, "comparison", "comparisons")
	conditions := make([]expression.Condition, len(list))
	texts := make([]string, len(list))
	for i, v := range list {
		conditions[i], texts[i] = p.nested(f, v, fields.Element(f.At(operator), i))
	}
	word := " " + strings.ToLower(operator) + " "
	return &expression.Combined{Conditions: conditions, Any: operator == "Or"}, "(" + strings.Join(texts, word) + ")"
}

func (p *parser) compare(f fields.Object, operator string) (expression.Condition, string) {
	if !f.Has("Variable") {
		f.Missing("Variable", "a JSONPath such as $.order")
		return nil, ""
	}
	variable := f.MustPath("Variable")
	if variable == nil {
		return nil, ""
	}
	operand, _ := f.Get(operator)
	text := variable.String() + " " + operator + " " + value.Text(operand)
	if operator == expression.IsPresent {
		present, ok := operand.(bool)
		if !ok {
			f.Document.Problem(f.At(operator), "got %s, expected true or false", value.Describe(operand))
		}
		return &expression.Present{Variable: variable, Expected: present}, text
	}
	c := expression.ComparisonOf(operator)
	if c == nil {
		c = expression.ComparisonOf(strings.TrimSuffix(operator, "Path"))
		path := f.MustPath(operator)
		if path == nil {
			return nil, ""
		}
		return &expression.Compare{Variable: variable, Comparison: c, Path: path}, text
	}
	if !c.Valid(operand) {
		if !f.Document.Substituted(f.At(operator), operand) {
			f.Document.Problem(f.At(operator), "got %s, expected %s", value.Describe(operand), c.Operand)
			return nil, ""
		}
	}
	return &expression.Compare{Variable: variable, Comparison: c, Operand: operand}, text
}
