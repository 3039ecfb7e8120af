package table

import (
	"encoding/json"

	"github.com/mapjob/mapjob/internal/value"
)

// describedTable is a table in the answer of DescribeTable.
type describedTable struct {
	TableName, TableArn, TableStatus string

	KeySchema            KeySchema
	AttributeDefinitions []Definition
	CreationDateTime     float64
	ItemCount            int
	TableSizeBytes       int
	BillingModeSummary   struct{ BillingMode string }

	GlobalSecondaryIndexes, LocalSecondaryIndexes []describedIndex `json:",omitempty"`
}

type describedIndex struct {
	IndexSchema
	IndexArn       string
	IndexStatus    string `json:",omitempty"` // of a global one
	ItemCount      int
	IndexSizeBytes int
}

// arnPrefix is that of the ARNs of tables.
const arnPrefix = "arn:aws:dynamodb:us-east-1:123456789012:table/"

// Described returns what DescribeTable shows of the table.
func (t *Table) Described() (any, error) {
	described := describedTable{TableName: t.Name, TableArn: arnPrefix + t.Name, TableStatus: "ACTIVE", KeySchema: t.Schema.KeySchema,
		AttributeDefinitions: t.Schema.AttributeDefinitions, CreationDateTime: float64(t.Created.UnixMilli()) / 1000}
	described.BillingModeSummary.BillingMode = "PAY_PER_REQUEST"
	described.ItemCount, described.TableSizeBytes = t.Items.Sizes()
	for _, s := range t.Schema.GlobalSecondaryIndexes {
		i := t.describedIndex(s)
		i.IndexStatus = "ACTIVE"
		described.GlobalSecondaryIndexes = append(described.GlobalSecondaryIndexes, i)
	}
	for _, s := range t.Schema.LocalSecondaryIndexes {
		described.LocalSecondaryIndexes = append(described.LocalSecondaryIndexes, t.describedIndex(s))
	}
	text, err := json.Marshal(described)
	if err != nil {
		return nil, err
	}
	return value.Parse(text)
}

func (t *Table) describedIndex(s IndexSchema) describedIndex {
	i := describedIndex{IndexSchema: s, IndexArn: arnPrefix + t.Name + "/index/" + s.IndexName}
	i.ItemCount, i.IndexSizeBytes = t.Index(s.IndexName).Sizes()
	return i
}
