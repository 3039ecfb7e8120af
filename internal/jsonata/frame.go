package jsonata

// symbol is a variable's name, numbered within its expression.
type symbol int32

// binding is the value of a variable in a scope.
type binding struct {
	symbol symbol
	value  any
}

// frame is a scope: of a block, a call of a function, or an item whose
// variables @, # and % have bound.
type frame struct {
	parent   *frame
	bindings []binding
	few      [2]binding // room for the first bindings
}

// newFrame is a scope with room for n bindings.
func (ev *evaluation) newFrame(parent *frame, n int) *frame {
	f := ev.spare
	if f == nil {
		f = &frame{}
	} else {
		ev.spare = nil
	}
	f.parent = parent
	if n <= len(f.few) {
		f.bindings = f.few[:0]
	} else {
		f.bindings = make([]binding, 0, n)
	}
	return f
}

// recycle takes back a scope that nothing refers to any more.
func (ev *evaluation) recycle(f *frame) {
	*f = frame{}
	ev.spare = f
}

// bind sets a variable in this scope, and no other.
func (f *frame) bind(s symbol, v any) {
	for i := range f.bindings {
		if f.bindings[i].symbol == s {
			f.bindings[i].value = v
			return
		}
	}
	f.bindings = append(f.bindings, binding{s, v})
}

// lookup is the value that the innermost scope to bind the variable gives it,
// or what the world gives it.
func (ev *evaluation) lookup(s symbol, f *frame) any {
	for ; f != nil; f = f.parent {
		for i := range f.bindings {
			if f.bindings[i].symbol == s {
				return f.bindings[i].value
			}
		}
	}
	return ev.free(s)
}

// free is the value of a variable that no scope of the expression binds: one
// of the environment's, or else a built-in function. The environment is asked
// once per evaluation.
func (ev *evaluation) free(s symbol) any {
	if v := &ev.frees[s]; v.known {
		return v.value
	}
	name := ev.expression.symbols[s]
	v := Undefined
	if name == "$" {
		v = ev.root
	} else if x, ok := ev.variable(name); ok {
		v = x
	} else if fn := ev.expression.natives[s]; fn != nil {
		v = fn
	}
	ev.frees[s] = freeVariable{v, true}
	return v
}

func (ev *evaluation) variable(name string) (any, bool) {
	if ev.env.Variable == nil {
		return nil, false
	}
	return ev.env.Variable(name)
}
