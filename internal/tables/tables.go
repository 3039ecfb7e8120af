// Package tables creates the tables of a stack in a database, and fills them from
// files. It keeps tables as they were filled, for the next run.
package tables

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"

	"github.com/mapjob/mapjob/internal/dynamodb"
	"github.com/mapjob/mapjob/internal/items"
)

// Tables are the tables of a stack.
type Tables struct {
	// Project is the folder of the project, whose dynalite is used.
	Project string
	// Schemas are the properties of the tables, by physical name.
	Schemas map[string]map[string]any
	// Seeds fill the tables.
	Seeds []Seed
	// Kept, if it is set, is the folder that keeps tables as they were filled. The same
	// tables with the same seeds are copied from there.
	Kept string
}

// Seed fills a table with the records of a file.
type Seed struct {
	Name  string // as the user named the table
	Table string // physical name
	From  string // path
	Count int    // of records, once they are in the table
}

// Start starts a database in a folder that may have tables of an earlier one, which
// keep their records. Then it fills the tables. The database ends with running.
func (t *Tables) Start(ctx, running context.Context, d *dynamodb.Database, data string) error {
	var k *kept
	filled := false
	if _, err := os.Stat(data); errors.Is(err, fs.ErrNotExist) {
		k, filled = t.kept()
	}
	if filled && !k.use(data, t.Seeds) {
		if err := t.fillAlone(ctx, data); err != nil {
			return err
		}
		if now, ok := t.key(); ok && now == k.name { // no file has changed meanwhile
			k.keep(data, t.Seeds)
		}
	}
	if err := d.Start(running, t.Project, data); err != nil {
		return err
	}
	if filled {
		return t.create(ctx, d)
	}
	return t.fill(ctx, d)
}

// fillAlone fills tables in a folder with a database of its own, which has ended then:
// nothing writes to the folder.
func (t *Tables) fillAlone(ctx context.Context, data string) error {
	d, err := dynamodb.Listen(0)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Start(ctx, t.Project, data); err != nil {
		return err
	}
	return t.fill(ctx, d)
}

func (t *Tables) create(ctx context.Context, d *dynamodb.Database) error {
	for _, name := range slices.Sorted(maps.Keys(t.Schemas)) {
		if err := d.CreateTable(ctx, name, t.Schemas[name]); err != nil {
			return err
		}
	}
	return nil
}

// fill creates the tables and fills them.
func (t *Tables) fill(ctx context.Context, d *dynamodb.Database) error {
	if err := t.create(ctx, d); err != nil {
		return err
	}
	for i, seed := range t.Seeds {
		count, err := d.Put(ctx, seed.Table, items.File(seed.From))
		if err != nil {
			return fmt.Errorf("--seed %s=%s: %w", seed.Name, seed.From, err)
		}
		t.Seeds[i].Count = count
	}
	return nil
}
