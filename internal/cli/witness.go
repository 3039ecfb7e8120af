package cli

import (
	"sync"
	"time"

	"github.com/mapjob/mapjob/internal/invocation"
)

// witness counts what happens in a stack that has no job, from where it can be
// seen: whatever the stack itself knows or forgets.
type witness struct {
	mutex     sync.Mutex
	written   map[string]int // how often each object was written, by bucket/key
	consumers map[string]*consumed
	last      time.Time // when the last message was done, by the time of the queues
}

// consumed is what a function behind a queue was given.
type consumed struct {
	Function    string `json:"function"`
	Queue       string `json:"queue"`
	Invocations int    `json:"invocations"`
	Messages    int    `json:"messages"`    // each counted once
	Repeated    int    `json:"repeated"`    // deliveries of a message that had been delivered before
	Failed      int    `json:"failed"`      // deliveries that failed
	LostAnswers int    `json:"lostAnswers"` // of invocations whose work was done

	seen map[string]bool
}

func newWitness() *witness {
	return &witness{written: map[string]int{}, consumers: map[string]*consumed{}}
}

func (w *witness) wrote(bucket, key string) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.written[bucket+"/"+key]++
}

func (w *witness) delivered(d invocation.Delivery) {
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

// counts is for the progress. Nobody here can tell items, or how many have
// failed: there are the objects that were written.
func (w *witness) counts() counts {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return counts{total: unknown, done: len(w.written), failed: unknown}
}
