// Package expression parses and evaluates the expressions of DynamoDB's requests:
// conditions, updates and projections. Problems are the messages that follow
// "Invalid ConditionExpression: " and the like in DynamoDB's errors.
package expression

import (
	"fmt"
	"strings"

	"github.com/mapjob/mapjob/internal/memory/dynamodb/attribute"
	"github.com/mapjob/mapjob/internal/value"
)

// Scope has the names and values of a request, which its expressions share.
type Scope struct {
	names  *value.Object // by placeholder, such as #owner
	values *value.Object // by placeholder, such as :me
	used   map[string]bool
}

// NewScope checks the ExpressionAttributeNames and ExpressionAttributeValues of a
// request, each nil if it has none.
func NewScope(names, values *value.Object) (_ *Scope, problem string) {
	if names != nil && names.Len() == 0 {
		return nil, "ExpressionAttributeNames must not be empty"
	}
	for name := range names.All() {
		if !placeholder(name, '#') {
			return nil, fmt.Sprintf("ExpressionAttributeNames contains invalid key: Syntax error; key: %q", name)
		}
	}
	if values != nil && values.Len() == 0 {
		return nil, "ExpressionAttributeValues must not be empty"
	}
	for name := range values.All() {
		if !placeholder(name, ':') {
			return nil, fmt.Sprintf("ExpressionAttributeValues contains invalid key: Syntax error; key: %q", name)
		}
	}
	for name, v := range values.All() {
		if problem := attribute.Invalid(v.(attribute.Value)); problem != "" {
			return nil, "ExpressionAttributeValues contains invalid value: " + problem + " for key " + name
		}
	}
	return &Scope{names, values, map[string]bool{}}, ""
}

func placeholder(name string, sign byte) bool {
	if len(name) < 2 || name[0] != sign {
		return false
	}
	for i := 1; i < len(name); i++ {
		if !inWord(name[i]) {
			return false
		}
	}
	return true
}

// Unused returns the message for names and values that no expression has used;
// empty if there are none.
func (s *Scope) Unused() string {
	for _, list := range []struct {
		parameter string
		members   *value.Object
	}{{"ExpressionAttributeNames", s.names}, {"ExpressionAttributeValues", s.values}} {
		var unused []string
		for name := range list.members.All() {
			if !s.used[name] {
				unused = append(unused, name)
			}
		}
		if len(unused) > 0 {
			return "Value provided in " + list.parameter + " unused in expressions: keys: {" + strings.Join(unused, ", ") + "}"
		}
	}
	return ""
}

// name returns the attribute of a placeholder.
func (s *Scope) name(placeholder string) (string, bool) {
	v, _ := s.names.Get(placeholder)
	name, ok := v.(string)
	s.used[placeholder] = true
	return name, ok
}

// value returns the value of a placeholder.
func (s *Scope) value(placeholder string) attribute.Value {
	s.used[placeholder] = true
	return attribute.Get(s.values, placeholder)
}
