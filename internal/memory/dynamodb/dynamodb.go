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
	"github.com/mapjob/mapjob/internal/memory/dynamodb/request"
	"github.com/mapjob/mapjob/internal/memory/dynamodb/table"
	"github.com/mapjob/mapjob/internal/value"
)

// Database has tables. It is safe for concurrent use.
type Database struct {
	operations map[string]operation // by name

	mutex    sync.Mutex // guards these
	tables   map[string]*table.Table
	requests int64

	transactions map[string]transaction // by ClientRequestToken
}

// New returns a database without tables.
func New() *Database {
	return &Database{operations: offered(), tables: map[string]*table.Table{}, transactions: map[string]transaction{}}
}

// Schema is what a table is made from.
type Schema = table.Schema

// ReadSchema returns the schema in the properties of AWS::DynamoDB::Table, resolved.
func ReadSchema(properties map[string]any) (Schema, error) { return table.Read(properties) }

// Create creates a table.
func (d *Database) Create(name string, schema Schema) error {
	t, err := table.New(name, schema)
	if err != nil {
		return fmt.Errorf("creating table %s: %w", name, err)
	}
	d.mutex.Lock()
	defer d.mutex.Unlock()
	d.tables[name] = t
	return nil
}

// operation answers a request. The mutex of the database is held.
type operation func(*Database, *request.Request) (*value.Object, *request.Refusal)

// offered are the operations of the API that the database has.
func offered() map[string]operation {
	return map[string]operation{
		"BatchGetItem":       (*Database).batchGet,
		"BatchWriteItem":     (*Database).batchWrite,
		"CreateTable":        (*Database).createTable,
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
	refused *request.Refusal
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
		a.refused = request.Refusef("UnknownOperationException", "got %q, expected an operation that tables in memory have: %s", name,
			strings.Join(slices.Sorted(maps.Keys(d.operations)), ", "))
	case err != nil || !ok:
		a.refused = request.Refusef("SerializationException", "got %.100q, expected a JSON object", body)
	default:
		var answer *value.Object
		if answer, a.refused = do(d, request.New(members, "")); a.refused == nil {
			a.body = value.Encode(answer)
			return a
		}
	}
	a.body = a.refused.Body()
	return a
}

// Do answers a request in the protocol of the SDKs (AWS JSON 1.0) with its headers.
// An error of the API is a [*local.Error].
func (d *Database) Do(ctx context.Context, operation string, body []byte) (http.Header, []byte, error) {
	if ctx.Err() != nil {
		return nil, nil, context.Cause(ctx)
	}
	a := d.answer(operation, body)
	if a.refused != nil {
		return nil, nil, &local.Error{Name: a.refused.Name, Message: a.refused.Message, Status: http.StatusBadRequest, RequestID: a.id}
	}
	return a.header(), a.body, nil
}

// table returns a table.
func (d *Database) table(name string) (*table.Table, *request.Refusal) {
	if t := d.tables[name]; t != nil {
		return t, nil
	}
	return nil, request.Refusef("ResourceNotFoundException", "Requested resource not found")
}

// date returns the time of an answer.
func date() string { return time.Now().UTC().Format(http.TimeFormat) }
