package expression

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mapjob/mapjob/internal/jsonata"
	"github.com/mapjob/mapjob/internal/value"
)

// JSONata is a JSONata expression in a field of a state.
type JSONata struct {
	source   string // between {% and %}
	field    string // such as Output/orders[0]
	compiled *jsonata.Expression
	plain    *plainPath
	// loops is true if the expression may run long: it defines functions or has
	// ranges.
	loops bool
	// seesContext is false if the source shows that the expression does not read
	// $states.context, so that no context object has to be made.
	seesContext bool
}

// JSONataSource returns the source of the expression that a string holds. ok is
// false unless the string begins with {% and ends with %}.
func JSONataSource(s string) (source string, ok bool) {
	if len(s) >= 4 && strings.HasPrefix(s, "{%") && strings.HasSuffix(s, "%}") {
		return strings.TrimSpace(s[2 : len(s)-2]), true
	}
	return "", false
}

// maxEvaluation is the longest time that an expression may take (developer guide,
// "Transforming data with JSONata").
const maxEvaluation = time.Second

var (
	loops           = regexp.MustCompile(`function|λ|~>|\.\.`)
	statesReference = regexp.MustCompile(`\$states\b`)
	statesMember    = regexp.MustCompile(`\$states\s*\.\s*(input|result|errorOutput)\b`)
	// notCode matches strings and comments.
	notCode = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|(?s:/\*.*?\*/)`)
)

// CompileJSONata compiles an expression in a field of a state.
func CompileJSONata(source, field string) (*JSONata, error) {
	compiled, err := jsonata.Compile(source)
	if err != nil {
		return nil, err
	}
	return &JSONata{
		source:      source,
		field:       field,
		compiled:    compiled,
		plain:       compilePlain(compiled),
		loops:       loops.MatchString(source),
		seesContext: len(statesReference.FindAllString(source, -1)) != len(statesMember.FindAllString(source, -1)),
	}, nil
}

// UsesInput reports whether the expression refers to an input by $, $$ or a
// field name. In a state there is no such input.
func (e *JSONata) UsesInput() bool { return e.compiled.UsesInput() }

// StatesMembers returns the members of $states that the expression reads by name,
// of input, result and errorOutput, in the order in which they first appear.
func (e *JSONata) StatesMembers() []string {
	if !slices.Contains(e.compiled.Variables(), "states") {
		return nil
	}
	var names []string
	for _, match := range statesMember.FindAllStringSubmatch(notCode.ReplaceAllString(e.source, "''"), -1) {
		if !slices.Contains(names, match[1]) {
			names = append(names, match[1])
		}
	}
	return names
}

// Evaluate returns the value of the expression. The error is an [*Error] with
// the name States.QueryEvaluationError.
func (e *JSONata) Evaluate(s *Scope) (any, error) {
	if e.plain != nil {
		if v, ok := e.plain.get(s); ok {
			return v, nil
		}
	}
	x := evaluations.Get().(*evaluation)
	defer x.release()
	x.of, x.scope = e, s
	env := &x.env
	env.Now, env.Random, env.MaxSteps = s.Now, s.Random, s.MaxSteps
	if s.MaxSteps == 0 && e.loops {
		ctx, cancel := context.WithTimeout(context.Background(), maxEvaluation)
		defer cancel()
		env.Context = ctx
	}
	v, err := e.compiled.Eval(env)
	if err != nil {
		return nil, e.failed(err)
	}
	if jsonata.IsUndefined(v) {
		return nil, e.error("returned nothing (undefined).")
	}
	if !isValue(v) {
		return nil, e.error("returned an unsupported result type.")
	}
	return v, nil
}

// evaluation is an evaluation of an expression in a scope.
type evaluation struct {
	of    *JSONata
	scope *Scope
	env   jsonata.Environment
}

// evaluations are used again.
var evaluations = sync.Pool{New: func() any {
	x := &evaluation{}
	x.env.Input = jsonata.Undefined
	x.env.Variable = func(name string) (any, bool) { return x.of.variable(x.scope, name) }
	return x
}}

func (x *evaluation) release() {
	x.of, x.scope, x.env.Context, x.env.Random = nil, nil, nil, nil
	evaluations.Put(x)
}

func (e *JSONata) variable(s *Scope, name string) (any, bool) {
	if name != "states" {
		return s.Variables.Get(name)
	}
	states := value.NewObject("input", s.Input)
	if s.HasResult {
		states.Set("result", s.Result)
	}
	if s.HasErrorOutput {
		states.Set("errorOutput", s.ErrorOutput)
	}
	if e.seesContext && s.Context != nil {
		states.Set("context", s.Context.Object())
	}
	return states, true
}

func (e *JSONata) failed(err error) error {
	var coded *jsonata.Error
	if errors.As(err, &coded) && coded.Code != "" && coded.Code[0] != 'U' {
		return e.error("threw an error during evaluation. " + coded.Code + ": " + coded.Message)
	}
	if coded != nil {
		return e.error("threw an error during evaluation: " + coded.Message)
	}
	return e.error("threw an error during evaluation: " + err.Error())
}

func (e *JSONata) error(what string) error {
	return &Error{errQuery, e.field,
		fmt.Sprintf("The JSONata expression '%s' specified for the field '%s' %s", e.source, e.field, what)}
}

// unexpected returns the error of a field that expects values of another type.
func (e *JSONata) unexpected(expected string, v any) error {
	return e.error(fmt.Sprintf("returned an unexpected result type. Expected '%s', but was '%s' for value: %s", expected, TypeName(v), value.Text(v)))
}

// isValue reports whether v is a JSON value. Functions, at any depth, are not.
func isValue(v any) bool {
	switch v := v.(type) {
	case nil, bool, float64, value.Number, string:
		return true
	case []any:
		for _, x := range v {
			if !isValue(x) {
				return false
			}
		}
		return true
	case *value.Object:
		for _, x := range v.All() {
			if !isValue(x) {
				return false
			}
		}
		return true
	}
	return false
}

// TypeName returns JSONata's name of the type of a JSON value.
func TypeName(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case float64, value.Number:
		return "number"
	case string:
		return "string"
	case []any:
		return "array"
	}
	return "object"
}
