package asl

import (
	"math/rand/v2"
	"time"

	"github.com/mapjob/mapjob/internal/value"
)

// Scope is what an expression sees while a state machine runs. The engine
// fills one in for each evaluation; the zero Scope is that of a state with a
// null input.
type Scope struct {
	// Input is $states.input, and what "$" stands for in JSONPath.
	Input any
	// Result is $states.result, seen where HasResult is true.
	Result    any
	HasResult bool
	// ErrorOutput is $states.errorOutput, seen where HasErrorOutput is true.
	ErrorOutput    any
	HasErrorOutput bool
	// Context makes the context object, $states.context and "$$". It is called
	// when an expression looks at it, which most do not.
	Context   func() *value.Object
	Variables *Variables
	Now       time.Time
	Random    *rand.Rand
}

// Variables are the variables of a flow of states, inside those of the flow
// around it. They are immutable: Assign makes new ones.
type Variables struct {
	outer  *Variables
	values *value.Object
}

// Get is the value of a variable and whether it was ever assigned.
func (v *Variables) Get(name string) (any, bool) {
	for ; v != nil; v = v.outer {
		if x, ok := v.values.Get(name); ok {
			return x, true
		}
	}
	return nil, false
}

// Inner is an empty scope from which the outer variables can be read.
func (v *Variables) Inner() *Variables {
	if v == nil || v.values.Len() == 0 {
		return v
	}
	return &Variables{outer: v}
}

// With are the variables after an assignment.
func (v *Variables) With(assigned *value.Object) *Variables {
	if assigned.Len() == 0 {
		return v
	}
	next := &Variables{values: assigned}
	if v != nil {
		next.outer = v.outer
		if v.values.Len() > 0 {
			next.values = v.values.Clone()
			for name, x := range assigned.All() {
				next.values.Set(name, x)
			}
		}
	}
	return next
}

// All are the variables of the innermost scope.
func (v *Variables) All() *value.Object {
	if v == nil {
		return nil
	}
	return v.values
}

// EvaluationError is an expression that could not be evaluated.
type EvaluationError struct {
	// Name is the error that the state machine sees, such as
	// States.QueryEvaluationError.
	Name string
	// Field is the field of the state, such as Arguments/Payload.
	Field   string
	Message string
}

func (e *EvaluationError) Error() string { return e.Name + ": " + e.Message }

// The errors of evaluation.
const (
	errQuery   = "States.QueryEvaluationError"
	errRuntime = "States.Runtime"
)
