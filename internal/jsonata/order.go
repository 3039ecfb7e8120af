package jsonata

import (
	"github.com/mapjob/mapjob/internal/jsonata/internal/javascript"
	"github.com/mapjob/mapjob/internal/value"
)

// order evaluates the step ^( … ).
type order struct {
	keys       []node
	descending []bool
	pos        int
}

// sort sorts the items by the keys in a stable merge sort. Each key is
// evaluated once per item.
func (o *order) sort(ev *evaluation, items []any, f *frame) ([]any, error) {
	return sortBy(ev, o, items, func(item any) (any, *frame) { return item, f })
}

func (o *order) sortTuples(ev *evaluation, current []tuple, f *frame) ([]tuple, error) {
	return sortBy(ev, o, current, func(t tuple) (any, *frame) { return t.context, t.frame(ev, f) })
}

func sortBy[T any](ev *evaluation, o *order, items []T, scope func(T) (any, *frame)) ([]T, error) {
	if len(items) <= 1 {
		return items, nil
	}
	type entry struct {
		item T
		keys []any // the keys evaluated so far
	}
	entries := make([]entry, len(items))
	for i, item := range items {
		entries[i] = entry{item: item, keys: make([]any, 0, len(o.keys))}
	}
	key := func(e *entry, i int) (any, error) {
		if i == len(e.keys) {
			context, f := scope(e.item)
			v, err := ev.eval(o.keys[i], context, f)
			if err != nil {
				return nil, err
			}
			e.keys = append(e.keys, v)
		}
		return e.keys[i], nil
	}
	pointers := make([]*entry, len(entries))
	for i := range entries {
		pointers[i] = &entries[i]
	}
	sorted, err := mergeSort(pointers, func(a, b *entry) (bool, error) {
		for i := range o.keys {
			x, err := key(a, i)
			if err != nil {
				return false, err
			}
			y, err := key(b, i)
			if err != nil {
				return false, err
			}
			c, err := o.compare(x, y)
			if err != nil {
				return false, err
			}
			if c != 0 {
				return (c > 0) != (o.descending[i] && !IsUndefined(x) && !IsUndefined(y)), nil
			}
		}
		return false, nil
	})
	if err != nil {
		return nil, err
	}
	out := make([]T, len(sorted))
	for i := range sorted {
		out[i] = sorted[i].item
	}
	return out, nil
}

// compare compares two keys. Missing values come last in either direction.
func (o *order) compare(x, y any) (int, error) {
	switch {
	case IsUndefined(x) && IsUndefined(y):
		return 0, nil
	case IsUndefined(x):
		return 1, nil
	case IsUndefined(y):
		return -1, nil
	}
	a, aIsNumber := value.Float(x)
	b, bIsNumber := value.Float(y)
	s, aIsString := x.(string)
	t, bIsString := y.(string)
	switch {
	case !aIsNumber && !aIsString:
		return 0, &Error{Code: "T2008", Position: o.pos, Value: x}
	case !bIsNumber && !bIsString:
		return 0, &Error{Code: "T2008", Position: o.pos, Value: y}
	case aIsNumber != bIsNumber:
		return 0, &Error{Code: "T2007", Position: o.pos, Value: x, value2: y}
	case aIsString:
		return javascript.CompareStrings(s, t), nil
	case a < b:
		return -1, nil
	case a == b:
		return 0, nil
	}
	return 1, nil
}

// mergeSort sorts items and keeps the order of equal ones. after reports
// whether a comes after b. It makes the same comparisons as jsonata in the same
// order, because an expression can observe them.
func mergeSort[T any](items []T, after func(a, b T) (bool, error)) ([]T, error) {
	if len(items) <= 1 {
		return items, nil
	}
	left, err := mergeSort(items[:len(items)/2], after)
	if err != nil {
		return nil, err
	}
	right, err := mergeSort(items[len(items)/2:], after)
	if err != nil {
		return nil, err
	}
	out := make([]T, 0, len(items))
	for len(left) > 0 && len(right) > 0 {
		swap, err := after(left[0], right[0])
		if err != nil {
			return nil, err
		}
		if swap {
			out, right = append(out, right[0]), right[1:]
		} else {
			out, left = append(out, left[0]), left[1:]
		}
	}
	return append(append(out, left...), right...), nil
}
