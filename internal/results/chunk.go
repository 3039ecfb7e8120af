package results

import (
	"context"
	"encoding/json"
	"path"

	"github.com/mapjob/mapjob/internal/protocol"
)

// Chunk reads the outcomes that the tries of a chunk have stored so far. It calls do
// with the best outcome of each item and the part that has it. The best is the one
// with the highest rank: see [protocol.Outcome.Rank].
func (r Reader) Chunk(ctx context.Context, c protocol.Chunk, outcomes protocol.Folder, do func(part string, o protocol.Outcome) error) error {
	stored := outcomes.ChunkOutcomes(c.First)
	for key, err := range r.Store.Keys(ctx, stored.Bucket, stored.Prefix) {
		if err != nil {
			return err
		}
		stored.Parts = append(stored.Parts, path.Base(key))
	}
	return r.best(ctx, c, stored, do)
}

// best yields the best outcome that the parts have of each item. The parts of a
// single try have one outcome of each item and are read once. Those of several
// tries are read twice: which outcome is the best is known after the first time.
func (r Reader) best(ctx context.Context, c protocol.Chunk, stored protocol.OutcomesLocation, do func(part string, o protocol.Outcome) error) error {
	type choice struct {
		rank uint8
		part int32
	}
	best := make([]choice, c.Count)
	read := func(do func(part int32, best *choice, o protocol.Outcome) error) error {
		for part, name := range stored.Parts {
			key := stored.Prefix + name
			err := r.answers(ctx, stored.Bucket, key, func(o protocol.Outcome) error {
				at := o.Index - c.First
				if at < 0 || at >= c.Count {
					return invalid("got an outcome of item %d in %s, expected those of a chunk, items %d to %d",
						o.Index, address(stored.Bucket, key), c.First, c.First+c.Count-1)
				}
				return do(int32(part), &best[at], o)
			})
			if err != nil {
				return err
			}
		}
		return nil
	}
	several := severalTries(stored.Parts)
	if several {
		err := read(func(part int32, best *choice, o protocol.Outcome) error {
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
	return read(func(part int32, best *choice, o protocol.Outcome) error {
		if best.rank == done || several && (best.part != part || best.rank != o.Rank()) {
			return nil
		}
		best.rank = done
		return do(stored.Parts[part], o)
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

// storedChunk reads the outcomes of a chunk from where its worker stored them.
// If as many outcomes are missing as the worker said that it had not started,
// those are the items that were not started. If more are missing, some are lost:
// none is made up, so that the account does not add up.
func (r Reader) storedChunk(ctx context.Context, s *protocol.StoredOutcomes, yield Yield) error {
	c := s.Chunk
	if !c.IsValid() {
		text, _ := json.Marshal(s)
		return invalid("got %s, expected the outcomes of a chunk with its bucket, key, first and count", text)
	}
	known, unknown := make([]bool, c.Count), c.Count
	err := r.best(ctx, *c, s.Outcomes, func(_ string, o protocol.Outcome) error {
		known[o.Index-c.First] = true
		unknown--
		return yield(o)
	})
	if err != nil || unknown > s.NotBegun {
		return err
	}
	for i := range known {
		if !known[i] {
			if err := yield(protocol.NotStarted(c.First + i)); err != nil {
				return err
			}
		}
	}
	return nil
}

// failedChunk yields the outcomes that the tries of a chunk have stored, and
// calls fail for the other items.
func (r Reader) failedChunk(ctx context.Context, b *protocol.Batch[json.RawMessage], yield Yield, fail func(index int, item json.RawMessage) error) error {
	c := b.Chunk
	if !c.IsValid() {
		text, _ := json.Marshal(c)
		return protocol.Errorf(protocol.ErrorInvalidInput,
			"got the chunk %s of a child execution, expected one with its bucket, key, first and count", text)
	}
	known := make([]bool, c.Count)
	if b.BatchInput.Outcomes != nil {
		err := r.Chunk(ctx, *c, *b.BatchInput.Outcomes, func(_ string, o protocol.Outcome) error {
			known[o.Index-c.First] = true
			return yield(o)
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
