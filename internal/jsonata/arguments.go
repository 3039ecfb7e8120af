package jsonata

import (
	"math"

	"github.com/mapjob/mapjob/internal/value"
)

// arguments holds the arguments of one call of a built-in function, checked
// against its signature. A missing argument is Undefined.
type arguments struct {
	ev   *evaluation
	list []any
}

// missing reports whether an argument is missing.
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
	n, _ := value.Float(c.value(i))
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

// text returns s as a result, within the memory limit.
func (c arguments) text(s string) (any, error) {
	return s, c.ev.allocate(len(s), 1)
}

// sequence returns a sequence as a result, within the memory limit.
func (c arguments) sequence(items []any) (any, error) {
	return &list{items: items, seq: true}, c.ev.allocate(len(items), 8)
}

// array returns a plain array as a result, within the memory limit.
func (c arguments) array(items []any) (any, error) {
	if items == nil {
		items = []any{}
	}
	for _, item := range items {
		c.ev.store(item)
	}
	return items, c.ev.allocate(len(items), 8)
}

// finite returns n as a result. It notes whether the result needs exporting,
// because JSON cannot represent n.
func (c arguments) finite(n float64) (any, error) {
	if n-n != 0 {
		c.ev.inexact = true
	}
	return n, nil
}

// whole returns an argument as a whole number. It drops the fraction.
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

// limit returns an argument that is an optional upper bound.
func (c arguments) limit(i int) float64 {
	if c.missing(i) {
		return math.Inf(1)
	}
	return c.number(i)
}
