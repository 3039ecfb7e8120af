package stack

import (
	"context"
	"encoding/json"
	"iter"
)

// Table is a table of the stack.
type Table struct {
	ID   string // short name of its construct
	Name string // physical name
}

// Tables lists the stack's tables.
func (s *Stack) Tables() []Table {
	var list []Table
	for _, id := range s.template.OfType("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable") {
		list = append(list, s.table(id))
	}
	return list
}

// Table returns a table by its short name or its logical ID.
func (s *Stack) Table(name string) (Table, error) {
	id, err := s.template.Find(name, "table", "--seed", "AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable")
	if err != nil {
		return Table{}, err
	}
	return s.table(id), nil
}

func (s *Stack) table(id string) Table {
	return Table{ID: s.template.ShortName(id), Name: s.template.PhysicalName(id)}
}

// Records yields the records of a table by its physical name, each as a JSON
// object, in no order.
func (s *Stack) Records(ctx context.Context, table string) iter.Seq2[json.RawMessage, error] {
	return s.database.Records(ctx, table)
}

// Seed writes records, each a JSON object, to a table, which is named as for
// [Stack.Table]. It returns how many it has read.
func (s *Stack) Seed(ctx context.Context, table string, records iter.Seq2[json.RawMessage, error]) (int, error) {
	found, err := s.Table(table)
	if err != nil {
		return 0, err
	}
	return s.database.Put(ctx, found.Name, records)
}
