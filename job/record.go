package job

import "sync"

// record keeps the outcomes of a batch while its items are handled, one place
// for each item.
type record struct {
	mutex    sync.Mutex
	outcomes []Outcome
	closed   bool
	store    *chunkStore // takes the outcomes of a chunk as they come; nil: they are in the answer
}

// newRecord takes every item for one that was not done, until it is.
func newRecord[Item any](items []indexed[Item], store *chunkStore) *record {
	r := &record{outcomes: make([]Outcome, len(items)), store: store}
	for i := range items {
		r.outcomes[i] = notDone(items[i].Index)
	}
	return r
}

// notDone is the outcome of an item that the time was not enough for. It is of
// its invocation alone: nobody stores it, so that another one does the item.
func notDone(index int) Outcome {
	return Outcome{Index: index, Status: Failed, Retryable: true,
		Error: ErrorDeadline, Cause: "the invocation's time was up before the item was done"}
}

// keep notes the outcome of an item, unless it comes too late.
func (r *record) keep(at int, o Outcome) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.closed {
		return
	}
	if r.store != nil {
		r.store.add(&o)
		o.Output = nil // is held once
	}
	r.outcomes[at] = o
}

// close ends the record: what is not in it by now comes too late.
func (r *record) close() []Outcome {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.closed = true
	return r.outcomes
}
