package value

// Equal reports whether a and b are the same JSON value. It compares numbers by
// value, and ignores the order of members.
func Equal(a, b any) bool {
	if x, ok := Float(a); ok {
		y, ok := Float(b)
		return ok && x == y
	}
	switch a := a.(type) {
	case []any:
		b, ok := b.([]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for i := range a {
			if !Equal(a[i], b[i]) {
				return false
			}
		}
		return true
	case *Object:
		b, ok := b.(*Object)
		if !ok || a.Len() != b.Len() {
			return false
		}
		for name, x := range a.All() {
			y, ok := b.Get(name)
			if !ok || !Equal(x, y) {
				return false
			}
		}
		return true
	}
	return a == b
}
