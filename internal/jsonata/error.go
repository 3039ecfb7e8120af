package jsonata

import (
	"strconv"
	"strings"

	"github.com/mapjob/mapjob/internal/jsonata/internal/javascript"
	"github.com/mapjob/mapjob/internal/jsonata/internal/syntax"
	"github.com/mapjob/mapjob/internal/value"
)

// Error represents an error that jsonata 2.0.6 reports, word for word.
//
// Code is empty if an evaluation exceeds a limit that AWS sets, and if a
// regular expression does not compile. jsonata has no code for these errors.
type Error struct {
	Code     string // such as T2001: S for syntax, T for types, D for evaluation
	Position int    // in the source, in UTF-16 code units; 0 if unknown
	Token    string // the operator, function or symbol at fault, if any
	Value    any    // the offending value, if any
	Message  string

	cause error // the context's error, if the context stopped the evaluation

	// The parameters of the message. The message shows the token as JSON, so the
	// token keeps its type here. It is known once the error reaches its call.
	token        any
	noToken      bool
	chained      bool // the position is none in the expression, see chainCall
	value2       any
	index        int
	elementType  string
	functionName string
	exponent     any
}

// newSyntaxError converts an error of package syntax.
func newSyntaxError(e *syntax.Error) *Error {
	if e.TooDeep {
		return &Error{Message: stackOverflow, Position: e.Position}
	}
	return &Error{Code: e.Code, Position: e.Position, token: e.Token, noToken: e.NoToken, Value: e.Value, Message: e.Message}
}

// Error returns the code and the message.
func (e *Error) Error() string {
	if e.Code == "" {
		return e.Message
	}
	return e.Code + ": " + e.Message
}

// Unwrap returns the context's error if the context stopped the evaluation.
func (e *Error) Unwrap() error { return e.cause }

// finish fills in the message, and converts the position from bytes to UTF-16
// code units.
func (e *Error) finish(source string) *Error {
	if e.token == nil && e.Token != "" {
		e.token = e.Token
	}
	if text, ok := e.token.(string); ok {
		e.Token = text
	} else if e.token != nil {
		e.Token = value.Text(e.token)
	}
	if e.Message == "" {
		e.Message = e.fill(messages[e.Code])
	}
	e.Value = shown(e.Value)
	if !e.chained {
		e.Position = javascript.UTF16Length(source[:min(e.Position, len(source))])
	}
	return e
}

// fill replaces {{name}} by a value as JSON, and {{{name}}} by the text of the
// value.
func (e *Error) fill(template string) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(template, "{{")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		raw := strings.HasPrefix(rest, "{")
		end := "}}"
		if raw {
			rest, end = rest[1:], "}}}"
		}
		name, after, _ := strings.Cut(rest, end)
		b.WriteString(e.parameter(name, raw))
		template = after
	}
}

func (e *Error) parameter(name string, raw bool) string {
	var v any
	switch name {
	case "token":
		v = e.token
		if v == nil {
			if e.noToken {
				v = ""
			} else {
				return "undefined"
			}
		}
	case "value":
		v = e.Value
	case "value2":
		v = e.value2
	case "index":
		return strconv.Itoa(e.index)
	case "type":
		if e.elementType == "" {
			return "undefined"
		}
		v = e.elementType
	case "functionName":
		v = e.functionName
	case "exp":
		v = e.exponent
	}
	if IsUndefined(v) {
		return "undefined"
	}
	if text, ok := v.(string); ok && raw {
		return text
	}
	return messageJSON(v)
}
