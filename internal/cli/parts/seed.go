package parts

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	"github.com/mapjob/mapjob/internal/number"
	"github.com/mapjob/mapjob/internal/stack"
)

// seed lets a stack fill its tables and buckets when it starts.
func (p *Parts) seed(options *stack.Options) {
	tables, buckets := map[string]string{}, map[string]string{}
	for name, from := range p.Flags.Seed {
		if _, _, ok := p.Stack.BucketAndKey(name); ok {
			buckets[name] = from
		} else {
			tables[name] = from
		}
	}
	options.Seeds, options.KeptSeeds = tables, filepath.Join(".mapjob", "seeds")
	options.Fill = func(ctx context.Context, into *stack.Stack) error {
		for _, seeded := range into.Seeded() {
			p.Progress.Say("filled %s with %s of %s", seeded.Name, number.Of(seeded.Count, "record"), seeded.From)
		}
		for _, name := range slices.Sorted(maps.Keys(buckets)) {
			bucket, key, _ := into.BucketAndKey(name)
			count, err := into.Upload(ctx, bucket, key, buckets[name])
			if err != nil {
				return fmt.Errorf("--seed %s=%s: %w", name, buckets[name], err)
			}
			p.Progress.Say("filled %s with %s of %s", name, number.Of(count, "object"), buckets[name])
		}
		return nil
	}
}
