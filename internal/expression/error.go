package expression

import "fmt"

// Error reports an expression that could not be evaluated.
type Error struct {
	// Name is the error that the state machine sees, such as
	// States.QueryEvaluationError.
	Name string
	// Field is the field of the state, such as Arguments/Payload.
	Field   string
	Message string
}

// Error returns the name and the message.
func (e *Error) Error() string { return e.Name + ": " + e.Message }

// The names of errors in evaluation.
const (
	errQuery   = "States.QueryEvaluationError"
	errRuntime = "States.Runtime"
)

// InvalidPath returns the error of a path that refers to no value, in a field that
// has no message of its own for that.
func InvalidPath(p *Path, err error) error {
	return &Error{Name: errRuntime, Message: fmt.Sprintf("Invalid path '%s' : %v", p, err)}
}
