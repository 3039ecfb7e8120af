package stack

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"path/filepath"
	"slices"

	"github.com/mapjob/mapjob/internal/tables"
	"github.com/mapjob/mapjob/internal/template"
)

// Table is a table of the stack.
type Table struct {
	ID   string // short name of its construct
	Name string // physical name
}

func (s *Stack) tableResources() []*template.Resource {
	return s.template.Resources("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable")
}

// Tables lists the stack's tables.
func (s *Stack) Tables() []Table {
	var list []Table
	for _, r := range s.tableResources() {
		list = append(list, s.table(r))
	}
	return list
}

// Table returns a table by its short name or its logical ID.
func (s *Stack) Table(name string) (Table, error) {
	r, err := s.template.Find(name, "table or bucket", "--seed", "AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable", bucketType)
	if err != nil {
		return Table{}, err
	}
	if r.Type == bucketType {
		return Table{}, fmt.Errorf("got bucket %q, expected a table", name)
	}
	return s.table(r), nil
}

func (s *Stack) table(r *template.Resource) Table {
	return Table{ID: s.template.ShortName(r), Name: r.PhysicalName()}
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

// Seeded lists the files that have filled tables.
func (s *Stack) Seeded() []tables.Seed { return s.tables.Seeds }

// readTables reads what the tables are made from.
func (s *Stack) readTables(context.Context) error {
	s.tables = &tables.Tables{Project: ".", Schemas: map[string]map[string]any{}, Kept: s.options.KeptSeeds}
	for _, r := range s.tableResources() {
		properties, err := r.Properties("KeySchema", "AttributeDefinitions", "GlobalSecondaryIndexes", "LocalSecondaryIndexes")
		if err != nil {
			s.without(r, "table", err)
			continue
		}
		s.tables.Schemas[r.PhysicalName()] = properties
	}
	for _, name := range slices.Sorted(maps.Keys(s.options.Seeds)) {
		from := s.options.Seeds[name]
		table, err := s.Table(name)
		if err != nil {
			return fmt.Errorf("--seed %s=%s: %w", name, from, err)
		}
		s.tables.Seeds = append(s.tables.Seeds, tables.Seed{Name: name, Table: table.Name, From: from})
	}
	return nil
}

// startTables starts the database, which ends with running, and fills the tables.
func (s *Stack) startTables(ctx, running context.Context) error {
	if len(s.tableResources()) == 0 {
		return nil
	}
	return s.tables.Start(ctx, running, s.database, filepath.Join(s.options.Folder, "tables"))
}
