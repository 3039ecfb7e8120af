package expression

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/mapjob/mapjob/internal/jsonpath"
	"github.com/mapjob/mapjob/internal/value"
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

// variablePrefix matches the names that an Assign may have.
var variablePrefix = regexp.MustCompile(`^\$([\p{L}\p{Nl}_][\p{L}\p{Nl}\p{Mn}\p{Mc}\p{Nd}\p{Pc}]*)`)

// spaces are the characters that may follow a path: AWS ignores them.
const spaces = " \t\r\n"

// CompilePath compiles a path in a field of a state.
func CompilePath(source, field string) (*Path, error) {
	source = strings.TrimRight(source, spaces)
	p := &Path{source: source, field: field}
	text := source
	switch match := variablePrefix.FindStringSubmatch(source); {
	case strings.HasPrefix(source, "$$"):
		p.context = true
		text = source[1:]
	case match != nil:
		p.variable = match[1]
		text = "$" + source[len(match[0]):]
	case !strings.HasPrefix(source, "$"):
		return nil, errors.New("it must start with $")
	}
	var err error
	p.path, err = jsonpath.Compile(text)
	return p, err
}

// String returns the source of the path.
func (p *Path) String() string { return p.source }

// Root reports whether the path is "$", which changes nothing.
func (p *Path) Root() bool { return p.source == "$" }

// Get returns the value that the path refers to. The error is a
// [*jsonpath.NotFoundError] if there is none.
func (p *Path) Get(s *Scope) (any, error) {
	switch {
	case p.context:
		return p.path.Get(s.Context.Object())
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

// Evaluate returns the value that the path refers to, as a payload template uses
// it. The error is an [*Error].
func (p *Path) Evaluate(s *Scope) (any, error) {
	v, err := p.Get(s)
	if err == nil {
		return v, nil
	}
	if errors.Is(err, jsonpath.ErrIndex) { // in a template, an index past the end is null (AWS does this; the developer guide does not say so)
		return nil, nil
	}
	return nil, &Error{errRuntime, p.field, p.notFound(s)}
}

func (p *Path) notFound(s *Scope) string {
	return fmt.Sprintf("The JSONPath '%s' specified for the field '%s' could not be found in the input '%s'", p.source, p.field, value.Text(s.Input))
}
