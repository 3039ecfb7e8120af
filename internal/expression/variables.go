package expression

import (
	"maps"

	"github.com/mapjob/mapjob/internal/value"
)

// Variables holds the variables of a flow of states, inside those of the flow
// around it. It is immutable: With returns a changed copy.
type Variables struct {
	outer  *Variables
	values *value.Object
}

// Get returns the value of a variable, and whether it was ever assigned.
func (v *Variables) Get(name string) (any, bool) {
	for ; v != nil; v = v.outer {
		if x, ok := v.values.Get(name); ok {
			return x, true
		}
	}
	return nil, false
}

// All returns the values by name. Names are unique: a definition may not assign a
// variable of an outer flow.
func (v *Variables) All() map[string]any {
	all := map[string]any{}
	for ; v != nil; v = v.outer {
		maps.Insert(all, v.values.All())
	}
	return all
}

// Inner returns an empty scope that can read the outer variables.
func (v *Variables) Inner() *Variables {
	if v == nil || v.values.Len() == 0 {
		return v
	}
	return &Variables{outer: v}
}

// With returns the variables after an assignment.
func (v *Variables) With(assigned *value.Object) *Variables {
	if assigned.Len() == 0 {
		return v
	}
	next := &Variables{values: assigned}
	if v != nil {
		next.outer = v.outer
		if v.values.Len() > 0 {
			next.values = v.values.Clone()
			for name, x := range assigned.All() {
				next.values.Set(name, x)
			}
		}
	}
	return next
}
