package fields

import (
	"bytes"
	"fmt"
	"regexp"

	"github.com/mapjob/mapjob/internal/unsupported"
	"github.com/mapjob/mapjob/internal/value"
)

// A definition may be a template: CloudFormation's DefinitionSubstitutions, or
// Terraform, replace ${Name} in it. A substitution is part of a string or, outside
// strings, a whole value such as a number. In a field that takes any text it is
// just text. In a path, a number or an expression the value is not known before
// the substitution is made: Parse accepts it, but it can't be run.

var (
	substitution = regexp.MustCompile(`\$\{[^{}]+\}`)
	// stringOrSubstitution matches strings first, so that its other matches are
	// substitutions outside strings.
	stringOrSubstitution = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|\$\{[^{}"\\\s]+\}`)
)

// QuoteSubstitutions turns substitutions outside strings into strings, which makes
// the text JSON. It does not change the lines.
func QuoteSubstitutions(definition []byte) []byte {
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

// Substituted reports whether a value is a string with a substitution in it, and
// adds the field to those that can't be run.
func (d *Document) Substituted(path string, v any) bool {
	text, ok := v.(string)
	if !ok || !substitution.MatchString(text) {
		return false
	}
	d.Unresolved = append(d.Unresolved, Problem{Path: path,
		Message: fmt.Sprintf("got %s: %v", value.Describe(text), unsupported.Substitution.Error())})
	return true
}

// HasSubstitution reports whether a text has a substitution in it.
func HasSubstitution(text string) bool { return substitution.MatchString(text) }
