// Package request reads the requests of DynamoDB's API, and refuses those that are
// not valid with the messages of the service.
package request

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/mapjob/mapjob/internal/value"
)

// Refusal is an error of the API.
type Refusal struct {
	Name, Message string
	Members       *value.Object // besides the message; nil if there are none
}

// Refusef returns an error of the API.
func Refusef(name, format string, args ...any) *Refusal {
	return &Refusal{Name: name, Message: fmt.Sprintf(format, args...)}
}

// Invalid returns a ValidationException; nil if there is no problem.
func Invalid(problem string) *Refusal {
	if problem == "" {
		return nil
	}
	return &Refusal{Name: "ValidationException", Message: problem}
}

// Body returns the refusal in the protocol of the SDKs.
func (r *Refusal) Body() []byte {
	namespace := "com.amazonaws.dynamodb.v20120810"
	switch r.Name {
	case "ValidationException":
		namespace = "com.amazon.coral.validate"
	case "SerializationException", "UnknownOperationException":
		namespace = "com.amazon.coral.service"
	}
	o := value.NewObject("__type", namespace+"#"+r.Name, "message", r.Message)
	for name, v := range r.Members.All() {
		o.Set(name, v)
	}
	return value.Append(nil, o)
}

// Request is a request of the API, which is read member by member. What is wrong with
// members is noted, and asked for once all of them are read.
type Request struct {
	members     *value.Object
	path        string // see [New]
	untyped     string // the message of the first SerializationException
	constraints []string
}

// New returns a request with these members. The path is that of the request in a
// larger one, such as transactItems.1.member.put., else empty.
func New(members *value.Object, path string) *Request {
	return &Request{members: members, path: path}
}

// Decode stores the members in a struct, as package encoding/json does.
func (r *Request) Decode(to any) error { return json.Unmarshal(value.Append(nil, r.members), to) }

// Refused returns what is wrong with the members that were read.
func (r *Request) Refused() *Refusal {
	switch n := len(r.constraints); {
	case r.untyped != "":
		return Refusef("SerializationException", "%s", r.untyped)
	case n == 1:
		return Invalid("1 validation error detected: " + r.constraints[0])
	case n > 1:
		return Invalid(fmt.Sprintf("%d validation errors detected: %s", n, strings.Join(r.constraints, "; ")))
	}
	return nil
}

// Within returns the request that a member holds.
func (r *Request) Within(name string) *Request {
	return New(r.Object(name), r.path+LowerFirst(name)+".")
}

// Untyped notes the message of a SerializationException.
func (r *Request) Untyped(problem string) {
	if r.untyped == "" {
		r.untyped = problem
	}
}

// Constrain notes that a member does not satisfy a constraint.
func (r *Request) Constrain(name, shown, constraint string) {
	if len(r.constraints) < mostConstraints {
		r.constraints = append(r.constraints, fmt.Sprintf("Value %s at '%s' failed to satisfy constraint: %s", shown, r.path+LowerFirst(name), constraint))
	}
}

const mostConstraints = 10

// LowerFirst returns the name of a member as messages show it.
func LowerFirst(name string) string { return strings.ToLower(name[:1]) + name[1:] }

// Get returns a member, and reports whether the request has it.
func (r *Request) Get(name string) (any, bool) {
	v, _ := r.members.Get(name)
	return v, v != nil
}

// Has reports whether the request has a member.
func (r *Request) Has(name string) bool {
	_, ok := r.Get(name)
	return ok
}

// Text returns a text, and reports whether the request has it.
func (r *Request) Text(name string) (string, bool) {
	v, ok := r.Get(name)
	if !ok {
		return "", false
	}
	text, ok := v.(string)
	if !ok {
		r.Mistyped("%s cannot be converted to String", name)
	}
	return text, true
}

// Mistyped notes that a member is not of its type.
func (r *Request) Mistyped(format, name string) {
	r.Untyped(fmt.Sprintf(format, name))
}

// OneOf returns a text that is one of these; empty if the request does not have it.
func (r *Request) OneOf(name string, expected ...string) string {
	text, ok := r.Text(name)
	if ok && !slices.Contains(expected, text) {
		r.Constrain(name, "'"+text+"'", "Member must satisfy enum value set: ["+strings.Join(expected, ", ")+"]")
	}
	return text
}

// Flag returns a boolean, false if the request does not have it.
func (r *Request) Flag(name string) bool {
	v, ok := r.Get(name)
	flag, typed := v.(bool)
	if ok && !typed {
		r.Mistyped("%s cannot be converted to Boolean", name)
	}
	return flag
}

// Integer returns a number of at least least; zero if the request does not have it.
func (r *Request) Integer(name string, least int) int {
	v, ok := r.Get(name)
	if !ok {
		return 0
	}
	f, number := value.Float(v)
	switch n := int(f); {
	case !number:
		r.Mistyped("%s cannot be converted to Integer", name)
	case n < least:
		r.Constrain(name, fmt.Sprintf("'%d'", n), fmt.Sprintf("Member must have value greater than or equal to %d", least))
	default:
		return n
	}
	return 0
}

// Object returns an object; nil if the request does not have it.
func (r *Request) Object(name string) *value.Object {
	v, ok := r.Get(name)
	o, typed := v.(*value.Object)
	if ok && !typed {
		r.Mistyped("%s: Unexpected field type", name)
	}
	return o
}

// List returns a list; nil if the request does not have it.
func (r *Request) List(name string) []any {
	v, ok := r.Get(name)
	list, typed := v.([]any)
	if ok && !typed {
		r.Mistyped("%s: Unexpected field type", name)
	}
	return list
}

// Name returns the name of a table or an index.
func (r *Request) Name(member string) string {
	text, ok := r.Text(member)
	if !ok {
		return ""
	}
	shown := "'" + text + "'"
	if strings.ContainsFunc(text, func(c rune) bool { return !nameRune(c) }) || text == "" {
		r.Constrain(member, shown, "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+")
	}
	switch n := len(text); {
	case n < 3:
		r.Constrain(member, shown, "Member must have length greater than or equal to 3")
	case n > 255:
		r.Constrain(member, shown, "Member must have length less than or equal to 255")
	}
	return text
}

func nameRune(c rune) bool {
	return c == '_' || c == '.' || c == '-' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// Required notes that a member is missing.
func (r *Request) Required(name string) {
	if !r.Has(name) {
		r.Constrain(name, "null", "Member must not be null")
	}
}

// TableName returns the name of the table. A table may be named by its ARN.
func (r *Request) TableName() string {
	if text, ok := r.Text("TableName"); ok && strings.HasPrefix(text, "arn:") {
		if _, name, ok := strings.Cut(text, ":table/"); ok {
			return name
		}
	}
	r.Required("TableName")
	return r.Name("TableName")
}
