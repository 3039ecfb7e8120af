// Package asl parses the Amazon States Language into an immutable definition.
//
// [Parse] reports all problems of a definition at once, each with the path of the
// field, what it got and what it expected. Everything that can be checked without
// running the definition is checked: expressions are compiled, transitions are
// resolved, unknown fields are refused.
//
// Package fields reads the objects of the definition. Package expression evaluates
// what they compute while a state machine runs.
//
// The language is that of https://states-language.net/spec.html as AWS Step
// Functions runs it (developer guide, "Amazon States Language").
package asl

import "github.com/mapjob/mapjob/internal/asl/fields"

// QueryLanguage is the language of the expressions in a state.
type QueryLanguage = fields.Language

// The two query languages. JSONPath is the default.
const (
	JSONPath = fields.JSONPath
	JSONata  = fields.JSONata
)

// StateMachine is a definition. It is immutable: any number of executions may
// share it.
type StateMachine struct {
	Flow
	Comment       string
	Version       string
	QueryLanguage QueryLanguage
	// TimeoutSeconds is the longest duration of an execution; 0 means no limit.
	TimeoutSeconds int64
	// Definition is the text that was parsed.
	Definition []byte
	unresolved Problems // fields whose substitutions have not been made
}
