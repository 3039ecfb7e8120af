package stack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/mapjob/mapjob/internal/sqs"
	"github.com/mapjob/mapjob/internal/template"
)

// queues are the queues of the stack and what works behind them.
type queues struct {
	service *sqs.Service
	url     string  // of the SQS API; empty: the stack has no queues, and there is no API
	server  *server // nil: as above

	// What runs in the background: event source mappings and asynchronous
	// invocations. It ends with the context.
	ctx     context.Context
	stop    context.CancelFunc
	mutex   sync.Mutex // none is added while close waits for them
	running sync.WaitGroup
}

// startQueues creates the queues of the stack.
func startQueues(c *Stack) (*queues, error) {
	q := &queues{service: sqs.New(sqs.Options{Region: template.Region, Account: template.Account, Faults: c.options.QueueFaults})}
	q.ctx, q.stop = context.WithCancel(context.Background())
	t := c.template
	ids := t.OfType("AWS::SQS::Queue")
	for _, id := range ids {
		properties, err := t.Properties(id)
		if err != nil {
			return nil, err
		}
		name := t.PhysicalName(id)
		if properties["FifoQueue"] == true || strings.HasSuffix(name, ".fifo") {
			c.absent = append(c.absent, fmt.Sprintf("queue %s (FIFO; only standard queues run here)", id))
			continue
		}
		if err := q.service.CreateQueue(name, queueAttributes(properties)); err != nil {
			return nil, fmt.Errorf("queue %s: %w", id, err)
		}
	}
	if len(ids) == 0 {
		return q, nil
	}
	var err error
	if q.server, err = serve("SQS", "", 0, q.service); err != nil {
		return nil, err
	}
	q.url = q.server.url
	return q, nil
}

// queueAttributes are the attributes of CreateQueue, whose names the properties
// have, as texts.
func queueAttributes(properties map[string]any) map[string]string {
	attributes := map[string]string{}
	for name, v := range properties {
		switch v := v.(type) {
		case string:
			attributes[name] = v
		default:
			text, _ := json.Marshal(v) // it came from JSON
			attributes[name] = string(text)
		}
	}
	return attributes
}

// goOn runs work in the background, and reports false if it is too late for
// that.
func (q *queues) goOn(work func()) bool {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	if q.ctx.Err() != nil {
		return false
	}
	q.running.Go(work)
	return true
}

// close ends what works behind the queues, and waits for it.
func (q *queues) close() error {
	q.mutex.Lock()
	q.stop()
	q.mutex.Unlock()
	q.running.Wait()
	if q.server == nil {
		return nil
	}
	return q.server.close()
}

// Drain waits until there is nothing left to do for the queues: nobody is
// invoked, no event waits for another try, no message is in flight or delayed,
// and none is in a queue that an event source mapping polls. What is left then
// lies in queues that nobody polls, such as those for dead letters.
//
// While nothing is under way the time of the queues jumps to the next moment at
// which something happens, so that visibility timeouts, delays, batching
// windows and the waits between tries take none. The error is the cause of
// ctx's end.
func (c *Stack) Drain(ctx context.Context) error { return c.queues.service.Drain(ctx) }

// Queue is a queue of the stack, and what is in it.
type Queue struct {
	ID, Name string // the short name of its construct, the physical name
	sqs.Counts
	Messages []sqs.Message // all of them
}

// Queues are the stack's queues.
func (c *Stack) Queues() ([]Queue, error) {
	var list []Queue
	for _, id := range c.template.OfType("AWS::SQS::Queue") {
		q := Queue{ID: c.template.ShortName(id), Name: c.template.PhysicalName(id)}
		if strings.HasSuffix(q.Name, ".fifo") {
			continue
		}
		var countErr, listErr error
		q.Counts, countErr = c.queues.service.Counts(q.Name)
		q.Messages, listErr = c.queues.service.Messages(q.Name)
		if err := errors.Join(countErr, listErr); err != nil {
			return nil, err
		}
		list = append(list, q)
	}
	return list, nil
}

// Duplicates are the messages that a fault has delivered once more.
func (c *Stack) Duplicates() []sqs.Duplicate { return c.queues.service.Duplicates() }

// LostAnswers are the batches of messages that a function was invoked with, and
// whose answer a fault has lost.
func (c *Stack) LostAnswers() [][]sqs.Message { return c.queues.service.LostAnswers() }
