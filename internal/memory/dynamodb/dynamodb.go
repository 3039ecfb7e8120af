// Package dynamodb is Amazon DynamoDB in memory: tables with their indexes, and the
// operations on items, answered as the service does. It does not wait, and holds no
// lock while it calls anything else.
package dynamodb

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	local "github.com/mapjob/mapjob/internal/dynamodb"
	"github.com/mapjob/mapjob/internal/value"
)

// Database has tables. It is safe for concurrent use.
type Database struct {
	operations map[string]operation // by name

	mutex    sync.Mutex // guards these
	tables   map[string]*table
	requests int64

	transactions map[string]transaction // by ClientRequestToken
}

// New returns a database without tables.
func New() *Database {
	return &Database{operations: offered(), tables: map[string]*table{}, transactions: map[string]transaction{}}
}

// CreateTable creates a table. The properties are those of AWS::DynamoDB::Table,
// resolved.
func (d *Database) CreateTable(name string, properties map[string]any) error {
	t, err := newTable(name, properties)
	if err != nil {
		return fmt.Errorf("creating table %s: %w", name, err)
	}
	d.mutex.Lock()
	defer d.mutex.Unlock()
	d.tables[name] = t
	return nil
}

// refusal is an error of the API.
type refusal struct {
	name, message string
	members       *value.Object // besides the message; nil if there are none
}

func refusef(name, format string, args ...any) *refusal {
	return &refusal{name: name, message: fmt.Sprintf(format, args...)}
}

// invalid returns a ValidationException; nil if there is no problem.
func invalid(problem string) *refusal {
	if problem == "" {
		return nil
	}
	return &refusal{name: "ValidationException", message: problem}
}

// operation answers a request. The mutex of the database is held.
type operation func(*Database, *request) (*value.Object, *refusal)

// offered are the operations of the API that the database has.
func offered() map[string]operation {
	return map[string]operation{
		"BatchGetItem":       (*Database).batchGet,
		"BatchWriteItem":     (*Database).batchWrite,
		"DeleteItem":         (*Database).deleteItem,
		"DescribeTable":      (*Database).describeTable,
		"DescribeTimeToLive": (*Database).describeTimeToLive,
		"GetItem":            (*Database).getItem,
		"ListTables":         (*Database).listTables,
		"PutItem":            (*Database).putItem,
		"Query":              (*Database).query,
		"Scan":               (*Database).scan,
		"TransactGetItems":   (*Database).transactGet,
		"TransactWriteItems": (*Database).transactWrite,
		"UpdateItem":         (*Database).updateItem,
	}
}

// answered is the answer to a request.
type answered struct {
	id      string
	body    []byte
	refused *refusal
}

// answer answers a request of the API.
func (d *Database) answer(name string, body []byte) *answered {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	d.requests++
	a := &answered{id: fmt.Sprintf("%052d", d.requests)}
	do := d.operations[name]
	v, err := value.Parse(body)
	members, ok := v.(*value.Object)
	switch {
	case do == nil:
		a.refused = refusef("UnknownOperationException", "got %q, expected an operation that tables in memory have: %s", name,
			strings.Join(slices.Sorted(maps.Keys(d.operations)), ", "))
	case err != nil || !ok:
		a.refused = refusef("SerializationException", "got %.100q, expected a JSON object", body)
	default:
		var answer *value.Object
		if answer, a.refused = do(d, &request{members: members}); a.refused == nil {
			a.body = value.Append(nil, answer)
			return a
		}
	}
	a.body = a.refused.body()
	return a
}

// body returns the refusal in the protocol of the SDKs.
func (r *refusal) body() []byte {
	namespace := "com.amazonaws.dynamodb.v20120810"
	switch r.name {
	case "ValidationException":
		namespace = "com.amazon.coral.validate"
	case "SerializationException", "UnknownOperationException":
		namespace = "com.amazon.coral.service"
	}
	o := value.NewObject("__type", namespace+"#"+r.name, "message", r.message)
	for name, v := range r.members.All() {
		o.Set(name, v)
	}
	return value.Append(nil, o)
}

// Do answers a request in the protocol of the SDKs (AWS JSON 1.0) with its headers.
// An error of the API is a [*local.Error].
func (d *Database) Do(ctx context.Context, operation string, body []byte) (http.Header, []byte, error) {
	if ctx.Err() != nil {
		return nil, nil, context.Cause(ctx)
	}
	a := d.answer(operation, body)
	if a.refused != nil {
		return nil, nil, &local.Error{Name: a.refused.name, Message: a.refused.message, Status: http.StatusBadRequest, RequestID: a.id}
	}
	return a.header(), a.body, nil
}

// table returns a table.
func (d *Database) table(name string) (*table, *refusal) {
	if t := d.tables[name]; t != nil {
		return t, nil
	}
	return nil, refusef("ResourceNotFoundException", "Requested resource not found")
}

// request is a request of the API, which is read member by member. What is wrong with
// members is noted, and asked for once all of them are read.
type request struct {
	members     *value.Object
	path        string // of the request in a larger one, such as transactItems.1.member.put.
	untyped     string // the message of the first SerializationException
	constraints []string
}

// refused returns what is wrong with the members that were read.
func (r *request) refused() *refusal {
	switch n := len(r.constraints); {
	case r.untyped != "":
		return refusef("SerializationException", "%s", r.untyped)
	case n == 1:
		return invalid("1 validation error detected: " + r.constraints[0])
	case n > 1:
		return invalid(fmt.Sprintf("%d validation errors detected: %s", n, strings.Join(r.constraints, "; ")))
	}
	return nil
}

// constrain notes that a member does not satisfy a constraint.
func (r *request) constrain(name, shown, constraint string) {
	if len(r.constraints) < mostConstraints {
		r.constraints = append(r.constraints, fmt.Sprintf("Value %s at '%s' failed to satisfy constraint: %s", shown, r.path+lowerFirst(name), constraint))
	}
}

const mostConstraints = 10

func lowerFirst(name string) string { return strings.ToLower(name[:1]) + name[1:] }

// get returns a member, and reports whether the request has it.
func (r *request) get(name string) (any, bool) {
	v, _ := r.members.Get(name)
	return v, v != nil
}

// has reports whether the request has a member.
func (r *request) has(name string) bool {
	_, ok := r.get(name)
	return ok
}

// text returns a text, and reports whether the request has it.
func (r *request) text(name string) (string, bool) {
	v, ok := r.get(name)
	if !ok {
		return "", false
	}
	text, ok := v.(string)
	if !ok {
		r.mistyped("%s cannot be converted to String", name)
	}
	return text, true
}

// mistyped notes that a member is not of its type.
func (r *request) mistyped(format, name string) {
	if r.untyped == "" {
		r.untyped = fmt.Sprintf(format, name)
	}
}

// oneOf returns a text that is one of these; empty if the request does not have it.
func (r *request) oneOf(name string, expected ...string) string {
	text, ok := r.text(name)
	if ok && !slices.Contains(expected, text) {
		r.constrain(name, "'"+text+"'", "Member must satisfy enum value set: ["+strings.Join(expected, ", ")+"]")
	}
	return text
}

// flag returns a boolean, false if the request does not have it.
func (r *request) flag(name string) bool {
	v, ok := r.get(name)
	flag, typed := v.(bool)
	if ok && !typed {
		r.mistyped("%s cannot be converted to Boolean", name)
	}
	return flag
}

// integer returns a number of at least least; zero if the request does not have it.
func (r *request) integer(name string, least int) int {
	v, ok := r.get(name)
	if !ok {
		return 0
	}
	f, number := value.Float(v)
	switch n := int(f); {
	case !number:
		r.mistyped("%s cannot be converted to Integer", name)
	case n < least:
		r.constrain(name, fmt.Sprintf("'%d'", n), fmt.Sprintf("Member must have value greater than or equal to %d", least))
	default:
		return n
	}
	return 0
}

// object returns an object; nil if the request does not have it.
func (r *request) object(name string) *value.Object {
	v, ok := r.get(name)
	o, typed := v.(*value.Object)
	if ok && !typed {
		r.mistyped("%s: Unexpected field type", name)
	}
	return o
}

// list returns a list; nil if the request does not have it.
func (r *request) list(name string) []any {
	v, ok := r.get(name)
	list, typed := v.([]any)
	if ok && !typed {
		r.mistyped("%s: Unexpected field type", name)
	}
	return list
}

// name returns the name of a table or an index.
func (r *request) name(member string) string {
	text, ok := r.text(member)
	if !ok {
		return ""
	}
	shown := "'" + text + "'"
	if strings.ContainsFunc(text, func(c rune) bool { return !nameRune(c) }) || text == "" {
		r.constrain(member, shown, "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+")
	}
	switch n := len(text); {
	case n < 3:
		r.constrain(member, shown, "Member must have length greater than or equal to 3")
	case n > 255:
		r.constrain(member, shown, "Member must have length less than or equal to 255")
	}
	return text
}

func nameRune(c rune) bool {
	return c == '_' || c == '.' || c == '-' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// required notes that a member is missing.
func (r *request) required(name string) {
	if !r.has(name) {
		r.constrain(name, "null", "Member must not be null")
	}
}

// tableName returns the name of the table. A table may be named by its ARN.
func (r *request) tableName() string {
	if text, ok := r.text("TableName"); ok && strings.HasPrefix(text, "arn:") {
		if _, name, ok := strings.Cut(text, ":table/"); ok {
			return name
		}
	}
	r.required("TableName")
	return r.name("TableName")
}

// date returns the time of an answer.
func date() string { return time.Now().UTC().Format(http.TimeFormat) }
