package protocol

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
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

// Excerpt returns the beginning of a text, for the message of an error. It is cut
// between two characters, and is valid UTF-8 whatever the text is.
func Excerpt(text []byte) string {
	const most = 200
	if len(text) <= most {
		return strings.ToValidUTF8(string(text), "\uFFFD")
	}
	end := most
	for end > most-utf8.UTFMax && !utf8.RuneStart(text[end]) {
		end--
	}
	return fmt.Sprintf("%s… (%d bytes)", strings.ToValidUTF8(string(text[:end]), "\uFFFD"), len(text))
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
