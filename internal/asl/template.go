package asl

import (
	"strings"

	"github.com/mapjob/mapjob/internal/expression"
	"github.com/mapjob/mapjob/internal/value"
)

// template reads a payload template. It returns nil if there is none.
func (f fields) template(name, field string) *expression.Template {
	v, ok := f.object.Get(name)
	if !ok {
		return nil
	}
	return expression.NewTemplate(f.node(v, f.at(name), field))
}

// objectTemplate reads a template that must be an object.
func (f fields) objectTemplate(name, field string) *expression.Template {
	v, ok := f.object.Get(name)
	if !ok {
		return nil
	}
	if _, ok := v.(*value.Object); !ok {
		if s, is := v.(string); !is || f.language != JSONata || !hasDelimiters(s) {
			if !f.reader.substituted(f.at(name), v) {
				f.reader.problem(f.at(name), "got %s, expected an object", value.Describe(v))
			}
			return nil
		}
	}
	return f.template(name, field)
}

// node compiles a value. field is the name of its place in AWS's error messages.
func (f fields) node(v any, path, field string) expression.Node {
	switch v := v.(type) {
	case string:
		if source, ok := expression.JSONataSource(v); ok && f.language == JSONata {
			if e := f.expression(source, path, field); e != nil {
				return e
			}
		}
	case []any:
		elements := make([]expression.Node, len(v))
		constants := true
		for i := range v {
			elements[i] = f.node(v[i], element(path, i), element(field, i))
			_, is := elements[i].(expression.Constant)
			constants = constants && is
		}
		if !constants {
			return &expression.Array{Elements: elements}
		}
	case *value.Object:
		members := make([]expression.Member, 0, v.Len())
		constants := true
		for name, x := range v.All() {
			m := expression.Member{Name: name}
			if f.language == JSONPath && strings.HasSuffix(name, ".$") {
				m.Name = strings.TrimSuffix(name, ".$")
				m.Node = f.reader.query(x, step(path, name), name)
			} else {
				m.Node = f.node(x, step(path, name), field+"/"+name)
			}
			_, is := m.Node.(expression.Constant)
			constants = constants && is && m.Name == name
			members = append(members, m)
		}
		if !constants {
			return &expression.Object{Members: members}
		}
	}
	return expression.Constant{Value: v}
}
