package run

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/mapjob/mapjob/internal/cli/terminal"
	"github.com/mapjob/mapjob/internal/items"
)

// seed fills tables and buckets, and returns the physical names of the tables.
func (r *run) seed(ctx context.Context) (map[string]bool, error) {
	filled := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(r.command.Seed)) {
		from := r.command.Seed[name]
		if err := r.fill(ctx, name, from, filled); err != nil {
			return nil, fmt.Errorf("--seed %s=%s: %w", name, from, err)
		}
	}
	return filled, nil
}

// fill fills a table with the records of a file, or a bucket with a file or those
// of a folder.
func (r *run) fill(ctx context.Context, name, from string, tables map[string]bool) error {
	if bucket, key, ok := r.stack.BucketAndKey(name); ok {
		count, err := r.stack.Upload(ctx, bucket, key, from)
		if err == nil {
			r.progress.Say("filled %s with %s of %s", name, terminal.Number(count, "object"), from)
		}
		return err
	}
	table, err := r.stack.Table(name)
	if err != nil {
		return err
	}
	count, err := r.stack.Seed(ctx, name, items.File(from))
	if err != nil {
		return err
	}
	tables[table.Name] = true
	r.progress.Say("filled %s with %s of %s", name, terminal.Number(count, "record"), from)
	return nil
}
