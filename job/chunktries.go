package job

import (
	"context"
	"fmt"
	"path"
	"strings"
)

// A chunk may be tried more than once, and each try stores what it did. Of
// what they say of an item the best counts, so that a later try can mend what
// was for another time, and can't spoil what was done.

// isFinal reports whether no other try could change the outcome.
func (o *Outcome) isFinal() bool { return o.Status == Succeeded || !o.Retryable }

// rank is the higher the more an outcome counts.
func (o *Outcome) rank() uint8 {
	switch {
	case o.Status == Succeeded:
		return 3
	case o.isFinal():
		return 2
	}
	return 1
}

// isValid reports whether there can be such a chunk.
func (c *chunk) isValid() bool {
	return c.Bucket != "" && c.Key != "" && c.First >= 0 && c.Count > 0 && c.First < maxItems && c.Count <= maxItems
}

// folder is where the outcomes of a chunk are, of every time it was tried.
func (c *chunk) folder(outcomes *place) string {
	return fmt.Sprintf("%s/%012d/", outcomes.Prefix, c.First)
}

// storedBefore yields the outcomes that the tries of a chunk have stored so
// far, the best of each item.
func (c *chunk) storedBefore(ctx context.Context, outcomes *place, do func(part string, o Outcome) error) error {
	stored := place{Bucket: outcomes.Bucket, Prefix: c.folder(outcomes)}
	for key, err := range keys(ctx, stored.Bucket, stored.Prefix) {
		if err != nil {
			return err
		}
		stored.Parts = append(stored.Parts, path.Base(key))
	}
	return c.eachBest(ctx, &stored, do)
}

// eachBest yields the best outcome that the parts have of each item. Those of
// one try have one of each and are read once; else which is the best is known
// after all have been read.
func (c *chunk) eachBest(ctx context.Context, stored *place, do func(part string, o Outcome) error) error {
	type choice struct {
		rank uint8
		part int32
	}
	best := make([]choice, c.Count)
	read := func(do func(part int32, at *choice, o Outcome) error) error {
		for part, name := range stored.Parts {
			key := stored.Prefix + name
			err := eachOutcome(ctx, stored.Bucket, key, func(o Outcome) error {
				if at := o.Index - c.First; at < 0 || at >= c.Count {
					return invocationError(ErrorInvalidResult, fmt.Sprintf(
						"got an outcome of item %d in s3://%s/%s, expected those of a chunk, items %d to %d", o.Index, stored.Bucket, key, c.First, c.First+c.Count-1))
				}
				return do(int32(part), &best[o.Index-c.First], o)
			})
			if err != nil {
				return err
			}
		}
		return nil
	}
	several := severalTries(stored.Parts)
	if several {
		err := read(func(part int32, at *choice, o Outcome) error {
			if rank := o.rank(); rank > at.rank {
				*at = choice{rank, part}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	const told = 255 // more than any rank
	return read(func(part int32, at *choice, o Outcome) error {
		if at.rank == told || several && (at.part != part || at.rank != o.rank()) {
			return nil
		}
		at.rank = told
		return do(stored.Parts[part], o)
	})
}

// partName is the name of a try's n-th part.
func partName(try string, n int) string { return fmt.Sprintf("%s-%04d.jsonl", try, n) }

// severalTries reports whether the parts are of more than one try.
func severalTries(parts []string) bool {
	try := func(part string) string { return part[:max(0, strings.LastIndexByte(part, '-'))] }
	for _, part := range parts {
		if try(part) != try(parts[0]) {
			return true
		}
	}
	return false
}
