package jsonata

// stream holds what a step yields: no value, one value, or the elements of
// items. If whole is not nil, it is the result of a path that ends here.
type stream struct {
	items []any
	one   any
	n     int // the number of values, or -1 if they are in items
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

// result returns the stream as a value.
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
