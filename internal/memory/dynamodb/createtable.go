package dynamodb

import (
	"github.com/mapjob/mapjob/internal/memory/dynamodb/request"
	"github.com/mapjob/mapjob/internal/memory/dynamodb/table"
	"github.com/mapjob/mapjob/internal/value"
)

// createTable handles CreateTable. The table is active at once.
func (d *Database) createTable(r *request.Request) (*value.Object, *request.Refusal) {
	name := r.TableName()
	r.Required("KeySchema")
	if refused := r.Refused(); refused != nil {
		return nil, refused
	}
	if d.tables[name] != nil {
		return nil, request.Refusef("ResourceInUseException", "Table already exists: %s", name)
	}
	var schema Schema
	err := r.Decode(&schema)
	if err != nil {
		return nil, request.Refusef("SerializationException", "%v", err)
	}
	t, err := table.New(name, schema)
	if err != nil {
		return nil, request.Invalid(err.Error())
	}
	d.tables[name] = t
	return described("TableDescription", t)
}
