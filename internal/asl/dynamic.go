package asl

import (
	"fmt"

	"github.com/mapjob/mapjob/internal/expression"
	"github.com/mapjob/mapjob/internal/value"
)

// dynamicKind describes the values that a dynamic field takes.
type dynamicKind struct {
	literal     func(any) bool
	expected    string
	expressions bool // in JSONata the value may be an expression
	intrinsics  bool // the Path variant may be an intrinsic function
}

func wholeIn(least, most int64) dynamicKind {
	return dynamicKind{
		literal: func(v any) bool {
			n, ok := expression.WholeNumber(v)
			return ok && n >= least && n <= most
		},
		expected:    "a whole number " + span(least, most),
		expressions: true,
	}
}

func numberIn(least, most float64) dynamicKind {
	return dynamicKind{
		literal: func(v any) bool {
			n, ok := value.Float(v)
			return ok && n >= least && n <= most
		},
		expected:    fmt.Sprintf("a number from %v to %v", least, most),
		expressions: true,
	}
}

var anyText = dynamicKind{
	literal:     func(v any) bool { _, ok := v.(string); return ok },
	expected:    "a string",
	expressions: true,
	intrinsics:  true,
}

// dynamic reads a field that is literal or computed, including its Path variant in
// JSONPath. It returns nil if there is neither. field is the name in AWS's error
// messages.
func (f fields) dynamic(name, field string, kind dynamicKind) *expression.Dynamic {
	literal, hasLiteral := f.object.Get(name)
	_, hasPath := f.object.Get(name + "Path")
	if hasPath && f.language == JSONPath {
		if hasLiteral {
			f.reader.known(f.at(name+"Path"), schemaText(fmt.Sprintf("There should only be one of the following fields: [%s, %sPath]", name, name), f.path),
				"got both %s and %sPath, expected one of them", name, name)
		}
		source, ok := f.mustText(name + "Path")
		if !ok {
			return nil
		}
		d := &expression.Dynamic{Field: field + "Path"}
		if kind.intrinsics {
			d.Query = f.reader.query(source, f.at(name+"Path"), field+"Path")
		} else {
			d.Query = f.reader.pathQuery(source, f.at(name+"Path"), field+"Path")
		}
		if d.Query == nil {
			return nil
		}
		return d
	}
	if !hasLiteral {
		return nil
	}
	if source, ok := literal.(string); ok {
		if source, ok := expression.JSONataSource(source); ok && f.language == JSONata && kind.expressions {
			if e := f.expression(source, f.at(name), field); e != nil {
				return &expression.Dynamic{Field: field, JSONata: e}
			}
			return nil
		}
	}
	if !kind.literal(literal) {
		if f.reader.substituted(f.at(name), literal) {
			return &expression.Dynamic{Field: field, Literal: literal}
		}
		expected := kind.expected
		if f.language == JSONata && kind.expressions {
			expected += " or a JSONata expression {% … %}"
		}
		f.reader.problem(f.at(name), "got %s, expected %s", value.Describe(literal), expected)
		return nil
	}
	return &expression.Dynamic{Field: field, Literal: literal}
}
