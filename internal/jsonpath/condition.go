package jsonpath

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/dlclark/regexp2"

	"github.com/mapjob/mapjob/internal/value"
)

// filterScope holds the values of @ and $ in a condition.
type filterScope struct{ current, root any }

// condition reports whether a filter selects an element.
type condition func(filterScope) bool

func anyOf(parts []condition) condition {
	return func(scope filterScope) bool {
		return slices.ContainsFunc(parts, func(c condition) bool { return c(scope) })
	}
}

func allOf(parts []condition) condition {
	return func(scope filterScope) bool {
		return !slices.ContainsFunc(parts, func(c condition) bool { return !c(scope) })
	}
}

// operand is one side of a comparison.
type operand struct {
	path    *Path // nil for a literal
	root    bool  // the path starts at $
	literal any
}

func (o operand) get(scope filterScope) (any, bool) {
	if o.path == nil {
		return o.literal, true
	}
	v, err := o.path.get(o.start(scope), scope.root)
	return v, err == nil
}

// start returns the value at which the path of the operand starts.
func (o operand) start(scope filterScope) any {
	if o.root {
		return scope.root
	}
	return scope.current
}

// exists reports whether a path that stands alone as a condition refers to
// something. As in Jayway, an indefinite path does unless a member of it is
// missing: [?(@.a.*)] selects an element with an a, even if a is empty.
func (o operand) exists(scope filterScope) bool {
	if o.path.definite {
		_, ok := o.get(scope)
		return ok
	}
	e := evaluation{root: scope.root, definite: true, strict: true}
	return e.steps(o.start(scope), o.path.tokens, "$", func(any) {}) == nil
}

func compare(left operand, operator string, right operand) condition {
	return func(scope filterScope) bool {
		a, hasA := left.get(scope)
		b, hasB := right.get(scope)
		switch operator {
		case "==":
			return hasA && hasB && equal(a, b)
		case "!=":
			return !(hasA && hasB && equal(a, b))
		case "===":
			return hasA && hasB && value.Equal(a, b)
		case "!==":
			return !(hasA && hasB && value.Equal(a, b))
		case "nin":
			return hasB && isContainer(b) && !(hasA && contains(b, a))
		}
		if !hasA || !hasB {
			return false
		}
		switch operator {
		case "<", "<=", ">", ">=":
			order, ok := order(a, b)
			return ok && ordered(order, operator)
		case "in":
			return contains(b, a)
		case "contains":
			if text, ok := a.(string); ok {
				part, ok := b.(string)
				return ok && strings.Contains(text, part)
			}
			return contains(a, b)
		case "subsetof":
			return every(a, func(x any) bool { return contains(b, x) })
		case "anyof":
			return some(a, func(x any) bool { return contains(b, x) })
		case "noneof":
			return every(a, func(x any) bool { return !contains(b, x) }) && isList(b)
		case "size":
			n, ok := value.Float(b)
			return ok && !isObject(a) && float64(size(a)) == math.Trunc(n)
		case "empty":
			empty, ok := b.(bool)
			return ok && size(a) >= 0 && (size(a) == 0) == empty
		}
		return false // all, which Jayway accepts and never fulfils for a literal list
	}
}

// matching returns the condition of =~: the pattern matches the whole text. Of an
// array, one element has to match. A number and a boolean count as their text, any
// other value as an empty text.
func matching(left operand, pattern *regexp2.Regexp) condition {
	matches := func(v any) bool {
		text := ""
		switch v := v.(type) {
		case string:
			text = v
		case bool, float64, value.Number:
			text = value.Text(v)
		}
		ok, err := pattern.MatchString(text)
		return ok && err == nil
	}
	return func(scope filterScope) bool {
		v, _ := left.get(scope)
		if elements, ok := v.([]any); ok {
			return slices.ContainsFunc(elements, matches)
		}
		return matches(v)
	}
}

// equal compares two values. A number equals a string that holds the number.
func equal(a, b any) bool {
	text, isText := a.(string)
	other := b
	if !isText {
		text, isText = b.(string)
		other = a
	}
	if n, ok := value.Float(other); ok && isText {
		m, err := strconv.ParseFloat(text, 64)
		return err == nil && m == n
	}
	return value.Equal(a, b)
}

func isList(v any) bool {
	_, ok := v.([]any)
	return ok
}

func isObject(v any) bool {
	_, ok := v.(*value.Object)
	return ok
}

func isContainer(v any) bool { return isList(v) || isObject(v) }

// order compares two numbers or two strings. It reports false for anything
// else.
func order(a, b any) (int, bool) {
	if x, ok := value.Float(a); ok {
		y, ok := value.Float(b)
		switch {
		case x < y:
			return -1, ok
		case x > y:
			return 1, ok
		}
		return 0, ok
	}
	x, isX := a.(string)
	y, isY := b.(string)
	switch {
	case x < y:
		return -1, isX && isY
	case x > y:
		return 1, isX && isY
	}
	return 0, isX && isY
}

func ordered(order int, operator string) bool {
	switch operator {
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	}
	return order >= 0
}

func contains(list, x any) bool {
	if elements, ok := list.([]any); ok {
		return slices.ContainsFunc(elements, func(e any) bool { return equal(e, x) })
	}
	return false
}

func every(list any, holds func(any) bool) bool {
	elements, ok := list.([]any)
	return ok && !slices.ContainsFunc(elements, func(e any) bool { return !holds(e) })
}

func some(list any, holds func(any) bool) bool {
	elements, _ := list.([]any)
	return slices.ContainsFunc(elements, holds)
}
