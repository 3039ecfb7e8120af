package fields

import (
	"fmt"
	"strings"

	"github.com/mapjob/mapjob/internal/expression"
	"github.com/mapjob/mapjob/internal/value"
)

// JSONPath reads a JSONPath. It returns nil if the field is missing. A null is a
// path whose Discard is true.
func (f Object) JSONPath(name string) *expression.Path {
	v, ok := f.Value.Get(name)
	if !ok {
		return nil
	}
	if v == nil {
		return &expression.Path{Discard: true}
	}
	source, ok := v.(string)
	if !ok {
		f.Document.Problem(f.At(name), "got %s, expected a JSONPath such as $.order, or null", value.Describe(v))
		return nil
	}
	if f.Document.Substituted(f.At(name), source) {
		return nil
	}
	p, err := expression.CompilePath(source, "")
	if err != nil {
		f.Document.Problem(f.At(name), "got %q, expected a JSONPath such as $.order: %v", source, err)
		return nil
	}
	return p
}

// MustPath reads a JSONPath that must not be null. It returns nil if there is none.
func (f Object) MustPath(name string) *expression.Path {
	p := f.JSONPath(name)
	if p != nil && p.Discard {
		f.Document.Problem(f.At(name), "got null, expected a JSONPath such as $.order")
		return nil
	}
	return p
}

// ReferencePath reads a reference path. It returns nil if the field is missing. A
// null is a path whose Discard is true.
func (f Object) ReferencePath(name string) *expression.ReferencePath {
	v, ok := f.Value.Get(name)
	if !ok {
		return nil
	}
	if v == nil {
		return &expression.ReferencePath{Discard: true}
	}
	source, ok := v.(string)
	if !ok {
		f.Document.Problem(f.At(name), "got %s, expected a reference path such as $.result, or null", value.Describe(v))
		return nil
	}
	if f.Document.Substituted(f.At(name), source) {
		return nil
	}
	p, err := expression.CompileReferencePath(source)
	if err != nil {
		f.Document.Problem(f.At(name), "got %q, expected a reference path such as $.result: %v", source, err)
		return nil
	}
	return p
}

// pathQuery compiles the value of a field that takes only a path.
func (d *Document) pathQuery(source, path, field string) expression.Query {
	if d.Substituted(path, source) {
		return nil
	}
	p, err := expression.CompilePath(source, field)
	if err != nil {
		d.Problem(path, "got %q, expected a JSONPath such as $.order: %v", source, err)
		return nil
	}
	return p
}

// query compiles the value of a name that ends in ".$": a path or a call of an
// intrinsic function. It returns nil if the value is neither.
func (d *Document) query(v any, path, field string) expression.Query {
	source, ok := v.(string)
	if !ok {
		d.invalidQuery(path, field, "got %s, expected a JSONPath or an intrinsic function, or a name without .$", value.Describe(v))
		return nil
	}
	if !strings.HasPrefix(source, "$") {
		call, err := expression.CompileCall(source, field)
		if err != nil {
			if !d.Substituted(path, source) {
				d.invalidQuery(path, field, "got %q, expected a JSONPath or an intrinsic function: %v", source, err)
			}
			return nil
		}
		return call
	}
	if d.Substituted(path, source) {
		return nil
	}
	p, err := expression.CompilePath(source, field)
	if err != nil {
		d.invalidQuery(path, field, "got %q, expected a JSONPath or an intrinsic function: %v", source, err)
		return nil
	}
	return p
}

// invalidQuery reports a value that is neither a path nor a call, for which AWS has
// a message of its own.
func (d *Document) invalidQuery(path, field, format string, args ...any) {
	at := strings.TrimSuffix(path, Step("", field))
	d.Known(path, SchemaText(fmt.Sprintf("The value for the field '%s' must be a valid JSONPath or a valid intrinsic function call", field), at), format, args...)
}
