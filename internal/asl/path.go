package asl

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/mapjob/mapjob/internal/jsonpath"
)

// Path is a JSONPath that starts at the input ("$"), at the context object
// ("$$") or at a variable ("$name").
type Path struct {
	// Discard is true for an explicit null: the value becomes an empty object.
	Discard bool

	source   string
	field    string
	path     *jsonpath.Path
	context  bool
	variable string
}

// variableName is what a variable may be called.
var variableName = regexp.MustCompile(`^[\p{L}_][\p{L}\p{N}_]*$`)

var variablePrefix = regexp.MustCompile(`^\$([\p{L}_][\p{L}\p{N}_]*)`)

// spaces are what may stand after a path: the service takes no notice of them.
const spaces = " \t\r\n"

func compilePath(source string) (*Path, error) {
	source = strings.TrimRight(source, spaces)
	p := &Path{source: source}
	text := source
	switch match := variablePrefix.FindStringSubmatch(source); {
	case strings.HasPrefix(source, "$$"):
		p.context = true
		text = source[1:]
	case match != nil:
		p.variable = match[1]
		text = "$" + source[len(match[0]):]
	case !strings.HasPrefix(source, "$"):
		return nil, errors.New("it does not start with $")
	}
	var err error
	p.path, err = jsonpath.Compile(text)
	return p, err
}

func (p *Path) String() string { return p.source }

// Root reports whether the path is "$", which changes nothing.
func (p *Path) Root() bool { return p.source == "$" }

// Get is what the path refers to. The error of a path that leads nowhere is a
// [*jsonpath.NotFoundError].
func (p *Path) Get(s *Scope) (any, error) {
	switch {
	case p.context:
		return p.path.Get(s.Context())
	case p.variable != "":
		v, ok := s.Variables.Get(p.variable)
		if !ok {
			return nil, fmt.Errorf("the variable $%s has no value", p.variable)
		}
		return p.path.Get(v)
	}
	return p.path.Get(s.Input)
}

// Definite reports whether the path refers to at most one value.
func (p *Path) Definite() bool { return p.path.Definite() }

// evaluate is Get for a payload template.
func (p *Path) evaluate(s *Scope) (any, error) {
	v, err := p.Get(s)
	if err == nil {
		return v, nil
	}
	if errors.Is(err, jsonpath.ErrIndex) { // an index past the end is null here (developer guide says nothing, AWS does it)
		return nil, nil
	}
	return nil, &EvaluationError{errRuntime, p.field, p.notFound(s)}
}

func (p *Path) notFound(s *Scope) string {
	return fmt.Sprintf("The JSONPath '%s' specified for the field '%s' could not be found in the input '%s'", p.source, p.field, jsonText(s.Input))
}

// pathQuery compiles the value of a field that takes a path and nothing else.
func (r *reader) pathQuery(source, path, field string) queryNode {
	if r.substituted(path, source) {
		return nil
	}
	p, err := compilePath(source)
	if err != nil {
		r.problem(path, "got %q, expected a JSONPath such as $.order: %v", source, err)
		return nil
	}
	p.field = field
	return p
}

// ReferencePath is where a result goes in the input: a path that names exactly
// one place.
type ReferencePath struct {
	// Discard is true for an explicit null: the result is dropped.
	Discard bool
	source  string
	path    *jsonpath.Path
}

func compileReferencePath(source string) (*ReferencePath, error) {
	source = strings.TrimRight(source, spaces)
	if strings.HasPrefix(source, "$$") || variablePrefix.MatchString(source) {
		return nil, errors.New("it refers to the context object or a variable, which can't be changed")
	}
	p, err := jsonpath.Compile(source)
	if err == nil && !p.Reference() {
		err = errors.New("it can refer to more than one value")
	}
	return &ReferencePath{source: source, path: p}, err
}

func (p *ReferencePath) String() string { return p.source }

// Root reports whether the path is "$": the result replaces the input.
func (p *ReferencePath) Root() bool { return p.source == "$" }

// Put is the input with the value at the path.
func (p *ReferencePath) Put(input, v any) (any, error) { return p.path.Put(input, v) }
