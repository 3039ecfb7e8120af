package asl

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/mapjob/mapjob/internal/jsonata"
	"github.com/mapjob/mapjob/internal/value"
)

// Expression is a JSONata expression in a field of a state.
type Expression struct {
	// Source is the text between {% and %}.
	Source string
	// Field is the field's place in the state, such as Output/orders[0].
	Field    string
	compiled *jsonata.Expression
	plain    *plainPath
	// loops is true where the source can take long: it has functions of its
	// own, or ranges.
	loops bool
	// seesContext is false where the source can be seen not to look at
	// $states.context, so that no context object has to be made.
	seesContext bool
}

// isExpression reports whether a string is an expression, and its source: the
// delimiters have to be the very ends of the string.
func isExpression(s string) (source string, ok bool) {
	if len(s) >= 4 && strings.HasPrefix(s, "{%") && strings.HasSuffix(s, "%}") {
		return strings.TrimSpace(s[2 : len(s)-2]), true
	}
	return "", false
}

// maxEvaluation is how long an expression may take (developer guide,
// "Transforming data with JSONata").
const maxEvaluation = time.Second

var (
	loops           = regexp.MustCompile(`function|λ|~>|\.\.`)
	statesReference = regexp.MustCompile(`\$states\b`)
	statesMember    = regexp.MustCompile(`\$states\s*\.\s*(input|result|errorOutput)\b`)
)

func compileExpression(source, field string) (*Expression, error) {
	compiled, err := jsonata.Compile(source)
	if err != nil {
		return nil, err
	}
	return &Expression{
		Source:      source,
		Field:       field,
		compiled:    compiled,
		plain:       compilePlain(compiled),
		loops:       loops.MatchString(source),
		seesContext: len(statesReference.FindAllString(source, -1)) != len(statesMember.FindAllString(source, -1)),
	}, nil
}

// Evaluate is the value of the expression. The error is an
// [*EvaluationError] named States.QueryEvaluationError.
func (e *Expression) Evaluate(s *Scope) (any, error) {
	if e.plain != nil {
		if v, ok := e.plain.get(s); ok {
			return v, nil
		}
	}
	env := jsonata.Environment{
		Input:    jsonata.Undefined,
		Now:      s.Now,
		Random:   s.Random,
		Variable: func(name string) (any, bool) { return e.variable(s, name) },
	}
	if e.loops {
		ctx, cancel := context.WithTimeout(context.Background(), maxEvaluation)
		defer cancel()
		env.Context = ctx
	}
	v, err := e.compiled.Eval(&env)
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

func (e *Expression) variable(s *Scope, name string) (any, bool) {
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
		states.Set("context", s.Context())
	}
	return states, true
}

func (e *Expression) failed(err error) error {
	var coded *jsonata.Error
	if errors.As(err, &coded) && coded.Code != "" && coded.Code[0] != 'U' {
		return e.error("threw an error during evaluation. " + coded.Code + ": " + coded.Message)
	}
	if coded != nil {
		return e.error("threw an error during evaluation: " + coded.Message)
	}
	return e.error("threw an error during evaluation: " + err.Error())
}

func (e *Expression) error(what string) error {
	return &EvaluationError{errQuery, e.Field,
		fmt.Sprintf("The JSONata expression '%s' specified for the field '%s' %s", e.Source, e.Field, what)}
}

// unexpected is the error of a field that takes values of another type.
func (e *Expression) unexpected(expected string, v any) error {
	return e.error(fmt.Sprintf("returned an unexpected result type. Expected '%s', but was '%s' for value: %s", expected, TypeName(v), value.Text(v)))
}

// isValue reports whether v is JSON all through: functions are not.
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

// TypeName is the name of the type of a JSON value, as JSONata has it.
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

// plainPath is an expression that only walks from $states or a variable along
// member names. It costs as much as looking them up; where an array stands in
// the way, JSONata maps over it and the path leaves the work to the
// interpreter.
type plainPath struct {
	variable string // "" for $states
	part     string // input, result, errorOutput, context
	names    []string
}

// compilePlain is the plain path that an expression is, nil if it is none.
func compilePlain(e *jsonata.Expression) *plainPath {
	variable, steps, ok := e.Path()
	if !ok || variable == "" || variable == "$" {
		return nil
	}
	names := make([]string, len(steps))
	for i, s := range steps {
		if len(s.Indexes) > 0 {
			return nil
		}
		names[i] = s.Field
	}
	if variable != "states" {
		return &plainPath{variable: variable, names: names}
	}
	if len(names) == 0 {
		return nil
	}
	return &plainPath{part: names[0], names: names[1:]}
}

func (p *plainPath) get(s *Scope) (any, bool) {
	var v any
	ok := true
	switch {
	case p.variable != "":
		v, ok = s.Variables.Get(p.variable)
	case p.part == "input":
		v = s.Input
	case p.part == "result":
		v, ok = s.Result, s.HasResult
	case p.part == "errorOutput":
		v, ok = s.ErrorOutput, s.HasErrorOutput
	case p.part == "context" && s.Context != nil:
		v = s.Context()
	default:
		return nil, false
	}
	for _, name := range p.names {
		if !ok {
			return nil, false
		}
		object, is := v.(*value.Object)
		if !is {
			return nil, false
		}
		v, ok = object.Get(name)
	}
	// An array that ends a path is a sequence in JSONata, and one of a single
	// element would be that element, were it not marked to be kept. jsonata
	// keeps arrays that come whole from an input as they are.
	return v, ok
}
