package expression

import (
	"errors"
	"strings"

	"github.com/mapjob/mapjob/internal/jsonpath"
)

// ReferencePath is the path of exactly one place in the input, into which a
// result is put.
type ReferencePath struct {
	// Discard is true for an explicit null: the result is dropped.
	Discard bool
	source  string
	path    *jsonpath.Path
}

// CompileReferencePath compiles a reference path.
func CompileReferencePath(source string) (*ReferencePath, error) {
	source = strings.TrimRight(source, spaces)
	if strings.HasPrefix(source, "$$") || variablePrefix.MatchString(source) {
		return nil, errors.New("it must not refer to the context object or a variable, which can't be changed")
	}
	p, err := jsonpath.Compile(source)
	if err == nil && !p.Reference() {
		err = errors.New("it must refer to one value only")
	}
	return &ReferencePath{source: source, path: p}, err
}

// String returns the source of the path.
func (p *ReferencePath) String() string { return p.source }

// Root reports whether the path is "$": the result replaces the input.
func (p *ReferencePath) Root() bool { return p.source == "$" }

// Put returns the input with v at the path.
func (p *ReferencePath) Put(input, v any) (any, error) { return p.path.Put(input, v) }
