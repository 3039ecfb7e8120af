// Package jsonpath is the JSONPath dialect of AWS Step Functions.
package jsonpath

import (
	"errors"
	"fmt"
	"strings"

	"github.com/mapjob/mapjob/local/value"
)

// Path is a compiled path. It is immutable.
type Path struct {
	source string
	names  []string
}

// Compile reads a path that starts with "$".
func Compile(source string) (*Path, error) {
	if !strings.HasPrefix(source, "$") {
		return nil, errors.New("it does not start with $")
	}
	p := &Path{source: source}
	if source == "$" {
		return p, nil
	}
	if source[1] != '.' {
		return nil, errors.New("only member names are known")
	}
	p.names = strings.Split(source[2:], ".")
	return p, nil
}

// Get is the value that the path refers to.
func (p *Path) Get(root any) (any, error) {
	for _, name := range p.names {
		object, ok := root.(*value.Object)
		if !ok {
			return nil, fmt.Errorf("no %s", name)
		}
		if root, ok = object.Get(name); !ok {
			return nil, fmt.Errorf("no %s", name)
		}
	}
	return root, nil
}

// Definite reports whether the path refers to at most one value.
func (p *Path) Definite() bool { return true }

// Put is root with v at the path.
func (p *Path) Put(root, v any) (any, error) { return put(root, p.names, v), nil }

func put(root any, names []string, v any) any {
	if len(names) == 0 {
		return v
	}
	object, _ := root.(*value.Object)
	inner, _ := object.Get(names[0])
	return object.With(names[0], put(inner, names[1:], v))
}
