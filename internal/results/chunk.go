package results

import (
	"context"
	"encoding/json"
	"path"
	"slices"

	"github.com/mapjob/mapjob/internal/protocol"
)

// Chunk reads the outcomes that the tries of a chunk have stored so far. It calls do
// with the best outcome of each item, which is the one with the highest
// [protocol.Outcome.Rank], and with the part that has it. It ignores everything else
// in the parts.
func (r Reader) Chunk(ctx context.Context, c protocol.Chunk, outcomes protocol.Folder, do func(part string, o protocol.Outcome) error) error {
	return (&reading{Reader: r, ctx: ctx}).chunk(c, outcomes, do)
}

func (r *reading) chunk(c protocol.Chunk, outcomes protocol.Folder, do func(part string, o protocol.Outcome) error) error {
	stored := outcomes.ChunkOutcomes(c.First)
	for key, err := range r.Store.Keys(r.ctx, stored.Bucket, stored.Prefix) {
		if err != nil {
			return err
		}
		stored.Parts = append(stored.Parts, path.Base(key))
	}
	return r.eachBest(&c, stored, func(error) bool { return false }, do)
}

// yieldBest yields the best outcome that parts have of each item of a chunk.
func (r *reading) yieldBest(items *batch, stored protocol.OutcomesLocation, missing func(error) bool) error {
	return r.eachBest(items.chunk, stored, missing, func(_ string, o protocol.Outcome) error {
		items.see(o.Index)
		return r.yield(o)
	})
}

// eachBest calls do with the best outcome that the parts have of each item. The
// parts of a single try have one outcome of each item and are read once. Those of
// several tries are read twice: which outcome is the best is known after the first
// time. If missing reports true for the error of a part, the part has no outcomes.
func (r *reading) eachBest(c *protocol.Chunk, stored protocol.OutcomesLocation, missing func(error) bool, do func(part string, o protocol.Outcome) error) error {
	type choice struct {
		rank uint8
		part int32
	}
	best := make([]choice, c.Count)
	several := severalTries(stored.Parts)
	skip := map[string]bool{} // parts that are missing
	read := func(isLast bool, do func(part int32, best *choice, o *protocol.Outcome) error) error {
		for part, name := range stored.Parts {
			if skip[name] || slices.Contains(stored.Parts[:part], name) {
				continue
			}
			key := stored.Prefix + name
			err := r.eachLine(r.ctx, stored.Bucket, key, func(text []byte) error {
				o := r.decoder.decode(text)
				if o == nil || o.Index < c.First || o.Index >= c.First+c.Count {
					if isLast {
						r.ignored.add("got %s in %s, expected an outcome of items %d to %d", protocol.Excerpt(text), address(stored.Bucket, key), c.First, c.First+c.Count-1)
					}
					return nil
				}
				return do(int32(part), &best[o.Index-c.First], o)
			})
			if err != nil {
				if !missing(err) {
					return err
				}
				skip[name] = true
			}
		}
		return nil
	}
	if several {
		err := read(false, func(part int32, best *choice, o *protocol.Outcome) error {
			if rank := o.Rank(); rank > best.rank {
				*best = choice{rank, part}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	const done = 255 // more than any rank
	return read(true, func(part int32, best *choice, o *protocol.Outcome) error {
		if best.rank == done || several && (best.part != part || best.rank != o.Rank()) {
			return nil
		}
		best.rank = done
		return do(stored.Parts[part], *o)
	})
}

// severalTries reports whether the parts are of more than one try.
func severalTries(parts []string) bool {
	for _, part := range parts {
		if protocol.TryOf(part) != protocol.TryOf(parts[0]) {
			return true
		}
	}
	return false
}

// failedChunk yields the outcomes that the tries of a chunk have stored, and
// calls fail for the other items.
func (r *reading) failedChunk(b *protocol.Batch[json.RawMessage], fail func(index int, item json.RawMessage) error) error {
	c := b.Chunk
	if !c.IsValid() {
		text, _ := json.Marshal(c)
		return protocol.Errorf(protocol.ErrorInvalidInput,
			"got the chunk %s of a child execution, expected one with its bucket, key, first and count", text)
	}
	known := make([]bool, c.Count)
	if b.BatchInput.Outcomes != nil {
		err := r.chunk(*c, *b.BatchInput.Outcomes, func(_ string, o protocol.Outcome) error {
			known[o.Index-c.First] = true
			return r.yield(o)
		})
		if err != nil {
			return err
		}
	}
	for i := range known {
		if !known[i] {
			if err := fail(c.First+i, nil); err != nil {
				return err
			}
		}
	}
	return nil
}
