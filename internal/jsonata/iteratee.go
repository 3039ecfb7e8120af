package jsonata

// iteratee calls a function for each of many values. It passes as many
// arguments as the function accepts: the value, its index, and the array.
type iteratee struct {
	ev    *evaluation
	fn    callable
	count int
	whole any
	space [4]any
}

func (c arguments) iteratee(i int) *iteratee {
	it := &iteratee{ev: c.ev, fn: c.function(i), whole: c.value(0)}
	if it.fn != nil {
		it.count = it.fn.arity()
	}
	return it
}

// call calls the function for an element of the array.
func (it *iteratee) call(v any, index int) (any, error) {
	given := append(it.space[:0], v)
	if it.count > 1 {
		given = append(given, float64(index))
	}
	if it.count > 2 {
		given = append(given, it.whole)
	}
	return it.apply(given)
}

// callMember calls the function for a member of the object.
func (it *iteratee) callMember(v any, name string) (any, error) {
	given := append(it.space[:0], v)
	if it.count > 1 {
		given = append(given, name)
	}
	if it.count > 2 {
		given = append(given, it.whole)
	}
	return it.apply(given)
}

func (it *iteratee) apply(given []any) (any, error) {
	if it.fn == nil {
		return nil, &Error{Code: "T1006"}
	}
	if err := it.ev.tick(); err != nil {
		return nil, err
	}
	return it.ev.apply(it.fn, given, nil)
}

// holds returns the truth of the function's result.
func (it *iteratee) holds(v any, err error) (bool, error) {
	if err != nil {
		return false, err
	}
	return it.ev.truth(v)
}
