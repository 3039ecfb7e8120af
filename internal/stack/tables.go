package stack

import (
	"context"
	"encoding/json"
	"iter"
)

// Table is a table of the stack.
type Table struct{ ID, Name string } // the short name of its construct, the physical name

// Tables lists the stack's tables.
func (c *Stack) Tables() []Table {
	var list []Table
	for _, id := range c.template.OfType("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable") {
		list = append(list, Table{c.template.ShortName(id), c.template.PhysicalName(id)})
	}
	return list
}

// Table is the table of the stack that a person means by a name: that of its
// construct, or its logical ID.
func (c *Stack) Table(name string) (Table, error) {
	id, err := c.template.Find(name, "table", "--seed", "AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable")
	if err != nil {
		return Table{}, err
	}
	return Table{c.template.ShortName(id), c.template.PhysicalName(id)}, nil
}

// Records yields the records of a table by its physical name, each as a JSON
// object, in no order.
func (c *Stack) Records(ctx context.Context, table string) iter.Seq2[json.RawMessage, error] {
	return c.database.Records(ctx, table)
}

// Seed puts records, each a JSON object, into a table, which is named as for
// [Stack.Table]. It returns how many there were.
func (c *Stack) Seed(ctx context.Context, table string, records iter.Seq2[json.RawMessage, error]) (int, error) {
	found, err := c.Table(table)
	if err != nil {
		return 0, err
	}
	return c.database.Put(ctx, found.Name, records)
}
