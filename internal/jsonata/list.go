package jsonata

// list is an array that the language made, with what it remembers about it. An
// array of the input is a plain []any. Both are arrays to an expression.
//
// A sequence of one value stands for that value, and an empty one for nothing,
// wherever the result of an expression is taken, see [unwrap].
type list struct {
	items []any
	seq   bool // a sequence
	keep  bool // a sequence of one value stays an array: [] was written after it
	cons  bool // made by an array constructor at an end of a path: a step does not flatten it
	outer bool // the wrapping of an input that is an array: $ is what it holds
}

// elements are those of an array.
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

// each is the elements of an array, or the single value.
func each(v any) []any {
	if items, ok := elements(v); ok {
		return items
	}
	return []any{v}
}

// unwrap is the value that a result stands for.
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

// keptArray marks a sequence so that it stays an array even with one element.
func keptArray(v any) any {
	if l, ok := v.(*list); ok && l.seq && !l.keep {
		kept := *l
		kept.keep = true
		return &kept
	}
	return v
}

// joined is the elements of a followed by those of b, where a value that is no
// array counts as one element, and Undefined as none.
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
