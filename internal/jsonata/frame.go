package jsonata

// symbol is the number of a variable's name in its expression.
type symbol int32

// binding is a variable with its value in a scope.
type binding struct {
	symbol symbol
	value  any
}

// frame is the scope of a block, of a function call, or of an item for which @,
// # or % binds variables.
type frame struct {
	parent   *frame
	bindings []binding
	few      [2]binding // avoids allocating the first bindings
}

// newFrame returns a scope with room for n bindings.
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

// recycle keeps a scope that is no longer in use for the next call of newFrame.
func (ev *evaluation) recycle(f *frame) {
	*f = frame{}
	ev.spare = f
}

// bind sets a variable in this scope.
func (f *frame) bind(s symbol, v any) {
	for i := range f.bindings {
		if f.bindings[i].symbol == s {
			f.bindings[i].value = v
			return
		}
	}
	f.bindings = append(f.bindings, binding{s, v})
}

// lookup returns the value of a variable in the innermost scope that binds it.
// If no scope binds it, the variable is free.
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

// free returns the value of a free variable: from the environment, or else a
// built-in function. It asks the environment once per evaluation.
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
