// Package expression compiles and evaluates what the fields of a state compute:
// JSONata expressions, JSONPaths, intrinsic functions, payload templates and the
// conditions of Choice states.
//
// What is compiled is immutable. What changes while a state machine runs is in a
// [Scope].
package expression

import (
	"math/rand/v2"
	"time"

	"github.com/mapjob/mapjob/internal/value"
)

// Context is the context object. Most expressions read one member of it, or none: so
// it is made only for those that need all of it.
type Context interface {
	// Object returns the whole object.
	Object() *value.Object
	// Member returns the value to which names lead, one after the other.
	Member(names []string) (v any, ok bool)
}

// ContextFunc is a [Context] that is made for each expression which reads it.
type ContextFunc func() *value.Object

// Object implements [Context].
func (f ContextFunc) Object() *value.Object { return f() }

// Member implements [Context].
func (f ContextFunc) Member(names []string) (any, bool) { return value.Member(f(), names) }

// Scope is what an expression can read. The engine makes one for each
// evaluation; the zero Scope has a null input.
type Scope struct {
	// Input is $states.input, and "$" in JSONPath.
	Input any
	// Result is $states.result if HasResult is true.
	Result    any
	HasResult bool
	// ErrorOutput is $states.errorOutput if HasErrorOutput is true.
	ErrorOutput    any
	HasErrorOutput bool
	// Context is the context object, $states.context and "$$"; nil for none.
	Context   Context
	Variables *Variables
	Now       time.Time
	Random    *rand.Rand
	// MaxSteps bounds the work of a JSONata expression. If it is 0, the bound is
	// the second that AWS allows.
	MaxSteps uint
}
