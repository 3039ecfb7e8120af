package asl

import (
	"bytes"
	"errors"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mapjob/mapjob/internal/value"
)

// Limits of AWS (developer guide, "Step Functions service quotas").
const (
	maxDefinitionBytes = 1 << 20
	maxStateName       = 80
	maxSeconds         = 99999999
)

// maxNesting is the limit of nested objects and arrays, far above that of any real
// definition. It keeps Parse from exhausting the stack.
const maxNesting = 500

// deeper reports whether v nests deeper than the given number of levels.
func deeper(v any, than int) bool {
	switch v := v.(type) {
	case []any:
		return than == 0 || slices.ContainsFunc(v, func(x any) bool { return deeper(x, than-1) })
	case *value.Object:
		for _, x := range v.All() {
			if deeper(x, than-1) {
				return true
			}
		}
		return than <= 0
	}
	return false
}

// Option configures [Parse].
type Option func(*reader)

// WithoutSizeLimits accepts definitions and names of any length. Default: Parse
// refuses those that are longer than AWS allows.
func WithoutSizeLimits() Option { return func(r *reader) { r.anySize = true } }

// Parse parses and validates a definition. The error is [Problems], with all
// problems at once.
func Parse(definition []byte, options ...Option) (*StateMachine, error) {
	r := &reader{names: map[string]string{}}
	for _, option := range options {
		option(r)
	}
	if len(definition) > maxDefinitionBytes && !r.anySize {
		r.problem("$", "got a definition of %d bytes, expected at most %d", len(definition), maxDefinitionBytes)
		return nil, r.problems
	}
	text := definition
	v, err := value.Parse(text)
	if err != nil {
		text = quoteSubstitutions(definition)
		if quoted, again := value.Parse(text); again == nil {
			v, err = quoted, nil
		}
	}
	if err != nil {
		r.problem("$", "got text that is not JSON, expected a JSON object: %v", err)
		var syntax *jsontext.SyntacticError
		if errors.As(err, &syntax) {
			r.problems[0].Line = 1 + bytes.Count(definition[:min(int(syntax.ByteOffset), len(definition))], []byte("\n"))
		}
		return nil, r.problems
	}
	if deeper(v, maxNesting) {
		r.problem("$", "got values nested more than %d deep, expected at most %d levels", maxNesting, maxNesting)
		return nil, r.problems
	}
	m := r.stateMachine(v)
	if len(r.problems) > 0 {
		r.problems.locate(text)
		return nil, r.problems
	}
	r.unresolved.locate(text)
	m.unresolved = r.unresolved
	m.Definition = bytes.Clone(definition)
	return m, nil
}

func (r *reader) stateMachine(v any) *StateMachine {
	f, ok := r.fields(v, "$", "a state machine", kindMachine, JSONata)
	if !ok {
		return nil
	}
	m := &StateMachine{
		Comment:       f.text("Comment"),
		Version:       f.oneOf("Version", "1.0", "1.0"),
		QueryLanguage: f.queryLanguage(JSONPath),
	}
	r.language = m.QueryLanguage
	f.language = m.QueryLanguage
	m.TimeoutSeconds, _ = f.integer("TimeoutSeconds", 1, maxSeconds)
	f.flow(&m.Flow)
	return m
}
