// Package jsonpath evaluates JSONPath as AWS Step Functions does, which uses the
// Jayway implementation. A path that can refer to several values returns an
// array, which may be empty. A path that refers to a single place returns the
// value there, or an error.
//
// A compiled path is safe for concurrent use.
package jsonpath

import (
	"errors"
	"fmt"
)

// Path represents a compiled path. It is immutable.
type Path struct {
	source   string
	tokens   []token
	names    []string // the members, if the path consists of nothing else
	definite bool
	total    bool // a function ends a path that begins with "..": it is applied once, to all values
}

// Compile parses a path, which starts with "$". An error names the character at
// which parsing failed, counted from 1.
func Compile(source string) (*Path, error) {
	p := parser{text: source}
	if !p.take("$") {
		return nil, p.expected(`"$"`)
	}
	tokens, err := p.tokens(false)
	if err != nil {
		return nil, err
	}
	if p.at < len(p.text) {
		return nil, p.expected("a step such as .name or [0]")
	}
	return newPath(source, tokens), nil
}

func newPath(source string, tokens []token) *Path {
	path := &Path{source: source, tokens: tokens, definite: true}
	path.names = make([]string, 0, len(tokens))
	for i, t := range tokens {
		last := i == len(tokens)-1
		path.definite = path.definite && t.definite(last)
		if members, ok := t.(properties); ok && len(members) == 1 && path.names != nil {
			path.names = append(path.names, members[0])
		} else {
			path.names = nil
		}
	}
	if n := len(tokens); n > 1 {
		_, scans := tokens[0].(descent)
		_, ends := tokens[n-1].(function)
		path.total = scans && ends
		path.definite = path.definite || path.total
	}
	return path
}

// String returns the source of the path.
func (p *Path) String() string { return p.source }

// Definite reports whether the path can refer to at most one value.
func (p *Path) Definite() bool { return p.definite }

// Reference reports whether the path names a single place, by members and
// indexes alone. [Path.Put] can put a value there.
func (p *Path) Reference() bool {
	for _, t := range p.tokens {
		switch t := t.(type) {
		case properties:
			if len(t) != 1 {
				return false
			}
		case indexes:
			if len(t) != 1 || t[0] < 0 {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// ErrIndex is wrapped by a [NotFoundError] if an array is too short for the
// last index of the path.
var ErrIndex = errors.New("the index is past the end of the array")

// NotFoundError is returned if a definite path refers to nothing. Its message
// is the one that Step Functions reports.
type NotFoundError struct {
	Message string
	reason  error
}

// Unwrap returns [ErrIndex] or nil.
func (e *NotFoundError) Unwrap() error { return e.reason }

// Error returns the message.
func (e *NotFoundError) Error() string { return e.Message }

func notFound(format string, args ...any) error {
	return &NotFoundError{Message: fmt.Sprintf(format, args...)}
}
