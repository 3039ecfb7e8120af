package asl

import (
	"strings"

	"github.com/mapjob/mapjob/internal/value"
)

// Template is a JSON value in which some parts are expressions: Arguments,
// Output, Assign and ItemSelector in JSONata, Parameters, ResultSelector and
// Assign in JSONPath.
type Template struct{ root node }

// node is one part of a template.
type node interface {
	evaluate(*Scope) (any, error)
}

// Evaluate is the value of the template. The error is an [*EvaluationError].
func (t *Template) Evaluate(s *Scope) (any, error) { return t.root.evaluate(s) }

// Constant is the template's value where it has no expressions.
func (t *Template) Constant() (v any, ok bool) {
	c, ok := t.root.(constant)
	return c.value, ok
}

// Member is the part of a template under a name, nil where there is none.
func (t *Template) Member(name string) *Template {
	if t == nil {
		return nil
	}
	switch n := t.root.(type) {
	case constant:
		if object, ok := n.value.(*value.Object); ok {
			if v, ok := object.Get(name); ok {
				return &Template{constant{v}}
			}
		}
	case *objectNode:
		for i := range n.members {
			if n.members[i].name == name {
				return &Template{n.members[i].node}
			}
		}
	}
	return nil
}

type constant struct{ value any }

func (c constant) evaluate(*Scope) (any, error) { return c.value, nil }

type objectNode struct{ members []memberNode }

type memberNode struct {
	name string
	node node
}

func (o *objectNode) evaluate(s *Scope) (any, error) {
	object := value.WithCapacity(len(o.members))
	for i := range o.members {
		v, err := o.members[i].node.evaluate(s)
		if err != nil {
			return nil, err
		}
		object.Set(o.members[i].name, v)
	}
	return object, nil
}

type arrayNode struct{ elements []node }

func (a *arrayNode) evaluate(s *Scope) (any, error) {
	list := make([]any, len(a.elements))
	for i, element := range a.elements {
		v, err := element.evaluate(s)
		if err != nil {
			return nil, err
		}
		list[i] = v
	}
	return list, nil
}

func (e *Expression) evaluate(s *Scope) (any, error) { return e.Evaluate(s) }

// node compiles a value. field is its place in the state, as AWS names it in
// errors.
func (f fields) node(v any, path, field string) node {
	switch v := v.(type) {
	case string:
		if source, ok := isExpression(v); ok && f.language == JSONata {
			if e := f.expression(source, path, field); e != nil {
				return e
			}
		}
	case []any:
		elements := make([]node, len(v))
		constants := true
		for i := range v {
			elements[i] = f.node(v[i], element(path, i), element(field, i))
			_, is := elements[i].(constant)
			constants = constants && is
		}
		if !constants {
			return &arrayNode{elements}
		}
	case *value.Object:
		members := make([]memberNode, 0, v.Len())
		constants := true
		for name, x := range v.All() {
			m := memberNode{name: name}
			if f.language == JSONPath && strings.HasSuffix(name, ".$") {
				m.name = strings.TrimSuffix(name, ".$")
				m.node = f.query(x, step(path, name), name)
			} else {
				m.node = f.node(x, step(path, name), field+"/"+name)
			}
			_, is := m.node.(constant)
			constants = constants && is && m.name == name
			members = append(members, m)
		}
		if !constants {
			return &objectNode{members}
		}
	}
	return constant{v}
}

// Unexpected is the error of a field that takes values of another type than
// the template came to.
func (t *Template) Unexpected(expected string, v any) error {
	if e, ok := t.root.(*Expression); ok {
		return e.unexpected(expected, v)
	}
	return &EvaluationError{Name: errQuery, Message: "got a value of type " + TypeName(v) + ", expected " + expected}
}
