package asl

import (
	"strings"

	"github.com/mapjob/mapjob/local/value"
)

func jsonText(v any) string { return value.Text(v) }

// query compiles what stands under a name that ends in ".$": a path or an
// intrinsic function. It is nil where it is neither.
func (r *reader) query(v any, path, field string) queryNode {
	source, ok := v.(string)
	if !ok {
		r.problem(path, "got %s, expected a JSONPath or an intrinsic function, or a name without .$", describe(v))
		return nil
	}
	if !strings.HasPrefix(source, "$") {
		r.problem(path, "got %q, expected a JSONPath or an intrinsic function", source)
		return nil
	}
	return r.pathQuery(source, path, field)
}
