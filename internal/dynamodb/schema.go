package dynamodb

import (
	"cmp"
	"encoding/json"
	"slices"
)

// schema has the keys and the indexes of a table, as CreateTable takes them and
// DescribeTable returns them. Indexes are without throughput, because tables are
// billed by request.
type schema struct {
	KeySchema              []key
	AttributeDefinitions   []attribute
	GlobalSecondaryIndexes []index `json:",omitempty"`
	LocalSecondaryIndexes  []index `json:",omitempty"`
}

type key struct{ AttributeName, KeyType string }

type attribute struct{ AttributeName, AttributeType string }

type index struct {
	IndexName  string
	KeySchema  []key
	Projection struct {
		ProjectionType   string
		NonKeyAttributes []string `json:",omitempty"`
	}
}

// schemaOf returns the schema in the properties of a table, sorted by names.
func schemaOf(properties map[string]any) (*schema, error) {
	text, err := json.Marshal(properties)
	s := &schema{}
	if err == nil {
		err = json.Unmarshal(text, s)
	}
	slices.SortFunc(s.AttributeDefinitions, func(a, b attribute) int { return cmp.Compare(a.AttributeName, b.AttributeName) })
	for _, indexes := range [][]index{s.GlobalSecondaryIndexes, s.LocalSecondaryIndexes} {
		slices.SortFunc(indexes, func(a, b index) int { return cmp.Compare(a.IndexName, b.IndexName) })
	}
	return s, err
}
