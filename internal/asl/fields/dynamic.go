package fields

import (
	"fmt"

	"github.com/mapjob/mapjob/internal/expression"
	"github.com/mapjob/mapjob/internal/value"
)

// Values describes the values that a dynamic field takes.
type Values struct {
	// Literal reports whether the field takes a literal value.
	Literal func(any) bool
	// Expected describes the literal values in an error message.
	Expected string
	// Service is AWS's text for other values, or "" if it is not known.
	Service string
	// Calls is true if the Path variant may be a call of an intrinsic function.
	Calls bool
}

// WholeIn returns the values of a field that takes a whole number in a range.
func WholeIn(least, most int64) Values {
	return Values{
		Literal: func(v any) bool {
			n, ok := expression.WholeNumber(v)
			return ok && n >= least && n <= most
		},
		Expected: "a whole number " + span(least, most),
	}
}

// NumberIn returns the values of a field that takes any number in a range.
func NumberIn(least, most float64) Values {
	return Values{
		Literal: func(v any) bool {
			n, ok := value.Float(v)
			return ok && n >= least && n <= most
		},
		Expected: fmt.Sprintf("a number from %v to %v", least, most),
	}
}

// Timestamp returns the values of a field that takes a timestamp.
func Timestamp() Values {
	return Values{
		Literal: func(v any) bool {
			text, ok := v.(string)
			if ok {
				_, ok = expression.ParseTimestamp(text)
			}
			return ok
		},
		Expected: `a timestamp such as "2026-03-14T01:59:00Z"`,
		Service:  "String does not match RFC3339 timestamp",
	}
}

// AnyText returns the values of a field that takes any string.
func AnyText() Values {
	return Values{
		Literal:  func(v any) bool { _, ok := v.(string); return ok },
		Expected: "a string",
		Calls:    true,
	}
}

// Dynamic reads a field that is literal or computed, including its Path variant in
// JSONPath. It returns nil if there is neither. field is the name in AWS's error
// messages.
func (f Object) Dynamic(name, field string, kind Values) *expression.Dynamic {
	literal, hasLiteral := f.Value.Get(name)
	_, hasPath := f.Value.Get(name + "Path")
	if hasPath && f.Language == JSONPath {
		if hasLiteral {
			f.Document.Known(f.At(name+"Path"), SchemaText(fmt.Sprintf("There should only be one of the following fields: [%s, %sPath]", name, name), f.Path),
				"got both %s and %sPath, expected one of them", name, name)
		}
		source, ok := f.MustText(name + "Path")
		if !ok {
			return nil
		}
		d := &expression.Dynamic{Field: field + "Path"}
		if kind.Calls {
			d.Query = f.Document.query(source, f.At(name+"Path"), field+"Path")
		} else {
			d.Query = f.Document.pathQuery(source, f.At(name+"Path"), field+"Path")
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
		if source, ok := expression.JSONataSource(source); ok && f.Language == JSONata {
			if e := f.Expression(source, f.At(name), field); e != nil {
				return &expression.Dynamic{Field: field, JSONata: e}
			}
			return nil
		}
	}
	if text, ok := literal.(string); ok && f.Language == JSONata && !f.checkDelimiters(text, f.At(name)) {
		return nil
	}
	if !kind.Literal(literal) {
		if f.Document.Substituted(f.At(name), literal) {
			return &expression.Dynamic{Field: field, Literal: literal}
		}
		expected := kind.Expected
		if f.Language == JSONata {
			expected += " or a JSONata expression {% … %}"
		}
		service := ""
		if kind.Service != "" {
			service = SchemaText(kind.Service, f.At(name))
		}
		f.Document.Known(f.At(name), service, "got %s, expected %s", value.Describe(literal), expected)
		return nil
	}
	return &expression.Dynamic{Field: field, Literal: literal}
}
