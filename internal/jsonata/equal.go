package jsonata

import "github.com/mapjob/mapjob/internal/value"

// equal compares two values in depth.
func (ev *evaluation) equal(x, y any) bool {
	switch a := x.(type) {
	case string:
		b, ok := y.(string)
		return ok && a == b
	case float64, value.Number:
		m, _ := value.Float(a)
		b, ok := value.Float(y)
		return ok && m == b
	case nil, bool, undefined:
		return x == y
	case callable:
		return x == y
	case *value.Object:
		b, ok := y.(*value.Object)
		if !ok || a.Len() != b.Len() {
			return false
		}
		if a == b {
			return true
		}
		for name, m := range a.All() {
			o, ok := b.Get(name)
			if !ok || !ev.walk() || !ev.equal(m, o) {
				return false
			}
		}
		return true
	}
	a, ok := elements(x)
	b, ok2 := elements(y)
	if !ok || !ok2 || len(a) != len(b) {
		return false
	}
	if len(a) > 0 && &a[0] == &b[0] {
		return true
	}
	for i := range a {
		if !ev.walk() || !ev.equal(a[i], b[i]) {
			return false
		}
	}
	return true
}

// hashable returns v in a form that Go compares as JSONata does. It reports
// false if there is none.
func hashable(v any) (any, bool) {
	switch v := v.(type) {
	case nil, bool, string:
		return v, true
	case float64:
		return v, v == v
	case value.Number:
		return v.Float(), true
	}
	return nil, false
}

// identical compares as JavaScript's === does: two arrays or objects are
// identical only if they are the same one.
func identical(x, y any) bool {
	switch x := x.(type) {
	case []any:
		y, ok := y.([]any)
		return ok && len(x) == len(y) && len(x) > 0 && &x[0] == &y[0]
	case float64, value.Number:
		a, _ := value.Float(x)
		b, ok := value.Float(y)
		return ok && a == b
	}
	if _, ok := y.([]any); ok {
		return false
	}
	return x == y
}
