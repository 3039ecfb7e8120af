package dynamodb

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/mapjob/mapjob/internal/value"
)

// describedTable is a table in the answer of DescribeTable.
type describedTable struct {
	TableName, TableArn, TableStatus string

	KeySchema            keySchema
	AttributeDefinitions []definition
	CreationDateTime     float64
	ItemCount            int
	TableSizeBytes       int
	BillingModeSummary   struct{ BillingMode string }

	GlobalSecondaryIndexes, LocalSecondaryIndexes []describedIndex `json:",omitempty"`
}

type describedIndex struct {
	indexSchema
	IndexArn       string
	IndexStatus    string `json:",omitempty"` // of a global one
	ItemCount      int
	IndexSizeBytes int
}

// arnPrefix is that of the ARNs of tables.
const arnPrefix = "arn:aws:dynamodb:us-east-1:123456789012:table/"

// describeTable handles DescribeTable.
func (d *Database) describeTable(r *request) (*value.Object, *refusal) {
	name := r.tableName()
	if refused := r.refused(); refused != nil {
		return nil, refused
	}
	t, refused := d.table(name)
	if refused != nil {
		refused.message += ": Table: " + name + " not found"
		return nil, refused
	}
	described := describedTable{TableName: name, TableArn: arnPrefix + name, TableStatus: "ACTIVE", KeySchema: t.schema.KeySchema,
		AttributeDefinitions: t.schema.AttributeDefinitions, CreationDateTime: float64(t.created.UnixMilli()) / 1000}
	described.BillingModeSummary.BillingMode = "PAY_PER_REQUEST"
	described.ItemCount, described.TableSizeBytes = t.items.sizes()
	for _, s := range t.schema.GlobalSecondaryIndexes {
		i := t.described(s)
		i.IndexStatus = "ACTIVE"
		described.GlobalSecondaryIndexes = append(described.GlobalSecondaryIndexes, i)
	}
	for _, s := range t.schema.LocalSecondaryIndexes {
		described.LocalSecondaryIndexes = append(described.LocalSecondaryIndexes, t.described(s))
	}
	text, err := json.Marshal(described)
	var shown any
	if err == nil {
		shown, err = value.Parse(text)
	}
	if err != nil {
		return nil, refusef("InternalServerError", "%v", err)
	}
	return value.NewObject("Table", shown), nil
}

func (t *table) described(s indexSchema) describedIndex {
	i := describedIndex{indexSchema: s, IndexArn: arnPrefix + t.name + "/index/" + s.IndexName}
	i.ItemCount, i.IndexSizeBytes = t.index(s.IndexName).sizes()
	return i
}

// sizes returns the number and the size of the items of an index.
func (x *index) sizes() (count, size int) {
	for _, e := range x.entries {
		size += e.size
	}
	return len(x.entries), size
}

// describeTimeToLive handles DescribeTimeToLive. Items do not expire.
func (d *Database) describeTimeToLive(r *request) (*value.Object, *refusal) {
	name := r.tableName()
	if refused := r.refused(); refused != nil {
		return nil, refused
	}
	if _, refused := d.table(name); refused != nil {
		refused.message += ": Table: " + name + " not found"
		return nil, refused
	}
	return value.NewObject("TimeToLiveDescription", value.NewObject("TimeToLiveStatus", "DISABLED")), nil
}

// mostTables is the largest page of ListTables.
const mostTables = 100

// listTables handles ListTables.
func (d *Database) listTables(r *request) (*value.Object, *refusal) {
	after := r.name("ExclusiveStartTableName")
	limit := r.integer("Limit", 1)
	if refused := r.refused(); refused != nil {
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
