// Package jsonata evaluates JSONata 2.0.6 expressions as AWS Step Functions does.
// An expression is compiled once and can be evaluated many times, by several
// goroutines at once.
//
// The language is described at docs.jsonata.org. Results and error messages match
// those of the reference implementation, which are recorded in testdata. The AWS
// page "Transforming data with JSONata in Step Functions" describes what Step
// Functions adds and removes. Other differences from the reference:
//
//   - Members keep their order. JavaScript moves names like "10" to the front.
//   - The elements of an array and the members of an object are evaluated one
//     after the other.
//   - Numbers that a float64 cannot represent pass through unchanged. Numbers that
//     JSON cannot represent become the strings "Infinity", "-Infinity" and "NaN".
//   - Evaluation has the limits of AWS: nesting, memory and time.
//   - A predicate or a grouping after a block applies to the value of the block,
//     even if the block ends a function's body with a call.
//   - The update of a transform must not make an object contain itself.
//   - Whole numbers below 1e21 keep their digits in a string, as on AWS. The
//     reference rounds them to 15 significant digits, like other numbers.
//   - A partially applied built-in function refuses the arguments that its
//     signature does not allow, except missing ones. The reference leaves it to
//     JavaScript what becomes of them.
//   - $string and functions that are passed as arguments can be partially
//     applied, and such a function can take a function as an argument. The
//     reference fails with an internal error, a TypeError of JavaScript, here and
//     wherever an argument that its signature lets through is of no use to it. The
//     result is then another error, or what the documentation suggests.
//   - A value that carries its parents and variables, as the values of
//     (a.b)[%.c] do, is that value for every operator and function, also in a
//     predicate after ^( … ). The reference shows its bookkeeping.
//   - Each member of a grouping by several keys sees its items. In the reference,
//     an item that @, # or % binds something for is missing after the first.
//   - An empty array that is the context of an object constructor stays empty.
//   - Functions have no members, so that a transform can't update an object with
//     one, and their text is empty, also in error messages.
//   - A missing value matches no regular expression.
//   - An error has the position of the call that failed. The reference stores
//     positions in functions, and reports that of a later call of the same one.
//   - $power is exact to the last digit, and with it $parseInteger of letters.
//     The reference is not always.
//   - $base64decode fails if the text is not Base64, as on AWS.
//   - Ranges beyond 2^53, and $formatNumber of zero or a negative number with an
//     exponent, end.
//   - The weeks of the years 0 to 99 are those of these years. The reference takes
//     the years 1900 to 1999 for them, as JavaScript's Date.UTC does.
//   - Strings are Unicode: half a surrogate pair becomes U+FFFD.
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

// Expression represents a compiled expression. It is immutable and safe for
// concurrent use.
type Expression struct {
	source    string
	root      node
	plain     *plainPath // the whole expression as a plain path, or nil
	symbols   []string   // the names of all variables, by symbol
	natives   []*native  // the built-in functions of these names, by symbol
	variables []string   // the names of the free variables
	usesInput bool

	evaluations sync.Pool // of *evaluation
}

// Environment holds what an evaluation can see. In the zero Environment the
// input is JSON null, there are no variables, and the time is zero.
type Environment struct {
	// Context stops the evaluation when the context ends. It may be nil.
	Context context.Context
	// Input is the value of $ and $$, and the start of paths. [Undefined] means
	// no input, nil means JSON null.
	Input any
	// Variable returns the value of a free variable, by its name without the
	// dollar sign. It takes precedence over built-in functions. An evaluation
	// calls it at most once for each name.
	Variable func(name string) (any, bool)
	// Now is the time that $now() and $millis() return.
	Now time.Time
	// Random is the source of $random(), $uuid() and $shuffle(). If it is nil,
	// they use the global source.
	Random *rand.Rand
	// MaxDepth bounds nested evaluation. 0 means 100 levels, as on AWS.
	MaxDepth int
	// MaxSteps bounds the work, as a context cannot if time does not pass. 0 means
	// no limit.
	MaxSteps uint
}

type undefined struct{}

// Undefined is the result of an expression that has no value, which differs
// from JSON null. It is never an element or a member of a result.
var Undefined any = undefined{}

// IsUndefined reports whether v is [Undefined].
func IsUndefined(v any) bool { _, ok := v.(undefined); return ok }

// Function is the result of an expression whose value is a function. Inside an
// array or an object, a function becomes an empty string, as in $string.
type Function struct{}

// Compile parses an expression. The error is an [*Error].
func Compile(source string) (*Expression, error) {
	valid := strings.ToValidUTF8(source, "\uFFFD")
	tree, err := syntax.Parse(valid)
	if err != nil {
		return nil, newSyntaxError(err).finish(valid)
	}
	c := &compiler{symbols: map[string]symbol{}, names: []string{""}} // symbol 0 stands for no variable
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

// Variables returns the names of the free variables, without the dollar sign,
// in order of first use: $states and the variables of a workflow. They do not
// include built-in functions, $ and $$, see [Expression.UsesInput].
func (e *Expression) Variables() []string { return e.variables }

// UsesInput reports whether the expression refers to its input: by $$, or by a
// $ or a field that has no other context. Step Functions refuses such a
// definition, because its expressions have no input except $states.
func (e *Expression) UsesInput() bool { return e.usesInput }

// Path returns the expression as a plain path: the name of the variable at its
// start ("" for the input) and the steps from there. It reports false if the
// expression is not a plain path.
func (e *Expression) Path() (variable string, steps []Step, ok bool) {
	if e.plain == nil {
		return "", nil, false
	}
	return e.plain.name, e.plain.steps, true
}

// Eval evaluates the expression. The result is [Undefined], a [Function] or a
// value of package value. The error is an [*Error].
//
// Eval never changes the values of the environment. The result may share parts
// with them.
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
