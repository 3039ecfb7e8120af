package run

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/mapjob/mapjob/internal/cli/terminal"
	"github.com/mapjob/mapjob/internal/items"
	"github.com/mapjob/mapjob/internal/stack"
)

// seed fills tables and buckets of a stack, and notes the physical names of the
// tables.
func (r *run) seed(ctx context.Context, into *stack.Stack) error {
	r.filled = map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(r.command.Seed)) {
		from := r.command.Seed[name]
		if err := r.fill(ctx, into, name, from); err != nil {
			return fmt.Errorf("--seed %s=%s: %w", name, from, err)
		}
	}
	return nil
}

// fill fills a table with the records of a file, or a bucket with a file or those
// of a folder.
func (r *run) fill(ctx context.Context, into *stack.Stack, name, from string) error {
	if bucket, key, ok := into.BucketAndKey(name); ok {
		count, err := into.Upload(ctx, bucket, key, from)
		if err == nil {
			r.progress.Say("filled %s with %s of %s", name, terminal.Number(count, "object"), from)
		}
		return err
	}
	table, err := into.Table(name)
	if err != nil {
		return err
	}
	count, err := into.Seed(ctx, name, items.File(from))
	if err != nil {
		return err
	}
	r.filled[table.Name] = true
	r.progress.Say("filled %s with %s of %s", name, terminal.Number(count, "record"), from)
	return nil
}
