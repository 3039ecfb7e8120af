package stack

import (
	"context"
	"iter"
)

// Keys yields the keys of the objects below a prefix in the local S3.
func (c *Stack) Keys(ctx context.Context, bucket, prefix string) iter.Seq2[string, error] {
	return c.store.Keys(ctx, bucket, prefix)
}
