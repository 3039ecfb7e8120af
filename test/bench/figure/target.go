package figure

// Target is a bound on a value. The zero Target is always reached.
type Target struct {
	limit float64
	upper bool
}

// AtLeast returns a lower bound.
func AtLeast(limit float64) Target { return Target{limit: limit} }

// AtMost returns an upper bound.
func AtMost(limit float64) Target { return Target{limit: limit, upper: true} }

func (t Target) reached(v float64) bool {
	switch {
	case t == Target{}:
		return true
	case t.upper:
		return v <= t.limit
	}
	return v >= t.limit
}

// String describes the bound: ">= 0.90".
func (t Target) String() string {
	if t.upper {
		return "<= " + readable(t.limit)
	}
	return ">= " + readable(t.limit)
}
