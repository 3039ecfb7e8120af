package answer

import (
	"sync"

	"github.com/mapjob/mapjob/internal/protocol"
)

// Record holds the outcomes of a batch while its items are handled.
type Record struct {
	mutex    sync.Mutex
	outcomes []protocol.Outcome
	closed   bool
	store    func(protocol.Outcome)
}

// NewRecord returns a record in which no item is done. If store is not nil, it
// takes each outcome as it comes, and the record keeps no outputs.
func NewRecord(items int, index func(at int) int, store func(protocol.Outcome)) *Record {
	r := &Record{outcomes: make([]protocol.Outcome, items), store: store}
	for at := range r.outcomes {
		r.outcomes[at] = protocol.NotDone(index(at))
	}
	return r
}

// Set records the outcome of an item, by its position in the batch. It does
// nothing after Close.
func (r *Record) Set(at int, o protocol.Outcome) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.closed {
		return
	}
	if r.store != nil {
		r.store(o)
		o.Output = nil
	}
	r.outcomes[at] = o
}

// Close returns the outcomes.
func (r *Record) Close() []protocol.Outcome {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.closed = true
	return r.outcomes
}
