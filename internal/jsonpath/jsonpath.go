// Package jsonpath is the JSONPath of AWS Step Functions, which answers as the
// Jayway implementation does: a path that can refer to several values gives an
// array, also of none; one that refers to a single place gives what is there
// or an error.
//
// A path is compiled once and may be used by any number of goroutines.
package jsonpath

import (
	"errors"
	"fmt"
	"strings"
)

// Path is a compiled path. It is immutable.
type Path struct {
	source string
	tokens []token
	// names are the members of a path that is made of nothing else.
	names    []string
	definite bool
}

// Compile reads a path that starts with "$". The error says at which
// character, from 1, it can't be read.
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
	return path
}

// String is the path as it was written.
func (p *Path) String() string { return p.source }

// Definite reports whether the path refers to at most one value.
func (p *Path) Definite() bool { return p.definite }

// Reference reports whether the path names one place by members and indexes
// alone, so that a value can be put there.
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

// ErrIndex is the reason of a [NotFoundError] where an array is too short for
// the last index of the path.
var ErrIndex = errors.New("the index is past the end of the array")

// NotFoundError is a definite path that refers to nothing.
type NotFoundError struct {
	Message string
	reason  error
}

// Unwrap is ErrIndex or nil.
func (e *NotFoundError) Unwrap() error { return e.reason }

func (e *NotFoundError) Error() string { return e.Message }

func notFound(format string, args ...any) error {
	return &NotFoundError{Message: fmt.Sprintf(format, args...)}
}

// token is one step of a path.
type token interface {
	// definite reports whether the step leads to at most one value. last is
	// true for the last step of its path.
	definite(last bool) bool
	// text is the step in the form that errors have it: ['name'] or [0].
	text() string
}

// properties are members by name; more than one are picked from the object.
type properties []string

func (p properties) definite(last bool) bool { return len(p) == 1 || last }
func (p properties) text() string            { return "['" + strings.Join(p, "','") + "']" }

// wildcard are all members or elements.
type wildcard struct{}

func (wildcard) definite(bool) bool { return false }
func (wildcard) text() string       { return "[*]" }

// descent is "..": the next step at every depth.
type descent struct{}

func (descent) definite(bool) bool { return false }
func (descent) text() string       { return ".." }

// indexes are elements by position, from the end where negative.
type indexes []int

func (i indexes) definite(bool) bool { return len(i) == 1 }
func (i indexes) text() string {
	return strings.ReplaceAll(fmt.Sprint([]int(i)), " ", ",")
}

// slice are the elements from one position to before another.
type slice struct{ from, to *int }

func (slice) definite(bool) bool { return false }
func (s slice) text() string {
	text := "["
	if s.from != nil {
		text += fmt.Sprint(*s.from)
	}
	text += ":"
	if s.to != nil {
		text += fmt.Sprint(*s.to)
	}
	return text + "]"
}

// filter are the elements that a condition holds for.
type filter struct{ condition condition }

func (filter) definite(bool) bool { return false }
func (filter) text() string       { return "[?]" }

// function is a function at the end of a path, such as length().
type function struct{ name string }

func (function) definite(bool) bool { return true }
func (f function) text() string     { return "." + f.name + "()" }
