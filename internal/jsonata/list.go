package jsonata

// list is an array that the expression made. An array of the input is a plain
// []any. An expression sees both as arrays.
//
// A result that is a sequence of one value stands for that value, and an empty
// sequence for no value, see [unwrap].
type list struct {
	items []any
	seq   bool // the list is a sequence
	keep  bool // a sequence of one value stays an array, because [] follows it
	cons  bool // an array constructor at an end of a path made the list: a step does not flatten it
	outer bool // the list wraps an input that is an array: $ is its only item
}

// elements returns the elements of an array, and reports whether v is an array.
func elements(v any) ([]any, bool) {
	switch v := v.(type) {
	case []any:
		return v, true
	case *list:
		return v.items, true
	}
	return nil, false
}

func isArray(v any) bool {
	_, ok := elements(v)
	return ok
}

// each returns the elements of an array, or v as the only element.
func each(v any) []any {
	if items, ok := elements(v); ok {
		return items
	}
	return []any{v}
}

// unwrap returns the value that a result stands for.
func unwrap(v any) any {
	if l, ok := v.(*list); ok && l.seq {
		switch {
		case len(l.items) == 0:
			return Undefined
		case len(l.items) == 1 && !l.keep:
			return l.items[0]
		}
	}
	return v
}

// keptArray marks a sequence, so that it stays an array even with one element.
func keptArray(v any) any {
	if l, ok := v.(*list); ok && l.seq && !l.keep {
		kept := *l
		kept.keep = true
		return &kept
	}
	return v
}

// joining is a value to which others are joined.
type joining struct {
	value any
	own   bool // the value is an array that nothing else refers to
}

// join joins a value, as joined does, within the memory limit.
func (ev *evaluation) join(to *joining, v any) error {
	switch {
	case IsUndefined(v):
		return nil
	case IsUndefined(to.value):
		to.value = v
		return nil
	case to.own:
		to.value = append(to.value.([]any), each(v)...)
	default:
		to.value, to.own = joined(to.value, v), true
	}
	if err := ev.allocate(len(each(to.value)), 8); err != nil {
		return err
	}
	return ev.tick()
}

// joined returns the elements of a, followed by those of b. A value that is not
// an array counts as one element, and Undefined as none.
func joined(a, b any) any {
	if IsUndefined(a) {
		return b
	}
	if IsUndefined(b) {
		return a
	}
	x, y := each(a), each(b)
	return append(append(make([]any, 0, len(x)+len(y)), x...), y...)
}
