package jsonata

import (
	"math"

	"github.com/mapjob/mapjob/internal/value"
)

// path is a.b.c: each step is applied to each value that the step before it
// yields, and what it yields is flattened by one level.
type path struct {
	steps      []step
	fromInput  bool // the first step is applied to each element of an input array
	keep       bool // a sequence of one stays an array
	keepCons   bool // and an array constructor's array becomes a sequence of one
	tuple      bool // an outer path needs the variables that the steps bind
	group      *group
	firstTuple int // the first step that binds variables, or len(steps)
}

// step is one step of a path.
type step struct {
	node   node
	field  string // the name, when the step is nothing but a field
	plain  bool   // it is
	cons   bool   // an array constructor
	order  *order
	stages []stageNode

	binds    bool
	focus    symbol // 0: none
	index    symbol
	ancestor symbol
}

// stageNode is a predicate of a step, or an index binding.
type stageNode struct {
	filter *filter
	index  symbol
}

// stream is what a step yields: nothing, one value, or the elements of items.
// whole, unless it is nil, is what the path results in if it ends here.
type stream struct {
	items []any
	one   any
	n     int // -1: items counts
	whole any
}

func (s *stream) len() int {
	if s.n >= 0 {
		return s.n
	}
	return len(s.items)
}

func (s *stream) at(i int) any {
	if s.n >= 0 {
		return s.one
	}
	return s.items[i]
}

func single(v any) stream { return stream{one: v, n: 1} }

func several(v []any) stream { return stream{items: v, n: -1} }

func (s *stream) slice() []any {
	switch s.n {
	case -1:
		return s.items
	case 0:
		return nil
	}
	return []any{s.one}
}

// result is the stream as a value.
func (s *stream) result(keep, keepCons bool) any {
	if s.whole != nil {
		if l, ok := s.whole.(*list); ok && l.cons && !l.seq && keepCons {
			return &list{items: []any{l}, seq: true, keep: true}
		}
		return s.whole
	}
	switch {
	case s.len() == 0:
		return Undefined
	case s.len() == 1 && !keep:
		return s.at(0)
	}
	return &list{items: s.slice(), seq: true, keep: keep}
}

func (p *path) eval(ev *evaluation, input any, f *frame) (any, error) {
	var s stream
	if items, ok := elements(input); ok && p.fromInput {
		s = several(items)
	} else {
		s = single(input)
	}
	for i := range p.steps[:p.firstTuple] {
		st := &p.steps[i]
		var err error
		if i == 0 && st.cons {
			s, err = st.construct(ev, &s, f)
		} else {
			s, err = st.apply(ev, &s, f, i == len(p.steps)-1)
		}
		if err != nil {
			return nil, err
		}
		if s.len() == 0 && (s.whole == nil || isArray(s.whole)) {
			return p.finish(ev, &s, f)
		}
	}
	if p.firstTuple < len(p.steps) {
		return p.evalTuples(ev, &s, f)
	}
	return p.finish(ev, &s, f)
}

// finish makes the result of what the last step yields.
func (p *path) finish(ev *evaluation, s *stream, f *frame) (any, error) {
	if p.group != nil {
		return p.group.eval(ev, s.slice(), f)
	}
	return s.result(p.keep, p.keepCons), nil
}

// construct evaluates an array constructor as the first step: once for the
// whole input, and its array is not flattened.
func (st *step) construct(ev *evaluation, s *stream, f *frame) (stream, error) {
	v, err := ev.eval(st.node, &list{items: s.slice(), seq: true}, f)
	if err != nil || IsUndefined(v) {
		return stream{}, err
	}
	if items, ok := elements(v); ok {
		return stream{items: items, n: -1, whole: v}, nil
	}
	// A predicate made it something else. jsonata goes on as if it were an
	// array: of the characters of a string, of nothing for the rest.
	text, _ := v.(string)
	out := stream{n: -1, whole: v}
	for _, r := range text {
		out.items = append(out.items, string(r))
	}
	return out, nil
}

// apply applies a step to each value of s.
func (st *step) apply(ev *evaluation, s *stream, f *frame, last bool) (stream, error) {
	if st.order != nil {
		return st.sorted(ev, s, f)
	}
	var first any = Undefined
	var out []any
	count := 0
	n := s.len()
	for i := range n {
		v, err := st.one(ev, s.at(i), f)
		if err != nil {
			return stream{}, err
		}
		if IsUndefined(v) {
			continue
		}
		count++
		if count == 1 {
			first = v
			continue
		}
		if count == 2 {
			out = flattenInto(make([]any, 0, n), first)
		}
		out = flattenInto(out, v)
	}
	switch count {
	case 0:
		return stream{}, nil
	case 1:
		switch v := first.(type) {
		case []any:
			if last {
				return stream{items: v, n: -1, whole: v}, nil
			}
			return several(v), nil
		case *list:
			if last && !v.seq {
				return stream{items: v.items, n: -1, whole: v}, nil
			}
			if v.cons {
				return single(v), nil
			}
			return several(v.items), nil
		}
		return single(first), nil
	}
	return several(out), ev.allocate(len(out), 8)
}

// sorted is the stream in order, and then what its predicates leave of it.
func (st *step) sorted(ev *evaluation, s *stream, f *frame) (stream, error) {
	out := *s
	if s.len() > 1 {
		sorted, err := st.order.sort(ev, s.slice(), f)
		if err != nil {
			return stream{}, err
		}
		out = stream{items: sorted, n: -1, whole: sorted}
	}
	for i := range st.stages {
		v, err := st.stages[i].filter.apply(ev, out.slice(), f)
		if err != nil {
			return stream{}, err
		}
		switch v := v.(type) {
		case []any: // the element at an index, when it is an array
			out = stream{items: v, n: -1, whole: v}
		case *list:
			if out = several(v.items); !v.seq {
				out.whole = v
			}
		}
	}
	return out, nil
}

// one applies the step to one value.
func (st *step) one(ev *evaluation, item any, f *frame) (v any, err error) {
	if st.plain {
		if ev.depth >= ev.maxDepth {
			return nil, &Error{Message: stackOverflow}
		}
		v = unwrap(ev.member(item, st.field))
	} else if v, err = ev.eval(st.node, item, f); err != nil {
		return nil, err
	}
	for i := range st.stages {
		if v, err = st.stages[i].filter.apply(ev, v, f); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// flattenInto appends a value, or the elements of an array.
func flattenInto(out []any, v any) []any {
	switch v := v.(type) {
	case []any:
		return append(out, v...)
	case *list:
		if !v.cons {
			return append(out, v.items...)
		}
	}
	return append(out, v)
}

// filter is a predicate.
type filter struct {
	node    node
	index   float64 // of the element, when it is a literal number
	literal bool
}

// apply selects from v what the predicate holds for. The result is v itself if
// that is no array and has the literal index, the element at the index if that
// is an array, and else a sequence.
func (p *filter) apply(ev *evaluation, v any, f *frame) (any, error) {
	items, ok := elements(v)
	if !ok {
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
	for i, item := range items {
		n, err := p.count(ev, item, i, len(items), f)
		if err != nil {
			return nil, err
		}
		for range n {
			out = append(out, item)
		}
		if n > 0 && IsUndefined(item) {
			ev.inexact = true
		}
	}
	return &list{items: out, seq: true}, ev.allocate(len(out), 8)
}

// at is the element at an index, from the end if it is negative.
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

// count is how many times the predicate selects an item: once where it holds,
// or as often as its numbers name the item's index.
func (p *filter) count(ev *evaluation, item any, i, length int, f *frame) (int, error) {
	v, err := ev.eval(p.node, item, f)
	if err != nil {
		return 0, err
	}
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
