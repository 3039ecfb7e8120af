// Package jsonata is the JSONata expression language, release 2.0.6, as AWS
// Step Functions runs it. An expression is compiled once and evaluated many
// times, by any number of goroutines at once.
//
// The language is that of docs.jsonata.org, and its corners and error messages
// are those that the reference implementation gave to the cases in testdata.
// What Step Functions adds to it and takes away is in the AWS page "Transforming
// data with JSONata in Step Functions". Beyond that, it differs from the
// reference in this:
//
//   - Members keep their order, also those with names like "10", which
//     JavaScript moves to the front.
//   - Elements of an array and members of an object are evaluated one after the
//     other, not at once.
//   - Numbers that a float64 does not hold pass through as they are. Those that
//     JSON lacks leave as the strings "Infinity", "-Infinity" and "NaN".
//   - Evaluation is bounded as AWS bounds it, see [DefaultMaxDepth].
//   - A predicate after a block applies to the block's value also where the block
//     ends a function's body with a call.
//   - The update of a transform can't make an object contain itself.
//   - Text is Unicode: half a surrogate pair does not exist.
package jsonata

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mapjob/mapjob/internal/jsonata/internal/syntax"
)

// Expression is a compiled expression. It is immutable and safe for
// concurrent use.
type Expression struct {
	source    string
	root      node
	plain     *plainPath // the whole expression, if it is a plain path
	symbols   []string   // the names of all variables, by symbol
	natives   []*native  // the built-in functions of these names, by symbol
	variables []string   // the free ones
	usesInput bool

	evaluations sync.Pool // of *evaluation
}

// Environment is what an evaluation sees of the world. The zero Environment has
// JSON null for an input, no variables, and the zero time.
type Environment struct {
	// Context stops the evaluation when it is cancelled or past its deadline.
	// Nil never stops it.
	Context context.Context
	// Input is what $ and $$ stand for and where paths start. [Undefined] is no
	// input; nil is JSON null.
	Input any
	// Variable looks up a variable that the expression does not bind itself,
	// by its name without the dollar sign. It is asked before the built-in
	// functions, and at most once per name and evaluation.
	Variable func(name string) (any, bool)
	// Now is the time of $now() and $millis().
	Now time.Time
	// Random is the source of $random(), $uuid() and $shuffle(). Nil is the
	// runtime's own.
	Random *rand.Rand
	// MaxDepth bounds nested evaluation. 0 is [DefaultMaxDepth].
	MaxDepth int
}

type undefined struct{}

// Undefined is the value of an expression that has none: JSON null is
// something else. It is never an element or a member of a result.
var Undefined any = undefined{}

// IsUndefined reports whether v is [Undefined].
func IsUndefined(v any) bool { _, ok := v.(undefined); return ok }

// Function is the value of an expression that is a function, and no JSON value.
// One that is an element or a member of a result is an empty string there, as
// $string has it.
type Function struct{}

// Compile parses an expression. The error is an [*Error].
func Compile(source string) (*Expression, error) {
	valid := strings.ToValidUTF8(source, "\uFFFD")
	tree, err := syntax.Parse(valid)
	if err != nil {
		return nil, newSyntaxError(err).finish(valid)
	}
	c := &compiler{symbols: map[string]symbol{}, names: []string{""}} // no variable is number 0
	e := &Expression{source: source, root: c.node(tree), variables: slices.DeleteFunc(syntax.FreeVariables(tree), isBuiltin), usesInput: syntax.UsesInput(tree, true)}
	e.symbols = c.names
	e.natives = make([]*native, len(c.names))
	for i, name := range c.names {
		e.natives[i] = builtins[name]
	}
	switch root := e.root.(type) {
	case *plainPath:
		e.plain = root
	case *field:
		e.plain = &plainPath{steps: []Step{{Field: root.name}}, general: root.general}
	}
	return e, nil
}

// Source is the text that was compiled.
func (e *Expression) Source() string { return e.source }

// Variables are the names, without the dollar sign, of the variables that the
// expression uses but does not bind, less the built-in functions: $states and
// the variables of a workflow, in the order in which they first occur. $ and $$
// are not among them, see [Expression.UsesInput].
func (e *Expression) Variables() []string { return e.variables }

// UsesInput reports whether the expression refers to its input: by $$, or by $
// or a field where nothing else is the context. Step Functions has no input for
// an expression other than $states, and refuses such a definition.
func (e *Expression) UsesInput() bool { return e.usesInput }

// Path is the expression as a plain path: the name of the variable it starts at
// ("" for the input), and the steps from there. It reports false if the
// expression is anything else.
func (e *Expression) Path() (variable string, steps []Step, ok bool) {
	if e.plain == nil {
		return "", nil, false
	}
	return e.plain.name, e.plain.steps, true
}

// Eval evaluates the expression. The result may be [Undefined], and is
// otherwise a value of package value. The error is an [*Error].
//
// Values given in are never changed, and the result may share parts with them.
func (e *Expression) Eval(env *Environment) (any, error) {
	if p := e.plain; p != nil && p.variable && !p.context && p.name != "$" && (env.MaxDepth == 0 || env.MaxDepth > 2) && env.Variable != nil {
		if v, ok := env.Variable(p.name); ok {
			if v, ok = p.walk(v); ok {
				return v, nil
			}
		}
	}
	v, err := e.run(env)
	if err != nil {
		var failure *Error
		if errors.As(err, &failure) {
			return nil, failure.finish(e.source)
		}
		return nil, err
	}
	return v, nil
}
