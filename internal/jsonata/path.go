package jsonata

// path evaluates a.b.c. Each step is applied to each value of the step before
// it, and its results are flattened by one level.
type path struct {
	steps      []step
	fromInput  bool // the first step applies to each element of an input array
	keep       bool // a sequence of one value stays an array
	keepCons   bool // the array of an array constructor becomes a sequence of one value
	tuple      bool // an outer path uses the variables that the steps bind
	group      *group
	firstTuple int // the index of the first step that binds variables, or len(steps)
}

// step is one step of a path.
type step struct {
	node   node
	field  string // the name, if plain
	plain  bool   // the step is a field and nothing else
	cons   bool   // the step is an array constructor
	order  *order
	stages []stageNode

	binds    bool
	focus    symbol // 0 if there is none
	index    symbol
	ancestor symbol
}

// stageNode is a predicate of a step, or an index binding.
type stageNode struct {
	filter *filter
	index  symbol
}

func (p *path) eval(ev *evaluation, input any, f *frame) (any, error) {
	s := single(input)
	if items, ok := elements(input); ok && p.fromInput {
		s = several(items)
	}
	for i := range p.steps[:p.firstTuple] {
		st := &p.steps[i]
		var err error
		if i == 0 && st.cons {
			s, err = st.construct(ev, p.asArray(input), f)
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
		return p.evalTuples(ev, &s, input, f)
	}
	return p.finish(ev, &s, f)
}

// asArray returns the input of the path as an array.
func (p *path) asArray(input any) any {
	if p.fromInput && isArray(input) {
		return input
	}
	return &list{items: []any{input}, seq: true}
}

// finish returns the result of the path, given what its last step yields.
func (p *path) finish(ev *evaluation, s *stream, f *frame) (any, error) {
	if p.group != nil {
		return p.group.eval(ev, s.slice(), f)
	}
	return s.result(p.keep, p.keepCons), nil
}

// construct evaluates an array constructor that is the first step. It evaluates
// the constructor once for the whole input, and does not flatten the array.
func (st *step) construct(ev *evaluation, context any, f *frame) (stream, error) {
	v, err := ev.eval(st.node, context, f)
	if err != nil || IsUndefined(v) {
		return stream{}, err
	}
	if items, ok := elements(v); ok {
		return stream{items: items, n: -1, whole: v}, nil
	}
	// A predicate made the value something other than an array. jsonata treats
	// a string as an array of its characters, and any other value as empty.
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
	first := Undefined
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
		if err := ev.allocate(len(out), 8); err != nil {
			return stream{}, err
		}
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
	return several(out), nil
}

// sorted sorts the stream, and applies the predicates of the step.
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
		case []any: // an element that is an array
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
	} else {
		ev.collect(v)
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
