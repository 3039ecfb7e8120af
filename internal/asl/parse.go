package asl

import (
	"bytes"
	"errors"
	"maps"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mapjob/mapjob/internal/asl/fields"
	"github.com/mapjob/mapjob/internal/value"
)

// Limits of AWS (developer guide, "Step Functions service quotas").
const (
	maxDefinitionBytes = 1 << 20
	maxStateName       = 80
)

// MaxSeconds is the longest timeout, of a task and of an execution, and the longest
// wait (developer guide, and recorded).
const MaxSeconds = 99_999_999

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
type Option func(*parser)

// WithoutSizeLimits accepts definitions and names of any length. Default: Parse
// refuses those that are longer than AWS allows.
func WithoutSizeLimits() Option { return func(p *parser) { p.anySize = true } }

// parser holds what the states of a definition share while they are read.
type parser struct {
	names    map[string]string // state name to the path of its first use
	anySize  bool
	language QueryLanguage // of the state machine, the default of its states
	scopes   fields.Scopes
}

// Parse parses and validates a definition. The error is [Problems], with all
// problems at once.
func Parse(definition []byte, options ...Option) (*StateMachine, error) {
	d := &fields.Document{}
	p := &parser{names: map[string]string{}}
	for _, option := range options {
		option(p)
	}
	if len(definition) > maxDefinitionBytes && !p.anySize {
		d.Problem("$", "got a definition of %d bytes, expected at most %d", len(definition), maxDefinitionBytes)
		return nil, d.Problems
	}
	text := definition
	v, err := value.Parse(text)
	if err != nil {
		text = fields.QuoteSubstitutions(definition)
		if quoted, again := value.Parse(text); again == nil {
			v, err = quoted, nil
		}
	}
	if err != nil {
		d.Problem("$", "got text that is not JSON, expected a JSON object: %v", err)
		var syntax *jsontext.SyntacticError
		if errors.As(err, &syntax) {
			d.Problems[0].Line = 1 + bytes.Count(definition[:min(int(syntax.ByteOffset), len(definition))], []byte("\n"))
		}
		return nil, d.Problems
	}
	if deeper(v, maxNesting) {
		d.Problem("$", "got values nested more than %d deep, expected at most %d levels", maxNesting, maxNesting)
		return nil, d.Problems
	}
	m := p.stateMachine(d, v)
	for _, path := range fields.Repeated(text) {
		if slices.Contains(slices.Collect(maps.Values(p.names)), path) {
			d.Problem(path, "got a second state with the name of another, expected a name that is unique in the state machine")
		}
	}
	if len(d.Problems) > 0 {
		d.Problems.Locate(text)
		return nil, d.Problems
	}
	d.Unresolved.Locate(text)
	m.unresolved = d.Unresolved
	m.Definition = bytes.Clone(definition)
	return m, nil
}

func (p *parser) stateMachine(d *fields.Document, v any) *StateMachine {
	f, ok := d.Open(v, "$", "a state machine", fields.MachineKind, JSONata)
	if !ok {
		return nil
	}
	m := &StateMachine{
		Comment:       f.Text("Comment"),
		Version:       f.OneOf("Version", "1.0", "1.0"),
		QueryLanguage: p.queryLanguage(f, JSONPath),
	}
	p.language = m.QueryLanguage
	f.Language = m.QueryLanguage
	m.TimeoutSeconds, _ = f.Integer("TimeoutSeconds", 1, MaxSeconds)
	p.flow(f, &m.Flow)
	p.scopes.Check(d)
	checkExpress(d, &m.Flow, false)
	return m
}
