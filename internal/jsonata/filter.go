package jsonata

import (
	"math"

	"github.com/mapjob/mapjob/internal/value"
)

// filter is a predicate.
type filter struct {
	node    node
	index   float64 // the index of the element, if literal
	literal bool    // the predicate is a literal number
	fixed   bool    // the predicate is made of literals: it is the same for every value
}

// apply selects the values in v for which the predicate holds. If v is not an
// array and has the literal index, the result is v. If the element at the
// literal index is an array, the result is that element. Any other result is a
// sequence.
func (p *filter) apply(ev *evaluation, v any, f *frame) (any, error) {
	items, ok := elements(v)
	if !ok {
		ev.collect(v)
		items = []any{v}
	}
	if p.literal {
		item := at(items, p.index)
		switch {
		case IsUndefined(item):
			return &list{seq: true}, nil
		case !ok || isArray(item):
			return item, nil
		}
		return &list{items: []any{item}, seq: true}, nil
	}
	var out []any
	var predicate any
	for i, item := range items {
		if i == 0 || !p.fixed {
			var err error
			if predicate, err = ev.eval(p.node, item, f); err != nil {
				return nil, err
			}
		}
		n, err := count(ev, predicate, i, len(items))
		if err != nil {
			return nil, err
		}
		for range n {
			out = append(out, item)
		}
		if n > 0 && IsUndefined(item) {
			ev.inexact = true
		}
		if err := ev.allocate(len(out), 8); err != nil {
			return nil, err
		}
	}
	return &list{items: out, seq: true}, nil
}

// at returns the element at an index. A negative index counts from the end.
func at(items []any, index float64) any {
	i := math.Floor(index)
	if i < 0 {
		i += float64(len(items))
	}
	if i >= 0 && i < float64(len(items)) {
		return items[int(i)]
	}
	return Undefined
}

// count returns how often a predicate with the value v selects item i: once if it
// holds, or as often as its numbers equal the index.
func count(ev *evaluation, v any, i, length int) (int, error) {
	if n, ok := value.Float(v); ok {
		if err := finite(n); err != nil {
			return 0, err
		}
		if !math.IsNaN(n) {
			return matches(n, i, length), nil
		}
	}
	if indexes, ok := elements(v); ok && allNumbers(indexes) {
		count := 0
		for _, index := range indexes {
			n, _ := value.Float(index)
			count += matches(n, i, length)
		}
		return count, nil
	}
	t, err := ev.truth(v)
	if t {
		return 1, err
	}
	return 0, err
}

func matches(index float64, i, length int) int {
	n := math.Floor(index)
	if n < 0 {
		n += float64(length)
	}
	if n == float64(i) {
		return 1
	}
	return 0
}

func allNumbers(items []any) bool {
	for _, item := range items {
		if n, ok := value.Float(item); !ok || math.IsNaN(n) {
			return false
		}
	}
	return true
}

// applyTuples selects the tuples for which the predicate holds.
func (p *filter) applyTuples(ev *evaluation, current []tuple, f *frame) ([]tuple, error) {
	var out []tuple
	if p.literal {
		for i := range current {
			if matches(p.index, i, len(current)) == 1 {
				out = append(out, current[i])
			}
		}
		return out, nil
	}
	for i := range current {
		predicate, err := ev.eval(p.node, current[i].context, current[i].frame(ev, f))
		if err != nil {
			return nil, err
		}
		n, err := count(ev, predicate, i, len(current))
		if err != nil {
			return nil, err
		}
		for range n {
			out = append(out, current[i])
		}
		if err := ev.allocate(len(out), 8); err != nil {
			return nil, err
		}
	}
	return out, nil
}
