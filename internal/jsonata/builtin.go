package jsonata

import "github.com/mapjob/mapjob/internal/jsonata/internal/syntax"

// native is a built-in function.
type native struct {
	name       string
	signature  *syntax.Signature // nil: run checks the arguments itself
	parameters int               // what $map and its like take for the number of parameters
	run        func(c arguments) (any, error)
}

// arguments are those of one call of a built-in function, after they have been
// checked against its signature: Undefined where one is missing.
type arguments struct {
	ev   *evaluation
	list []any
}

func (n *native) arity() int { return n.parameters }

func (n *native) call(ev *evaluation, list []any, input any) (any, error) {
	if n.signature != nil {
		var err error
		if list, err = validate(n.signature, list, input); err != nil {
			return nil, err
		}
	}
	ev.passed(list)
	return n.run(arguments{ev, list})
}

// builtins are the functions of jsonata 2.0.6 and of Step Functions, less
// $eval, which Step Functions does not have: calling it is calling no function.
var builtins = builtinsByName()

func builtinsByName() map[string]*native {
	all := map[string]*native{}
	for _, group := range [][]*native{stringFunctions, numberFunctions, arrayFunctions, objectFunctions, valueFunctions, higherOrderFunctions, timeFunctions, stepFunctions} {
		for _, n := range group {
			all[n.name] = n
		}
	}
	return all
}

func isBuiltin(name string) bool { return builtins[name] != nil }

func function(name, types string, parameters int, run func(arguments) (any, error)) *native {
	return &native{name, mustSignature(types), parameters, run}
}

// missing reports whether an argument was left out.
func (c arguments) missing(i int) bool { return i >= len(c.list) || IsUndefined(c.list[i]) }

func (c arguments) value(i int) any {
	if i >= len(c.list) {
		return Undefined
	}
	return c.list[i]
}

func (c arguments) string(i int) string {
	s, _ := c.value(i).(string)
	return s
}

func (c arguments) number(i int) float64 {
	n, _ := toFloat(c.value(i))
	return n
}

func (c arguments) items(i int) []any {
	items, _ := elements(c.value(i))
	return items
}

func (c arguments) function(i int) callable {
	f, _ := c.value(i).(callable)
	return f
}

// text is a string as a result, accounted for.
func (c arguments) text(s string) (any, error) {
	return s, c.ev.allocate(len(s), 1)
}

// sequence is a sequence as a result, accounted for.
func (c arguments) sequence(items []any) (any, error) {
	return &list{items: items, seq: true}, c.ev.allocate(len(items), 8)
}

// array is a plain array as a result, accounted for.
func (c arguments) array(items []any) (any, error) {
	if items == nil {
		items = []any{}
	}
	for _, item := range items {
		c.ev.store(item)
	}
	return items, c.ev.allocate(len(items), 8)
}

// iteratee calls a function for each of many values with as many arguments as
// it takes: the value, its index, and the array that it is in.
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

// holds is the truth of what the function says.
func (it *iteratee) holds(v any, err error) (bool, error) {
	if err != nil {
		return false, err
	}
	return it.ev.truth(v)
}
