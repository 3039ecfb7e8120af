package tally

import (
	"slices"

	"github.com/mapjob/mapjob/job/report"
)

// ItemErrors has the error of each failed item, by the item's index. Items in one
// block that failed with the same error take no memory of their own, others four
// bytes, and succeeded items a sixteenth of a bit. The zero ItemErrors is empty
// and ready to use.
type ItemErrors struct {
	ids    map[string]uint16
	names  []string // by id
	bytes  int      // of the names
	blocks []errorBlock
}

// A name may contain an ID, so there may be as many names as items. Errors after the
// first maxItemNames, or after maxNameBytes of names, are [report.OtherErrors].
const (
	maxItemNames = 1<<16 - 2 // of 16 bits, 0 is not used and 1 is for all others
	maxNameBytes = 1 << 20
	otherErrors  = 1
)

// errorBlock has the errors of blockLength items.
type errorBlock struct {
	usual  uint16   // of items that failed and are not in others; 0: no item of the block failed
	sorted bool     // others is sorted
	others []uint32 // an item's place in the block, and in the lower 16 bits the id of its error
}

const blockLength = 4096

// Add notes the error of a failed item. Call it once for an item.
func (e *ItemErrors) Add(index int, name string) {
	id := e.id(Name(name))
	if at := index / blockLength; at >= len(e.blocks) {
		e.blocks = append(e.blocks, make([]errorBlock, at+1-len(e.blocks))...)
	}
	b := &e.blocks[index/blockLength]
	switch {
	case b.usual == 0:
		b.usual = id
	case b.usual != id:
		b.others, b.sorted = append(b.others, uint32(index%blockLength)<<16|uint32(id)), false
	}
}

func (e *ItemErrors) id(name string) uint16 {
	if id, ok := e.ids[name]; ok {
		return id
	}
	if e.ids == nil {
		e.ids, e.names = map[string]uint16{}, []string{"", report.OtherErrors}
	}
	if len(e.ids) == maxItemNames || e.bytes+len(name) > maxNameBytes {
		return otherErrors
	}
	id := uint16(len(e.names))
	e.ids[name], e.names, e.bytes = id, append(e.names, name), e.bytes+len(name)
	return id
}

// Of returns the error of an item that was added.
func (e *ItemErrors) Of(index int) string {
	b := &e.blocks[index/blockLength]
	if !b.sorted {
		slices.Sort(b.others)
		b.sorted = true
	}
	place := uint32(index%blockLength) << 16
	if at, _ := slices.BinarySearch(b.others, place); at < len(b.others) && b.others[at]>>16 == place>>16 {
		return e.names[uint16(b.others[at])]
	}
	return e.names[b.usual]
}
