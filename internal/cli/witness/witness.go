// Package witness reports on stacks that have no job: what such a stack knows of
// its work, and beside it what this machine has seen.
package witness

import (
	"sync"
	"time"

	"github.com/mapjob/mapjob/internal/cli/terminal"
	"github.com/mapjob/mapjob/internal/invocation"
)

// Witness counts what happens in a stack, whatever the stack itself knows. It is
// safe for concurrent use.
type Witness struct {
	mutex     sync.Mutex
	written   map[string]int // how often each object was written, by bucket/key
	consumers map[string]*consumed
	last      time.Time // when the last message succeeded, by the clock of the queues
}

// consumed counts what a function was invoked with by a queue.
type consumed struct {
	Function    string `json:"function"`
	Queue       string `json:"queue"`
	Invocations int    `json:"invocations"`
	Messages    int    `json:"messages"`    // each once
	Repeated    int    `json:"repeated"`    // deliveries of a message that had been delivered before
	Failed      int    `json:"failed"`      // deliveries that failed
	LostAnswers int    `json:"lostAnswers"` // of invocations whose work succeeded

	seen map[string]bool
}

// New makes a witness that has seen nothing.
func New() *Witness {
	return &Witness{written: map[string]int{}, consumers: map[string]*consumed{}}
}

// Wrote counts an object that was written.
func (w *Witness) Wrote(bucket, key string) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.written[bucket+"/"+key]++
}

// Delivered counts a batch that a function was invoked with.
func (w *Witness) Delivered(d invocation.Delivery) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	c := w.consumers[d.Function]
	if c == nil {
		c = &consumed{Function: d.Function, Queue: d.Queue, seen: map[string]bool{}}
		w.consumers[d.Function] = c
	}
	c.Invocations++
	c.Failed += len(d.Failed)
	if d.Lost {
		c.LostAnswers++
	}
	for _, message := range d.Messages {
		if c.seen[message.ID] {
			c.Repeated++
			continue
		}
		c.seen[message.ID] = true
		c.Messages++
	}
	if len(d.Failed) < len(d.Messages) && d.Ended.After(w.last) {
		w.last = d.Ended
	}
}

// Counts returns how many objects were written. Items are not known, nor how
// many failed.
func (w *Witness) Counts() terminal.Counts {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return terminal.Counts{Total: terminal.Unknown, Done: len(w.written), Failed: terminal.Unknown}
}
