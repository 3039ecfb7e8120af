package value

import (
	"iter"
	"maps"
)

// indexFrom is the number of members from which an Object keeps an index.
// Searching a shorter list is faster than hashing.
const indexFrom = 12

// Object represents a JSON object, which keeps the order of its members. The
// zero Object is empty and ready to use.
type Object struct {
	members []member
	index   map[string]int // nil while there are few members
}

type member struct {
	name  string
	value any
}

// NewObject returns an object with the given names and values, in turn. It
// panics if a name is not a string or the last value is missing.
func NewObject(namesAndValues ...any) *Object {
	o := WithCapacity(len(namesAndValues) / 2)
	for i := 0; i < len(namesAndValues); i += 2 {
		o.Set(namesAndValues[i].(string), namesAndValues[i+1])
	}
	return o
}

// WithCapacity returns an empty object with room for n members.
func WithCapacity(n int) *Object {
	switch n { // the members of most objects are in the same allocation
	case 1, 2:
		o := &struct {
			Object
			room [2]member
		}{}
		o.members = o.room[:0]
		return &o.Object
	case 3, 4:
		o := &struct {
			Object
			room [4]member
		}{}
		o.members = o.room[:0]
		return &o.Object
	}
	return &Object{members: make([]member, 0, n)}
}

// Len returns the number of members. A nil Object has none.
func (o *Object) Len() int {
	if o == nil {
		return 0
	}
	return len(o.members)
}

// Get returns the value of a member, and reports whether the object has that
// member.
func (o *Object) Get(name string) (any, bool) {
	if i := o.find(name); i >= 0 {
		return o.members[i].value, true
	}
	return nil, false
}

func (o *Object) find(name string) int {
	if o == nil {
		return -1
	}
	if o.index != nil {
		if i, ok := o.index[name]; ok {
			return i
		}
		return -1
	}
	for i := range o.members {
		if o.members[i].name == name {
			return i
		}
	}
	return -1
}

// Member returns the value to which names lead in v, one after the other. It reports
// whether there is one.
func Member(v any, names []string) (any, bool) {
	for _, name := range names {
		object, ok := v.(*Object)
		if !ok {
			return nil, false
		}
		if v, ok = object.Get(name); !ok {
			return nil, false
		}
	}
	return v, true
}

// Set adds a member at the end, or replaces the value of an existing member.
// Call it only while you build an object; if others may hold the object, use
// [Object.With] instead.
func (o *Object) Set(name string, v any) {
	if i := o.find(name); i >= 0 {
		o.members[i].value = v
		return
	}
	o.Add(name, v)
}

// Add adds a member that the object does not have. It is faster than
// [Object.Set].
func (o *Object) Add(name string, v any) {
	o.members = append(o.members, member{name, v})
	switch {
	case o.index != nil:
		o.index[name] = len(o.members) - 1
	case len(o.members) >= indexFrom:
		o.index = make(map[string]int, 2*len(o.members))
		for i := range o.members {
			o.index[o.members[i].name] = i
		}
	}
}

// With returns a copy of the object in which the member has the value v. The
// copy shares its values with the object.
func (o *Object) With(name string, v any) *Object {
	c := o.clone(1)
	c.Set(name, v)
	return c
}

// Without returns a copy of the object without the member.
func (o *Object) Without(name string) *Object {
	c := &Object{members: make([]member, 0, o.Len())}
	for n, v := range o.All() {
		if n != name {
			c.Set(n, v)
		}
	}
	return c
}

// Clone returns a copy whose members can be set without changing the original.
// Both share their values.
func (o *Object) Clone() *Object { return o.clone(0) }

// clone returns a copy with room for more members.
func (o *Object) clone(more int) *Object {
	c := WithCapacity(o.Len() + more)
	if o == nil {
		return c
	}
	c.members = append(c.members, o.members...)
	if o.index != nil {
		c.index = make(map[string]int, len(o.index)+1)
		maps.Copy(c.index, o.index)
	}
	return c
}

// All returns an iterator over the members, in order.
func (o *Object) All() iter.Seq2[string, any] {
	return func(yield func(string, any) bool) {
		if o == nil {
			return
		}
		for i := range o.members {
			if !yield(o.members[i].name, o.members[i].value) {
				return
			}
		}
	}
}

// MarshalJSON returns the object as JSON, with its members in order.
func (o *Object) MarshalJSON() ([]byte, error) { return Append(nil, o), nil }
