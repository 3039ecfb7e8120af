// Package message builds the messages of package protocol in definitions, where
// their values are JSONata expressions. The names of members come from the Go
// types, so that a message is described once:
//
//	var request protocol.StartRequest
//	message.Object(&request,
//		message.Set(&request.Execution, "{% $states.context.Execution.Id %}"),
//		message.Set(&request.ChunkSize, 1000))
package message

import (
	"fmt"
	"reflect"
	"strings"
)

// Member is a member of a message: a pointer to its field, and its value.
type Member struct{ field, value any }

// Set returns a member with a value, which may be an expression.
func Set(field, value any) Member { return Member{field, value} }

// Object returns the members of a message as a JSON object. Each field is one
// of the struct that message points to.
func Object(message any, members ...Member) map[string]any {
	object := map[string]any{}
	for _, member := range members {
		object[Name(message, member.field)] = member.value
	}
	return object
}

// In returns a function that returns the expression of a field of a message, if
// path is the expression of the message.
func In(path string, message any) func(field any) string {
	return func(field any) string { return path + "." + Name(message, field) }
}

// Name returns the name of a message's member in JSON. Both arguments are
// pointers: to the message, and to its field. Name panics if the message does
// not have the field.
func Name(message, field any) string {
	name, ok := nameIn(reflect.ValueOf(message).Elem(), reflect.ValueOf(field))
	if !ok {
		panic(fmt.Errorf("message %T: got %T, expected a pointer to one of its fields", message, field))
	}
	return name
}

func nameIn(message, field reflect.Value) (string, bool) {
	for i := range message.NumField() {
		described, candidate := message.Type().Field(i), message.Field(i)
		if described.Anonymous {
			if name, ok := nameIn(candidate, field); ok {
				return name, true
			}
			continue
		}
		if candidate.Addr().Type() == field.Type() && candidate.Addr().Pointer() == field.Pointer() {
			name, _, _ := strings.Cut(described.Tag.Get("json"), ",")
			return name, name != ""
		}
	}
	return "", false
}
