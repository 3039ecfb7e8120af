package jsonata

import (
	"math"

	"github.com/mapjob/mapjob/internal/value"
)

// arguments are those of one call of a built-in function, after they have been
// checked against its signature: Undefined where one is missing.
type arguments struct {
	ev   *evaluation
	list []any
}

// missing reports whether an argument was left out.
func (c arguments) missing(i int) bool { return i >= len(c.list) || IsUndefined(c.list[i]) }

func (c arguments) value(i int) any {
	if i >= len(c.list) {
		return Undefined
	}
	return c.list[i]
}

func (c arguments) string(i int) string {
	s, _ := c.value(i).(string)
	return s
}

func (c arguments) number(i int) float64 {
	n, _ := toFloat(c.value(i))
	return n
}

func (c arguments) items(i int) []any {
	items, _ := elements(c.value(i))
	return items
}

func (c arguments) function(i int) callable {
	f, _ := c.value(i).(callable)
	return f
}

// text is a string as a result, accounted for.
func (c arguments) text(s string) (any, error) {
	return s, c.ev.allocate(len(s), 1)
}

// sequence is a sequence as a result, accounted for.
func (c arguments) sequence(items []any) (any, error) {
	return &list{items: items, seq: true}, c.ev.allocate(len(items), 8)
}

// array is a plain array as a result, accounted for.
func (c arguments) array(items []any) (any, error) {
	if items == nil {
		items = []any{}
	}
	for _, item := range items {
		c.ev.store(item)
	}
	return items, c.ev.allocate(len(items), 8)
}

// finite is a number as a result, noted if JSON can't hold it.
func (c arguments) finite(n float64) (any, error) {
	if n-n != 0 {
		c.ev.inexact = true
	}
	return n, nil
}

// whole is an argument as a whole number; what it has beyond that is cut off.
func (c arguments) whole(i int) (int64, error) {
	n, ok := value.Float(c.value(i))
	if !ok {
		return 0, mismatch(c.value(i), i+1)
	}
	switch n = math.Trunc(n); {
	case n != n:
		return 0, nil
	case n >= math.MaxInt64:
		return math.MaxInt64, nil
	case n <= math.MinInt64:
		return math.MinInt64, nil
	}
	return int64(n), nil
}

// limit is an optional upper bound.
func (c arguments) limit(i int) float64 {
	if c.missing(i) {
		return math.Inf(1)
	}
	return c.number(i)
}
