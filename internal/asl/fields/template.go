package fields

import (
	"strings"

	"github.com/mapjob/mapjob/internal/expression"
	"github.com/mapjob/mapjob/internal/value"
)

// Template reads a payload template. It returns nil if there is none.
func (f Object) Template(name, field string) *expression.Template {
	v, ok := f.Value.Get(name)
	if !ok {
		return nil
	}
	return expression.NewTemplate(f.node(v, f.At(name), field))
}

// ObjectTemplate reads a template that must be an object.
func (f Object) ObjectTemplate(name, field string) *expression.Template {
	v, ok := f.Value.Get(name)
	if !ok {
		return nil
	}
	if _, ok := v.(*value.Object); !ok {
		if s, is := v.(string); !is || f.Language != JSONata || !hasDelimiters(s) {
			if !f.Document.Substituted(f.At(name), v) {
				f.Document.Problem(f.At(name), "got %s, expected an object", value.Describe(v))
			}
			return nil
		}
	}
	return f.Template(name, field)
}

// node compiles a value. field is the name of its place in AWS's error messages.
func (f Object) node(v any, path, field string) expression.Node {
	switch v := v.(type) {
	case string:
		if source, ok := expression.JSONataSource(v); ok && f.Language == JSONata {
			if e := f.Expression(source, path, field); e != nil {
				return e
			}
		} else if f.Language == JSONata {
			f.checkDelimiters(v, path)
		}
	case []any:
		elements := make([]expression.Node, len(v))
		constants := true
		for i := range v {
			elements[i] = f.node(v[i], Element(path, i), Element(field, i))
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
			if f.Language == JSONPath && strings.HasSuffix(name, ".$") {
				m.Name = strings.TrimSuffix(name, ".$")
				if _, twice := v.Get(m.Name); twice {
					f.Document.Problem(Step(path, name), "got both %q and %q, expected one of them", m.Name, name)
				}
				m.Node = f.Document.query(x, Step(path, name), name)
			} else {
				m.Node = f.node(x, Step(path, name), field+"/"+name)
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
