package expression

import (
	"errors"
	"fmt"

	"github.com/mapjob/mapjob/internal/intrinsic"
	"github.com/mapjob/mapjob/internal/value"
)

// Call is a call of an intrinsic function in a field of a state.
type Call struct {
	compiled *intrinsic.Call
	field    string
}

// CompileCall compiles a call in a field of a state.
func CompileCall(source, field string) (*Call, error) {
	compiled, err := intrinsic.Compile(source, func(source string) (fmt.Stringer, error) { return CompilePath(source, field) })
	if err != nil {
		return nil, err
	}
	return &Call{compiled: compiled, field: field}, nil
}

// String returns the source of the call.
func (c *Call) String() string { return c.compiled.String() }

// Evaluate calls the function. The error is an [*Error], States.Runtime.
func (c *Call) Evaluate(s *Scope) (any, error) {
	v, err := c.compiled.Evaluate(&intrinsic.Environment{
		Path:   func(path fmt.Stringer) (any, error) { return path.(*Path).Get(s) },
		Random: s.Random,
	})
	var failed *intrinsic.Error
	switch {
	case !errors.As(err, &failed):
		return v, err
	case failed.Path != nil:
		return nil, &Error{errRuntime, c.field, fmt.Sprintf(
			"The function '%s' had the following error: The JsonPath argument for the field '%s' could not be found in the input '%s'",
			failed.Call, failed.Path, value.Text(s.Input))}
	}
	return nil, &Error{errRuntime, c.field, fmt.Sprintf("The function '%s' had the following error: %v", failed.Call, failed.Err)}
}
