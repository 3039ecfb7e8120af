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
	// Context makes the context object, $states.context and "$$". It is called
	// only if an expression reads it; most do not.
	Context   func() *value.Object
	Variables *Variables
	Now       time.Time
	Random    *rand.Rand
	// MaxSteps bounds the work of a JSONata expression. If it is 0, the bound is
	// the second that AWS allows.
	MaxSteps uint
}
