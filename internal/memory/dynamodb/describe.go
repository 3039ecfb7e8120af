package dynamodb

import (
	"maps"
	"slices"

	"github.com/mapjob/mapjob/internal/memory/dynamodb/request"
	"github.com/mapjob/mapjob/internal/memory/dynamodb/table"
	"github.com/mapjob/mapjob/internal/value"
)

// describeTable handles DescribeTable.
func (d *Database) describeTable(r *request.Request) (*value.Object, *request.Refusal) {
	name := r.TableName()
	if refused := r.Refused(); refused != nil {
		return nil, refused
	}
	t, refused := d.table(name)
	if refused != nil {
		refused.Message += ": Table: " + name + " not found"
		return nil, refused
	}
	return described("Table", t)
}

// described returns an answer with a table.
func described(member string, t *table.Table) (*value.Object, *request.Refusal) {
	shown, err := t.Described()
	if err != nil {
		return nil, request.Refusef("InternalServerError", "%v", err)
	}
	return value.NewObject(member, shown), nil
}

// describeTimeToLive handles DescribeTimeToLive. Items do not expire.
func (d *Database) describeTimeToLive(r *request.Request) (*value.Object, *request.Refusal) {
	name := r.TableName()
	if refused := r.Refused(); refused != nil {
		return nil, refused
	}
	if _, refused := d.table(name); refused != nil {
		refused.Message += ": Table: " + name + " not found"
		return nil, refused
	}
	return value.NewObject("TimeToLiveDescription", value.NewObject("TimeToLiveStatus", "DISABLED")), nil
}

// mostTables is the largest page of ListTables.
const mostTables = 100

// listTables handles ListTables.
func (d *Database) listTables(r *request.Request) (*value.Object, *request.Refusal) {
	after := r.Name("ExclusiveStartTableName")
	limit := r.Integer("Limit", 1)
	if refused := r.Refused(); refused != nil {
		return nil, refused
	}
	if limit == 0 || limit > mostTables {
		limit = mostTables
	}
	names := []any{}
	answer := value.NewObject()
	for _, name := range slices.Sorted(maps.Keys(d.tables)) {
		if name <= after {
			continue
		}
		if len(names) == limit {
			answer.Add("LastEvaluatedTableName", names[limit-1])
			break
		}
		names = append(names, name)
	}
	answer.Add("TableNames", names)
	return answer, nil
}
