package expression

import "github.com/mapjob/mapjob/internal/value"

// Node is one part of a template: a constant, an object, an array, or a
// computation such as a [*JSONata], a [*Path] or a [*Call].
type Node interface {
	Evaluate(s *Scope) (any, error)
}

// Constant is a value without expressions.
type Constant struct{ Value any }

// Evaluate returns the value.
func (c Constant) Evaluate(*Scope) (any, error) { return c.Value, nil }

// Object is an object of which some members are computed.
type Object struct{ Members []Member }

// Member is a member of an Object.
type Member struct {
	Name string
	Node Node
}

// Evaluate evaluates each member.
func (o *Object) Evaluate(s *Scope) (any, error) {
	object := value.WithCapacity(len(o.Members))
	for i := range o.Members {
		v, err := o.Members[i].Node.Evaluate(s)
		if err != nil {
			return nil, err
		}
		object.Set(o.Members[i].Name, v)
	}
	return object, nil
}

// Array is an array of which some elements are computed.
type Array struct{ Elements []Node }

// Evaluate evaluates each element.
func (a *Array) Evaluate(s *Scope) (any, error) {
	list := make([]any, len(a.Elements))
	for i, element := range a.Elements {
		v, err := element.Evaluate(s)
		if err != nil {
			return nil, err
		}
		list[i] = v
	}
	return list, nil
}
