package results

import (
	"encoding/json"
	"fmt"

	"github.com/mapjob/mapjob/internal/protocol"
)

// batch has the items that a worker was given, and notes which have an outcome.
type batch struct {
	chunk *protocol.Chunk // nil: a list of items
	seen  []bool          // items of the chunk that have an outcome, by position

	given []int                   // indexes of the list
	isNew map[int]bool            // items of the list that have no outcome yet
	items map[int]json.RawMessage // of the list, by index; nil: not known
}

func newBatch(b *protocol.BatchAnswer) *batch {
	if b.Chunk != nil {
		return &batch{chunk: b.Chunk, seen: make([]bool, b.Chunk.Count)}
	}
	items := &batch{given: b.Given, isNew: make(map[int]bool, len(b.Given))}
	if len(b.Items) > 0 {
		items.given, items.items = nil, make(map[int]json.RawMessage, len(b.Items))
	}
	for _, item := range b.Items {
		items.given = append(items.given, item.Index)
		items.items[item.Index] = item.Item
	}
	for _, index := range items.given {
		items.isNew[index] = true
	}
	return items
}

// see notes that an item has an outcome. It reports whether the batch has the item.
func (b *batch) see(index int) bool {
	if b.chunk != nil {
		at := index - b.chunk.First
		if at < 0 || at >= len(b.seen) {
			return false
		}
		b.seen[at] = true
		return true
	}
	if _, given := b.isNew[index]; !given {
		return false
	}
	b.isNew[index] = false
	return true
}

// eachUnseen calls do with each item without an outcome.
func (b *batch) eachUnseen(do func(index int) error) error {
	for at, seen := range b.seen {
		if !seen {
			if err := do(b.chunk.First + at); err != nil {
				return err
			}
		}
	}
	for _, index := range b.given {
		if b.isNew[index] {
			if err := do(index); err != nil {
				return err
			}
		}
	}
	return nil
}

// unseen returns how many items have no outcome.
func (b *batch) unseen() int {
	n := 0
	_ = b.eachUnseen(func(int) error { n++; return nil })
	return n
}

func (b *batch) String() string {
	if b.chunk != nil && b.chunk.Count == 1 {
		return fmt.Sprintf("item %d", b.chunk.First)
	}
	if b.chunk != nil {
		return fmt.Sprintf("items %d to %d", b.chunk.First, b.chunk.First+b.chunk.Count-1)
	}
	if len(b.given) == 1 {
		return fmt.Sprintf("item %d", b.given[0])
	}
	return fmt.Sprintf("%d items from item %d", len(b.given), b.given[0])
}
