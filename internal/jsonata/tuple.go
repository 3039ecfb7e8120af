package jsonata

import "slices"

// tuple is one value on its way along a path, with the variables that @, # and
// % bind for it.
type tuple struct {
	context  any
	bindings []binding
}

// tuples is the result of a path inside a path whose steps bind variables. Only
// the outer path, and a block or a predicate between the two, see it. To any
// other node it is the sequence of its contexts, see [evaluation.eval].
type tuples struct{ items []tuple }

// contexts returns the values without their variables.
func (t *tuples) contexts() *list {
	items := make([]any, len(t.items))
	for i := range t.items {
		items[i] = t.items[i].context
	}
	return &list{items: items, seq: true}
}

// with returns a copy of the tuple's bindings with further ones added.
func (t *tuple) with(bindings ...binding) []binding {
	out := append(make([]binding, 0, len(t.bindings)+len(bindings)), t.bindings...)
	for _, b := range bindings {
		out = set(out, b)
	}
	return out
}

func set(bindings []binding, b binding) []binding {
	for i := range bindings {
		if bindings[i].symbol == b.symbol {
			bindings[i].value = b.value
			return bindings
		}
	}
	return append(bindings, b)
}

// frame returns a scope that binds the tuple's variables.
func (t *tuple) frame(ev *evaluation, parent *frame) *frame {
	f := ev.newFrame(parent, len(t.bindings))
	f.bindings = append(f.bindings, t.bindings...)
	return f
}

// evalTuples evaluates the path from the first step on that binds a variable.
func (p *path) evalTuples(ev *evaluation, s *stream, input any, f *frame) (any, error) {
	var current []tuple
	started := false
	for i := p.firstTuple; i < len(p.steps); i++ {
		st := &p.steps[i]
		if i == 0 && st.cons {
			v, err := st.construct(ev, p.asArray(input), f)
			if err != nil {
				return nil, err
			}
			if st.focus == 0 { // @ does not change the context
				*s = v
			}
			continue
		}
		var err error
		if current, err = st.applyTuples(ev, s, current, started, f); err != nil {
			return nil, err
		}
		started = true
	}
	if p.group != nil {
		return p.group.evalTuples(ev, current, f)
	}
	all := &tuples{current}
	if p.tuple {
		return all, nil
	}
	out := several(all.contexts().items)
	return out.result(p.keep, p.keepCons), nil
}

// applyTuples applies a step to each tuple. If started is false, it applies the
// step to each value of s.
func (st *step) applyTuples(ev *evaluation, s *stream, current []tuple, started bool, f *frame) ([]tuple, error) {
	if st.order != nil {
		sorted, err := st.orderTuples(ev, s, current, started, f)
		if err != nil {
			return nil, err
		}
		return st.stageTuples(ev, sorted, f)
	}
	if !started {
		current = make([]tuple, s.len())
		for i := range current {
			current[i].context = s.at(i)
		}
	}
	var out []tuple
	for i := range current {
		t := &current[i]
		v, err := ev.evalTuples(st.node, t.context, t.frame(ev, f))
		if err != nil {
			return nil, err
		}
		if IsUndefined(v) {
			continue
		}
		if inner, ok := v.(*tuples); ok {
			if err := ev.allocate(len(out)+len(inner.items), 8); err != nil {
				return nil, err
			}
			for j := range inner.items {
				merged := tuple{context: inner.items[j].context, bindings: t.with(inner.items[j].bindings...)}
				out = append(out, st.bindTuple(merged, t, nil, j))
			}
			continue
		}
		ev.collect(v)
		items := each(v)
		if err := ev.allocate(len(out)+len(items), 8); err != nil {
			return nil, err
		}
		for j, item := range items {
			out = append(out, st.bindTuple(tuple{bindings: t.bindings}, t, &item, j))
		}
	}
	return st.stageTuples(ev, out, f)
}

// bindTuple completes the tuple of a value that the step yields. item is nil if
// the tuple comes from a path inside the step and has its own context.
func (st *step) bindTuple(next tuple, from *tuple, item *any, i int) tuple {
	var bound [3]binding
	n := 0
	if item != nil {
		if st.focus != 0 {
			bound[n] = binding{st.focus, *item}
			n++
			next.context = from.context
		} else {
			next.context = *item
		}
		if st.index != 0 {
			bound[n] = binding{st.index, float64(i)}
			n++
		}
		if st.ancestor != 0 {
			bound[n] = binding{st.ancestor, from.context}
			n++
		}
	}
	if n > 0 {
		next.bindings = next.with(bound[:n]...)
	}
	return next
}

func (st *step) orderTuples(ev *evaluation, s *stream, current []tuple, started bool, f *frame) ([]tuple, error) {
	if started {
		return st.order.sortTuples(ev, current, f)
	}
	sorted, err := st.order.sort(ev, s.slice(), f)
	if err != nil {
		return nil, err
	}
	out := make([]tuple, len(sorted))
	for i := range sorted {
		out[i] = tuple{context: sorted[i]}
		if st.index != 0 {
			out[i].bindings = []binding{{st.index, float64(i)}}
		}
	}
	return out, nil
}

func (st *step) stageTuples(ev *evaluation, current []tuple, f *frame) ([]tuple, error) {
	for i := range st.stages {
		stage := &st.stages[i]
		if stage.filter == nil {
			for j := range current {
				current[j].bindings = current[j].with(binding{stage.index, float64(j)})
			}
			continue
		}
		var err error
		if current, err = stage.filter.applyTuples(ev, current, f); err != nil {
			return nil, err
		}
	}
	return current, nil
}

// merge combines tuples into one. It joins the values of each variable, and the
// contexts.
func (ev *evaluation) merge(group []tuple) (tuple, error) {
	if len(group) == 1 {
		return group[0], nil
	}
	context := joining{value: group[0].context}
	symbols := make([]symbol, 0, len(group[0].bindings))
	values := make([]joining, 0, len(group[0].bindings))
	for _, b := range group[0].bindings {
		symbols, values = append(symbols, b.symbol), append(values, joining{value: b.value})
	}
	for _, t := range group[1:] {
		if err := ev.join(&context, t.context); err != nil {
			return tuple{}, err
		}
		for _, b := range t.bindings {
			i := slices.Index(symbols, b.symbol)
			if i < 0 {
				i = len(symbols)
				symbols, values = append(symbols, b.symbol), append(values, joining{value: Undefined})
			}
			if err := ev.join(&values[i], b.value); err != nil {
				return tuple{}, err
			}
		}
	}
	out := tuple{context: context.value, bindings: make([]binding, len(symbols))}
	for i := range symbols {
		out.bindings[i] = binding{symbols[i], values[i].value}
	}
	return out, nil
}
