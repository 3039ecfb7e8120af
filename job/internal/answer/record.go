package answer

import (
	"sync"
	"time"

	"github.com/mapjob/mapjob/internal/protocol"
)

// Record holds the outcomes of a batch while its items are handled.
type Record struct {
	mutex    sync.Mutex
	outcomes []protocol.Outcome
	running  []bool
	closed   bool
	store    func(protocol.Outcome)
}

// NewRecord returns a record in which no item is started. If store is not nil, it
// takes each outcome as it comes, and the record keeps no outputs.
func NewRecord(items int, index func(at int) int, store func(protocol.Outcome)) *Record {
	r := &Record{outcomes: make([]protocol.Outcome, items), running: make([]bool, items), store: store}
	for at := range r.outcomes {
		r.outcomes[at] = protocol.NotStarted(index(at))
	}
	return r
}

// Start records when an item starts, by its position in the batch. It does
// nothing after Close.
func (r *Record) Start(at int, began time.Time) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.closed {
		return
	}
	o := &r.outcomes[at]
	o.StartedAt, o.Cause = began.UnixMilli(), protocol.CauseDeadline
	r.running[at] = true
}

// Set records the outcome of an item, by its position in the batch. It does
// nothing after Close.
func (r *Record) Set(at int, o protocol.Outcome) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.closed {
		return
	}
	r.running[at] = false
	if r.store != nil {
		r.store(o)
		o.Output = nil
	}
	r.outcomes[at] = o
}

// Close returns the outcomes. The time of items that still run is up.
func (r *Record) Close(now time.Time) []protocol.Outcome {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.closed {
		return r.outcomes
	}
	r.closed = true
	for at := range r.outcomes {
		if !r.running[at] {
			continue
		}
		o := &r.outcomes[at]
		o.Ms = max(0, now.UnixMilli()-o.StartedAt)
		if r.store != nil {
			r.store(*o)
		}
	}
	return r.outcomes
}
