package asl

import (
	"strings"

	"github.com/mapjob/mapjob/internal/expression"
	"github.com/mapjob/mapjob/internal/value"
)

// comparisonFields holds the fields of a JSONPath comparison.
var comparisonFields = func() map[string]languages {
	fields := map[string]languages{"Variable": onlyJSONPath, "And": onlyJSONPath, "Or": onlyJSONPath, "Not": onlyJSONPath}
	for _, name := range expression.Comparisons() {
		fields[name] = onlyJSONPath
		if expression.ComparisonOf(name).TakesPath {
			fields[name+"Path"] = onlyJSONPath
		}
	}
	return fields
}()

// comparison reads the JSONPath condition of a rule.
func (f fields) comparison() (expression.Condition, string) {
	var names []string
	for name := range f.object.All() {
		if name != "Variable" && comparisonFields[name] == onlyJSONPath {
			names = append(names, name)
		}
	}
	if len(names) != 1 {
		f.reader.problem(f.path, "got %d comparison operators, expected exactly one", len(names))
		return nil, ""
	}
	operator := names[0]
	switch operator {
	case "And", "Or":
		return f.combination(operator)
	case "Not":
		v, _ := f.object.Get("Not")
		inner, text := f.nested(v, f.at("Not"))
		return &expression.Not{Condition: inner}, "not (" + text + ")"
	}
	return f.compare(operator)
}

func (f fields) nested(v any, path string) (expression.Condition, string) {
	g, ok := f.reader.fields(v, path, "a comparison", kindTest, f.language)
	if !ok {
		return nil, ""
	}
	return g.comparison()
}

func (f fields) combination(operator string) (expression.Condition, string) {
	list := f.list(operator, "comparisons")
	if len(list) == 0 {
		f.reader.problem(f.at(operator), "got no comparison, expected at least one")
	}
	conditions := make([]expression.Condition, len(list))
	texts := make([]string, len(list))
	for i, v := range list {
		conditions[i], texts[i] = f.nested(v, element(f.at(operator), i))
	}
	word := " " + strings.ToLower(operator) + " "
	return &expression.Combined{Conditions: conditions, Any: operator == "Or"}, "(" + strings.Join(texts, word) + ")"
}

func (f fields) compare(operator string) (expression.Condition, string) {
	if !f.has("Variable") {
		f.missing("Variable", "a JSONPath such as $.order")
		return nil, ""
	}
	variable := f.queryPath("Variable")
	if variable == nil || variable.Discard {
		return nil, ""
	}
	operand, _ := f.object.Get(operator)
	text := variable.String() + " " + operator + " " + value.Text(operand)
	if operator == expression.IsPresent {
		present, ok := operand.(bool)
		if !ok {
			f.reader.problem(f.at(operator), "got %s, expected true or false", value.Describe(operand))
		}
		return &expression.Present{Variable: variable, Expected: present}, text
	}
	c := expression.ComparisonOf(operator)
	if c == nil {
		c = expression.ComparisonOf(strings.TrimSuffix(operator, "Path"))
		path := f.queryPath(operator)
		if path == nil || path.Discard {
			return nil, ""
		}
		return &expression.Compare{Variable: variable, Comparison: c, Path: path}, text
	}
	if !c.Valid(operand) {
		if !f.reader.substituted(f.at(operator), operand) {
			f.reader.problem(f.at(operator), "got %s, expected %s", value.Describe(operand), c.Operand)
			return nil, ""
		}
	}
	return &expression.Compare{Variable: variable, Comparison: c, Operand: operand}, text
}
