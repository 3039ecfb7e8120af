package asl

import (
	"bytes"
	"fmt"
	"regexp"
)

// A definition may be the template of one: ${Name} stands for what
// CloudFormation's DefinitionSubstitutions, or Terraform, will put in its
// place. That may be a part of a string, or outside of strings a whole value
// such as a number. Where any text will do, it is a text like others; a path, a
// number or an expression with a substitution in it is not known before the
// substitution is made, so that it can be neither refused nor run.

var (
	substitution = regexp.MustCompile(`\$\{[^{}]+\}`)
	// stringOrSubstitution finds a substitution outside of strings by taking
	// strings first.
	stringOrSubstitution = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|\$\{[^{}"\\\s]+\}`)
)

// quoteSubstitutions makes a text JSON in which substitutions stand for whole
// values: they become strings. Lines stay where they are.
func quoteSubstitutions(definition []byte) []byte {
	if !bytes.Contains(definition, []byte("${")) {
		return definition
	}
	return stringOrSubstitution.ReplaceAllFunc(definition, func(token []byte) []byte {
		if token[0] == '"' {
			return token
		}
		return []byte(`"` + string(token) + `"`)
	})
}

// substituted reports whether a value is a text with a substitution in it, and
// remembers it as one that can't be run.
func (r *reader) substituted(path string, v any) bool {
	text, ok := v.(string)
	if !ok || !substitution.MatchString(text) {
		return false
	}
	r.unresolved = append(r.unresolved, Problem{Path: path,
		Message: fmt.Sprintf("got %s, expected its value: a definition can be run when its substitutions have been made", describe(text))})
	return true
}

// CheckSubstitutions reports the fields whose value is not known before a
// substitution such as ${Name} is made. Parse takes them; they can't be run.
// The error is [Problems].
func (m *StateMachine) CheckSubstitutions() error {
	if len(m.unresolved) == 0 {
		return nil
	}
	return m.unresolved
}
