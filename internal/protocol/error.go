package protocol

import (
	"encoding/json"
	"fmt"
)

// Error is an error with one of the names of this package.
type Error struct {
	Name    string
	Message string
}

// Errorf returns an [Error].
func Errorf(name, format string, args ...any) error {
	return &Error{Name: name, Message: fmt.Sprintf(format, args...)}
}

func (e *Error) Error() string { return e.Message }

// ErrorCode returns the name, as errors of AWS services do.
func (e *Error) ErrorCode() string { return e.Name }

// Excerpt returns the beginning of a text, for the message of an error.
func Excerpt(text []byte) string {
	const most = 200
	if len(text) > most {
		return fmt.Sprintf("%s… (%d bytes)", text[:most], len(text))
	}
	return string(text)
}

// CauseMessage returns the message in a cause that a Lambda function gave as
// JSON. Other causes are returned as they are.
func CauseMessage(cause string) string {
	var lambda struct{ ErrorMessage string }
	if json.Unmarshal([]byte(cause), &lambda) == nil && lambda.ErrorMessage != "" {
		return lambda.ErrorMessage
	}
	return cause
}
