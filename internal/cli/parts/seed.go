package parts

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/mapjob/mapjob/internal/items"
	"github.com/mapjob/mapjob/internal/number"
	"github.com/mapjob/mapjob/internal/stack"
)

// seed fills tables and buckets of a stack, and notes the physical names of the
// tables.
func (p *Parts) seed(ctx context.Context, into *stack.Stack) error {
	p.Filled = map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(p.Flags.Seed)) {
		from := p.Flags.Seed[name]
		if err := p.fill(ctx, into, name, from); err != nil {
			return fmt.Errorf("--seed %s=%s: %w", name, from, err)
		}
	}
	return nil
}

// fill fills a table with the records of a file, or a bucket with a file or those
// of a folder.
func (p *Parts) fill(ctx context.Context, into *stack.Stack, name, from string) error {
	if bucket, key, ok := into.BucketAndKey(name); ok {
		count, err := into.Upload(ctx, bucket, key, from)
		if err == nil {
			p.Progress.Say("filled %s with %s of %s", name, number.Of(count, "object"), from)
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
	p.Filled[table.Name] = true
	p.Progress.Say("filled %s with %s of %s", name, number.Of(count, "record"), from)
	return nil
}
