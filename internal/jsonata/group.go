package jsonata

import "github.com/mapjob/mapjob/internal/value"

// group evaluates an object constructor, which may group the values of the
// expression before it by key.
type group struct {
	keys, values []node
	distinct     bool // all keys are different literal strings
	pos          int
}

// collected holds the values of one key.
type collected struct {
	data   joining
	tuples []tuple
	pair   int // the index of the key in the constructor
}

// eval groups the items.
func (g *group) eval(ev *evaluation, items []any, f *frame) (any, error) {
	if len(items) == 0 {
		items = []any{Undefined}
	}
	if len(items) == 1 {
		return g.single(ev, items[0], f)
	}
	var order []string
	groups := make(map[string]*collected)
	for _, item := range items {
		for i := range g.keys {
			key, ok, err := g.key(ev, i, item, f)
			if err != nil {
				return nil, err
			}
			if !ok {
				continue
			}
			c := groups[key]
			if c == nil {
				groups[key] = &collected{data: joining{value: item}, pair: i}
				order = append(order, key)
				continue
			}
			if c.pair != i {
				return nil, g.duplicate(key)
			}
			if err := ev.join(&c.data, item); err != nil {
				return nil, err
			}
		}
	}
	object := &value.Object{}
	for _, key := range order {
		c := groups[key]
		if err := g.set(ev, object, key, c.pair, c.data.value, f); err != nil {
			return nil, err
		}
	}
	return object, nil
}

// single builds the object of a single item. It evaluates all keys first,
// because a duplicate is an error before any value is evaluated.
func (g *group) single(ev *evaluation, item any, f *frame) (any, error) {
	object := value.WithCapacity(len(g.keys))
	if g.distinct {
		for i := range g.keys {
			if err := g.set(ev, object, g.keys[i].(*literal).value.(string), i, item, f); err != nil {
				return nil, err
			}
		}
		return object, nil
	}
	type pair struct {
		key string
		i   int
	}
	pairs := make([]pair, 0, len(g.keys))
	for i := range g.keys {
		key, ok, err := g.key(ev, i, item, f)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		for _, p := range pairs {
			if p.key == key {
				return nil, g.duplicate(key)
			}
		}
		pairs = append(pairs, pair{key, i})
	}
	for _, p := range pairs {
		if err := g.set(ev, object, p.key, p.i, item, f); err != nil {
			return nil, err
		}
	}
	return object, nil
}

func (g *group) key(ev *evaluation, i int, item any, f *frame) (string, bool, error) {
	if l, ok := g.keys[i].(*literal); ok {
		if s, ok := l.value.(string); ok {
			return s, true, nil
		}
	}
	v, err := ev.eval(g.keys[i], item, f)
	if err != nil || IsUndefined(v) {
		return "", false, err
	}
	s, ok := v.(string)
	if !ok {
		return "", false, &Error{Code: "T1003", Position: g.pos, Value: v}
	}
	return s, true, nil
}

func (g *group) duplicate(key string) error {
	return &Error{Code: "D1009", Position: g.pos, Value: key}
}

func (g *group) set(ev *evaluation, object *value.Object, key string, pair int, context any, f *frame) error {
	v, err := ev.eval(g.values[pair], context, f)
	if err != nil || IsUndefined(v) {
		return err
	}
	ev.store(v)
	object.Set(key, v)
	return nil
}

// evalTuples groups tuples. A value sees the variables of all tuples with its
// key.
func (g *group) evalTuples(ev *evaluation, current []tuple, f *frame) (any, error) {
	var order []string
	groups := make(map[string]*collected)
	for i := range current {
		t := &current[i]
		scope := t.frame(ev, f)
		for j := range g.keys {
			key, ok, err := g.key(ev, j, t.context, scope)
			if err != nil {
				return nil, err
			}
			if !ok {
				continue
			}
			c := groups[key]
			if c == nil {
				c = &collected{pair: j}
				groups[key] = c
				order = append(order, key)
			} else if c.pair != j {
				return nil, g.duplicate(key)
			}
			c.tuples = append(c.tuples, *t)
		}
	}
	object := &value.Object{}
	for _, key := range order {
		t, err := ev.merge(groups[key].tuples)
		if err != nil {
			return nil, err
		}
		if err := g.set(ev, object, key, groups[key].pair, t.context, t.frame(ev, f)); err != nil {
			return nil, err
		}
	}
	return object, nil
}
