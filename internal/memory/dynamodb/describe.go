package dynamodb

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/mapjob/mapjob/internal/memory/dynamodb/request"
	"github.com/mapjob/mapjob/internal/memory/dynamodb/table"
	"github.com/mapjob/mapjob/internal/value"
)

// describedTable is a table in the answer of DescribeTable.
type describedTable struct {
	TableName, TableArn, TableStatus string

	KeySchema            table.KeySchema
	AttributeDefinitions []table.Definition
	CreationDateTime     float64
	ItemCount            int
	TableSizeBytes       int
	BillingModeSummary   struct{ BillingMode string }

	GlobalSecondaryIndexes, LocalSecondaryIndexes []describedIndex `json:",omitempty"`
}

type describedIndex struct {
	table.IndexSchema
	IndexArn       string
	IndexStatus    string `json:",omitempty"` // of a global one
	ItemCount      int
	IndexSizeBytes int
}

// arnPrefix is that of the ARNs of tables.
const arnPrefix = "arn:aws:dynamodb:us-east-1:123456789012:table/"

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
	described, refused := describe(t)
	return value.NewObject("Table", described), refused
}

// describe returns what DescribeTable shows of a table.
func describe(t *table.Table) (any, *request.Refusal) {
	described := describedTable{TableName: t.Name, TableArn: arnPrefix + t.Name, TableStatus: "ACTIVE", KeySchema: t.Schema.KeySchema,
		AttributeDefinitions: t.Schema.AttributeDefinitions, CreationDateTime: float64(t.Created.UnixMilli()) / 1000}
	described.BillingModeSummary.BillingMode = "PAY_PER_REQUEST"
	described.ItemCount, described.TableSizeBytes = t.Items.Sizes()
	for _, s := range t.Schema.GlobalSecondaryIndexes {
		i := describeIndex(t, s)
		i.IndexStatus = "ACTIVE"
		described.GlobalSecondaryIndexes = append(described.GlobalSecondaryIndexes, i)
	}
	for _, s := range t.Schema.LocalSecondaryIndexes {
		described.LocalSecondaryIndexes = append(described.LocalSecondaryIndexes, describeIndex(t, s))
	}
	text, err := json.Marshal(described)
	var shown any
	if err == nil {
		shown, err = value.Parse(text)
	}
	if err != nil {
		return nil, request.Refusef("InternalServerError", "%v", err)
	}
	return shown, nil
}

func describeIndex(t *table.Table, s table.IndexSchema) describedIndex {
	i := describedIndex{IndexSchema: s, IndexArn: arnPrefix + t.Name + "/index/" + s.IndexName}
	i.ItemCount, i.IndexSizeBytes = t.Index(s.IndexName).Sizes()
	return i
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
