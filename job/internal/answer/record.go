package answer

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/mapjob/mapjob/internal/protocol"
)

// Record holds the outcomes of a batch while its items are handled.
type Record struct {
	started []atomic.Int64 // in milliseconds of Unix time; 0: not started

	mutex    sync.Mutex
	outcomes []protocol.Outcome
	done     []bool
	closed   bool
	store    func(protocol.Outcome)
}

// NewRecord returns a record in which no item is started. If store is not nil, it
// takes each outcome as it comes, and the record keeps no outputs.
func NewRecord(items int, index func(at int) int, store func(protocol.Outcome)) *Record {
	r := &Record{started: make([]atomic.Int64, items), outcomes: make([]protocol.Outcome, items), done: make([]bool, items), store: store}
	for at := range r.outcomes {
		r.outcomes[at] = protocol.NotStarted(index(at))
	}
	return r
}

// Start records when an item starts, by its position in the batch.
func (r *Record) Start(at int, began time.Time) { r.started[at].Store(began.UnixMilli()) }

// Set records the outcome of an item, by its position in the batch, and reports
// whether it has. It fails an outcome that is too large. It does nothing after Close.
func (r *Record) Set(at int, o *protocol.Outcome) bool {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.closed {
		return false
	}
	r.done[at] = true
	bound(o)
	if r.store != nil {
		r.store(*o)
		o.Output = nil
	}
	r.outcomes[at] = *o
	return true
}

// IsSet reports whether the outcome of an item was recorded before Close.
func (r *Record) IsSet(at int) bool { return r.done[at] }

// Close returns the outcomes. The time of items that still run is up.
func (r *Record) Close(now time.Time) []protocol.Outcome {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.closed {
		return r.outcomes
	}
	r.closed = true
	for at := range r.outcomes {
		started := r.started[at].Load()
		if r.done[at] || started == 0 {
			continue
		}
		o := &r.outcomes[at]
		o.StartedAt, o.Ms, o.Cause = started, max(0, now.UnixMilli()-started), protocol.CauseDeadline
		if r.store != nil {
			r.store(*o)
		}
	}
	return r.outcomes
}
