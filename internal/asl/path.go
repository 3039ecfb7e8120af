package asl

import (
	"fmt"
	"strings"

	"github.com/mapjob/mapjob/internal/expression"
	"github.com/mapjob/mapjob/internal/value"
)

// queryPath reads a JSONPath. It returns nil if the field is missing. A null is a
// path whose Discard is true.
func (f fields) queryPath(name string) *expression.Path {
	v, ok := f.object.Get(name)
	if !ok {
		return nil
	}
	if v == nil {
		return &expression.Path{Discard: true}
	}
	source, ok := v.(string)
	if !ok {
		f.reader.problem(f.at(name), "got %s, expected a JSONPath such as $.order, or null", value.Describe(v))
		return nil
	}
	if f.reader.substituted(f.at(name), source) {
		return nil
	}
	p, err := expression.CompilePath(source, "")
	if err != nil {
		f.reader.problem(f.at(name), "got %q, expected a JSONPath such as $.order: %v", source, err)
		return nil
	}
	return p
}

// referencePath reads a reference path. It returns nil if the field is missing. A
// null is a path whose Discard is true.
func (f fields) referencePath(name string) *expression.ReferencePath {
	v, ok := f.object.Get(name)
	if !ok {
		return nil
	}
	if v == nil {
		return &expression.ReferencePath{Discard: true}
	}
	source, ok := v.(string)
	if !ok {
		f.reader.problem(f.at(name), "got %s, expected a reference path such as $.result, or null", value.Describe(v))
		return nil
	}
	if f.reader.substituted(f.at(name), source) {
		return nil
	}
	p, err := expression.CompileReferencePath(source)
	if err != nil {
		f.reader.problem(f.at(name), "got %q, expected a reference path such as $.result: %v", source, err)
		return nil
	}
	return p
}

// pathQuery compiles the value of a field that takes only a path.
func (r *reader) pathQuery(source, path, field string) expression.Query {
	if r.substituted(path, source) {
		return nil
	}
	p, err := expression.CompilePath(source, field)
	if err != nil {
		r.problem(path, "got %q, expected a JSONPath such as $.order: %v", source, err)
		return nil
	}
	return p
}

// query compiles the value of a name that ends in ".$": a path or a call of an
// intrinsic function. It returns nil if the value is neither.
func (r *reader) query(v any, path, field string) expression.Query {
	source, ok := v.(string)
	if !ok {
		r.invalidQuery(path, field, "got %s, expected a JSONPath or an intrinsic function, or a name without .$", value.Describe(v))
		return nil
	}
	if !strings.HasPrefix(source, "$") {
		call, err := expression.CompileCall(source, field)
		if err != nil {
			if !r.substituted(path, source) {
				r.invalidQuery(path, field, "got %q, expected a JSONPath or an intrinsic function: %v", source, err)
			}
			return nil
		}
		return call
	}
	if r.substituted(path, source) {
		return nil
	}
	p, err := expression.CompilePath(source, field)
	if err != nil {
		r.invalidQuery(path, field, "got %q, expected a JSONPath or an intrinsic function: %v", source, err)
		return nil
	}
	return p
}

// invalidQuery reports a value that is neither a path nor a call, for which AWS has
// a message of its own.
func (r *reader) invalidQuery(path, field, format string, args ...any) {
	at := strings.TrimSuffix(path, step("", field))
	r.known(path, schemaText(fmt.Sprintf("The value for the field '%s' must be a valid JSONPath or a valid intrinsic function call", field), at), format, args...)
}
