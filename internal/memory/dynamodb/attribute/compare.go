package attribute

import (
	"slices"
	"strings"
)

// Equal reports whether two values are equal. The order of a set's elements and of
// a map's members does not matter.
func Equal(a, b Value) bool {
	kind, x := Content(a)
	other, y := Content(b)
	if kind != other {
		return false
	}
	switch kind {
	case Strings, Numbers, Bytes:
		return len(elements(x)) == len(elements(y)) && !slices.ContainsFunc(elements(x), func(e any) bool { return !slices.Contains(elements(y), e) })
	case List:
		return slices.EqualFunc(elements(x), elements(y), func(a, b any) bool { return Equal(a.(Value), b.(Value)) })
	case Map:
		return EqualMaps(members(x), members(y))
	}
	return x == y
}

// EqualMaps is [Equal] for items and keys.
func EqualMaps(a, b Item) bool {
	if a.Len() != b.Len() {
		return false
	}
	for name, v := range a.All() {
		if other := Get(b, name); other == nil || !Equal(v.(Value), other) {
			return false
		}
	}
	return true
}

// Compare compares two values. It reports false if they are not of the same kind, or
// their kind has no order.
func Compare(a, b Value) (int, bool) {
	kind, x := Content(a)
	other, y := Content(b)
	if kind != other {
		return 0, false
	}
	switch kind {
	case String:
		return strings.Compare(x.(string), y.(string)), true
	case Number:
		return compareNumbers(x.(string), y.(string)), true
	case Binary:
		return strings.Compare(decode(x.(string)), decode(y.(string))), true
	}
	return 0, false
}

// HasPrefix reports whether a string or a binary value begins with another one.
func HasPrefix(v, prefix Value) bool {
	x, y, ok := texts(v, prefix)
	return ok && strings.HasPrefix(x, y)
}

// texts returns the texts of two strings, or the bytes of two binary values.
func texts(a, b Value) (x, y string, ok bool) {
	switch kind := Kind(a); {
	case kind != Kind(b):
	case kind == String:
		return Text(a), Text(b), true
	case kind == Binary:
		return decode(Text(a)), decode(Text(b)), true
	}
	return "", "", false
}

// Contains reports whether a text has another one in it, or a set or list an
// element.
func Contains(v, element Value) bool {
	if x, y, ok := texts(v, element); ok {
		return strings.Contains(x, y)
	}
	kind, content := Content(v)
	of, sought := Content(element)
	switch kind {
	case Strings, Numbers, Bytes:
		return kind[:1] == of && slices.Contains(elements(content), sought)
	case List:
		return slices.ContainsFunc(elements(content), func(e any) bool { return Equal(e.(Value), element) })
	}
	return false
}
