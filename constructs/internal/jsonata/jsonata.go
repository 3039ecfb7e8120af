// Package jsonata writes the values of a definition's fields: JSON in which a string
// may be a JSONata expression, {% … %}.
package jsonata

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/jsii-runtime-go"
)

// Object is a JSON object in which strings may be expressions.
type Object = map[string]any

// Expression returns a field's value that is an expression.
func Expression(format string, args ...any) string {
	return "{% " + fmt.Sprintf(format, args...) + " %}"
}

// Condition returns the condition of a Choice state's rule.
func Condition(format string, args ...any) awsstepfunctions.Condition {
	return awsstepfunctions.Condition_Jsonata(jsii.String(Expression(format, args...)))
}

// When returns the comment of a Choice state's rule, which says in words when it
// applies.
func When(comment string) *awsstepfunctions.ChoiceTransitionOptions {
	return &awsstepfunctions.ChoiceTransitionOptions{Comment: &comment}
}

// Inner returns the JSONata between the marks of an expression.
func Inner(expression string) string {
	return strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(expression, "{%"), "%}"))
}

// Literal returns the JSONata that computes a field's value.
func Literal(value any) string {
	switch value := value.(type) {
	case Object:
		var members []string
		for _, name := range slices.Sorted(maps.Keys(value)) {
			members = append(members, quoted(name)+": "+Literal(value[name]))
		}
		return "{" + strings.Join(members, ", ") + "}"
	case *float64: // CloudFormation may know it only
		return *awscdk.Tokenization_StringifyNumber(value)
	case string:
		if strings.HasPrefix(value, "{%") {
			return "(" + Inner(value) + ")"
		}
	}
	return quoted(value)
}

// quoted returns a literal of JSON, which is one of JSONata too.
func quoted(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(fmt.Errorf("got a %T in a definition, expected JSON: %w", value, err))
	}
	return string(text)
}
