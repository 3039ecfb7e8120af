package asl

import (
	"fmt"
	"strings"

	"github.com/mapjob/mapjob/internal/value"
)

// query compiles what stands under a name that ends in ".$": a path or an
// intrinsic function. It is nil where it is neither.
func (r *reader) query(v any, path, field string) queryNode {
	source, ok := v.(string)
	if !ok {
		r.invalidQuery(path, field, "got %s, expected a JSONPath or an intrinsic function, or a name without .$", describe(v))
		return nil
	}
	if !strings.HasPrefix(source, "$") {
		call, err := compileIntrinsic(source, field)
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
	p, err := compilePath(source)
	if err != nil {
		r.invalidQuery(path, field, "got %q, expected a JSONPath or an intrinsic function: %v", source, err)
		return nil
	}
	p.field = field
	return p
}

// invalidQuery is a problem for which the service has words of its own.
func (r *reader) invalidQuery(path, field, format string, args ...any) {
	at := strings.TrimSuffix(path, step("", field))
	r.known(path, schemaText(fmt.Sprintf("The value for the field '%s' must be a valid JSONPath or a valid intrinsic function call", field), at), format, args...)
}

// jsonText is a value in the cause of an error.
func jsonText(v any) string { return value.Text(v) }
