package jsonpath

import (
	"fmt"
	"strconv"
	"strings"
)

// token is one step of a path.
type token interface {
	// definite reports whether the step leads to at most one value. last is
	// true for the last step of a path.
	definite(last bool) bool
	// text returns the step as error messages show it: ['name'] or [0].
	text() string
}

// properties selects members by name. Several members are selected together.
type properties []string

func (p properties) definite(last bool) bool { return len(p) == 1 || last }

func (p properties) text() string { return "['" + strings.Join(p, "','") + "']" }

// wildcard selects all members or elements.
type wildcard struct{}

func (wildcard) definite(bool) bool { return false }

func (wildcard) text() string { return "[*]" }

// descent is "..": it applies the next step at every depth.
type descent struct{}

func (descent) definite(bool) bool { return false }

func (descent) text() string { return ".." }

// indexes selects elements by position. A negative position counts from the
// end.
type indexes []int

func (i indexes) definite(bool) bool { return len(i) == 1 }

func (i indexes) text() string {
	return strings.ReplaceAll(fmt.Sprint([]int(i)), " ", ",")
}

// slice selects the elements from one position up to, but not including,
// another.
type slice struct{ from, to *int }

func (slice) definite(bool) bool { return false }

// bounds returns the positions that the slice selects of n elements. As Jayway
// does, it counts a negative bound from the end only if it is the only one: of two
// bounds, [-2:2] goes from -2 to 1, and [1:-1] is empty.
func (s slice) bounds(n int) (from, to int) {
	switch {
	case s.from == nil && s.to == nil:
		return 0, n
	case s.to == nil:
		if from = *s.from; from < 0 {
			from = max(from+n, 0)
		}
		return from, n
	case s.from == nil:
		if to = *s.to; to < 0 {
			to += n
		}
		return 0, min(to, n)
	}
	return max(*s.from, -n), min(*s.to, n)
}

func (s slice) text() string {
	text := "["
	if s.from != nil {
		text += strconv.Itoa(*s.from)
	}
	text += ":"
	if s.to != nil {
		text += strconv.Itoa(*s.to)
	}
	return text + "]"
}

// filter selects the elements that satisfy a condition.
type filter struct{ condition condition }

func (filter) definite(bool) bool { return false }

func (filter) text() string { return "[?]" }

// function applies a function such as length() at the end of a path.
type function struct{ name string }

func (function) definite(bool) bool { return true }

func (f function) text() string { return "." + f.name + "()" }
