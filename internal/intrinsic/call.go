// Package intrinsic compiles and evaluates calls of intrinsic functions, such as
// States.Format('{} of {}', $.done, $.all) (Step Functions developer guide,
// "Intrinsic functions for JSONPath states").
//
// Paths among the arguments are the caller's: [Compile] gets a function that
// compiles them, and [Call.Evaluate] one that reads them.
package intrinsic

import (
	"fmt"
	"math/rand/v2"

	"github.com/mapjob/mapjob/internal/number"
)

// Call is a compiled call of an intrinsic function.
type Call struct {
	source    string
	name      string
	function  function
	arguments []argument
}

// argument is a path, a call or a literal.
type argument struct {
	path    fmt.Stringer
	call    *Call
	literal any
}

// Environment is what a call reads while it is evaluated.
type Environment struct {
	// Path returns the value that a path refers to. It gets the path as it was
	// compiled.
	Path func(path fmt.Stringer) (any, error)
	// Random is the source of States.MathRandom and States.UUID.
	// Default: a random one.
	Random *rand.Rand
}

// Error reports why a call could not be evaluated.
type Error struct {
	// Call is the source of the call, which may be nested in another one.
	Call string
	// Path is the path that refers to no value, or nil if the function failed.
	Path fmt.Stringer
	// Err is what the function or the path said.
	Err error
}

// Error returns the call and the reason.
func (e *Error) Error() string { return e.Call + ": " + e.Err.Error() }

// Unwrap returns what the function or the path said.
func (e *Error) Unwrap() error { return e.Err }

// String returns the source of the call.
func (c *Call) String() string { return c.source }

// Evaluate calls the function. The error is an [*Error].
func (c *Call) Evaluate(env *Environment) (any, error) {
	if n := len(c.arguments); n < c.function.least || c.function.most >= 0 && n > c.function.most {
		return nil, &Error{Call: c.source, Err: fmt.Errorf("got %s, expected %s", number.Of(n, "argument"), c.function.count())}
	}
	arguments := make([]any, len(c.arguments))
	for i, a := range c.arguments {
		var err error
		switch {
		case a.path != nil:
			if arguments[i], err = env.Path(a.path); err != nil {
				return nil, &Error{Call: c.source, Path: a.path, Err: err}
			}
		case a.call != nil:
			if arguments[i], err = a.call.Evaluate(env); err != nil {
				return nil, err
			}
		default:
			arguments[i] = a.literal
		}
	}
	v, err := c.function.call(env, arguments)
	if err != nil {
		return nil, &Error{Call: c.source, Err: err}
	}
	return v, nil
}
