// Package jsonata is the JSONata expression language, release 2.0.6, as AWS
// Step Functions runs it. An expression is compiled once and evaluated many
// times, by any number of goroutines at once.
//
// The language is that of docs.jsonata.org. What Step Functions adds and takes
// away is in the AWS page "Transforming data with JSONata in Step Functions".
package jsonata

import (
	"context"
	"math/rand/v2"
	"time"
)

// Expression is a compiled expression. It is immutable and safe for
// concurrent use.
type Expression struct {
	source string
}

// Environment is what an evaluation sees of the world. The zero Environment
// is that of an expression without input at the zero time.
type Environment struct {
	// Context stops the evaluation when it is cancelled or past its deadline.
	// Nil never stops it.
	Context context.Context
	// Input is what $ and $$ stand for and where paths start.
	Input any
	// Variable looks up a variable that the expression does not bind itself,
	// by its name without the dollar sign.
	Variable func(name string) (any, bool)
	// Now is the time of $now() and $millis().
	Now time.Time
	// Random is the source of $random(), $uuid() and $shuffle(). Nil is the
	// runtime's own.
	Random *rand.Rand
	// MaxDepth bounds nested evaluation. 0 is a sound default.
	MaxDepth int
}

// Error is what jsonata 2.0.6 reports, word for word.
type Error struct {
	Code     string // such as T2001; S0… syntax, T0… and T1… types, D… dynamic, U… limits
	Position int    // in the source, in UTF-16 code units, as JavaScript counts
	Token    string // what the source has there
	Value    any    // the offending value
	Message  string
}

// Error is the code and the message.
func (e *Error) Error() string { return e.Code + ": " + e.Message }

type undefined struct{}

// Undefined is the value of an expression that has none: JSON null is
// something else. It is never an element or a member of a result.
var Undefined any = undefined{}

// IsUndefined reports whether v is [Undefined].
func IsUndefined(v any) bool { _, ok := v.(undefined); return ok }

// Compile parses an expression. The error is an [*Error].
func Compile(source string) (*Expression, error) {
	return &Expression{source: source}, nil
}

// Source is the text that was compiled.
func (e *Expression) Source() string { return e.source }

// Variables are the names, without the dollar sign, of the variables that the
// expression uses but neither binds nor finds among the built-in functions.
func (e *Expression) Variables() []string { return nil }

// Eval evaluates the expression. The result may be [Undefined].
func (e *Expression) Eval(env *Environment) (any, error) { return Undefined, nil }
