package jsonata

import (
	"strings"

	"github.com/mapjob/mapjob/internal/jsonata/internal/syntax"
)

// native is a built-in function.
type native struct {
	name       string
	signature  *syntax.Signature // nil if run checks the arguments
	parameters int               // the number that $map and its like see
	run        func(c arguments) (any, error)
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

// parameterCount returns the number of parameters that a partial application can
// fill. $string takes one more than it declares to $map and its like. A function
// without parameters, or with any number of them, has one that can be filled.
func (n *native) parameterCount() int {
	if n.signature == nil {
		return n.parameters
	}
	if n.name == "string" {
		return 2
	}
	return max(n.parameters, 1)
}

// callUnchecked calls the function without its signature. An argument whose type
// the function does not accept is refused nevertheless.
func (n *native) callUnchecked(ev *evaluation, list []any) (any, error) {
	if n.signature != nil {
		for i, a := range list {
			if IsUndefined(a) || len(n.signature.Parameters) == 0 {
				continue
			}
			p := n.signature.Parameters[min(i, len(n.signature.Parameters)-1)]
			kind := letter(a)
			if p.Array && kind != 'a' || strings.IndexByte(p.Types, kind) < 0 || p.Subtyped && kind == 'a' && !hasElements(&p, a) {
				return nil, mismatch(a, i+1)
			}
		}
	}
	ev.passed(list)
	return n.run(arguments{ev, list})
}

// builtins holds the functions of jsonata 2.0.6 and of Step Functions by name.
// It lacks $eval, which Step Functions does not have.
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

// isBuiltin reports whether a built-in function has the name.
func isBuiltin(name string) bool { return builtins[name] != nil }

func function(name, types string, parameters int, run func(arguments) (any, error)) *native {
	return &native{name, mustSignature(types), parameters, run}
}
