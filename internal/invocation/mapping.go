package invocation

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/mapjob/mapjob/internal/lambdahost"
	"github.com/mapjob/mapjob/internal/sqs"
)

// Mapping is an event source mapping: a function is invoked with batches of the
// messages of a queue.
type Mapping struct {
	Queue, Function string        // physical names
	Timeout         time.Duration // of the function
	BatchSize       int           // 0: 10
	Window          time.Duration
	Concurrency     int  // invocations at once. 0: as many as the invoker runs
	Partial         bool // the function's answer names the messages that failed
}

// Delivery is an invocation of a function with a batch of messages.
type Delivery struct {
	Queue, Function string // physical names
	Messages        []sqs.Message
	Ended           time.Time // by the clock of the queues
	Failed          []string  // IDs of the messages that failed: all, if the invocation did
	FunctionError   string    // of Lambda; "" if there was an answer
	Answer          []byte    // what the function answered, or its error
	Lost            bool      // a fault lost the answer: the messages come again although they were processed
	Err             error     // why the function was not invoked
}

// mapping polls a queue.
type mapping struct {
	Mapping
	invoker    *Invoker
	consumer   *sqs.Consumer
	visibility time.Duration // timeout of the queue
}

// Poll begins to poll a queue. It refuses what AWS refuses when a mapping is
// created (Lambda API reference, "CreateEventSourceMapping" and "ScalingConfig";
// Lambda developer guide, "Creating and configuring an Amazon SQS event source
// mapping").
func (v *Invoker) Poll(m Mapping) error {
	m.BatchSize = cmp.Or(m.BatchSize, 10)
	settings, err := v.queues.Settings(m.Queue)
	if err != nil {
		err = fmt.Errorf("EventSourceArn: %w", err)
	} else if settings.VisibilityTimeout < m.Timeout {
		err = fmt.Errorf("queue %s: got a visibility timeout of %s, expected at least the timeout of function %s, %s", m.Queue, settings.VisibilityTimeout, m.Function, m.Timeout)
	}
	if err := errors.Join(m.validate(), err); err != nil {
		return err
	}
	m.Concurrency = cmp.Or(m.Concurrency, cap(v.turns)) // Lambda begins with five, and scales up to 1,250
	p := &mapping{Mapping: m, invoker: v, visibility: settings.VisibilityTimeout}
	if p.consumer, err = v.queues.Consumer(m.Queue); err != nil {
		return err
	}
	if !v.start(p.poll) {
		p.consumer.Close()
		return lambdahost.ErrClosed
	}
	return nil
}

func (m *Mapping) validate() error {
	var errs []error
	if m.BatchSize < 1 || m.BatchSize > 10_000 {
		errs = append(errs, fmt.Errorf("BatchSize: got %d, expected 1 to 10,000", m.BatchSize))
	}
	window := int(m.Window / time.Second)
	if m.BatchSize > 10 && window < 1 {
		errs = append(errs, fmt.Errorf("MaximumBatchingWindowInSeconds: got %d with a BatchSize of %d, expected at least 1 if a batch has more than 10", window, m.BatchSize))
	}
	if window < 0 || window > 300 {
		errs = append(errs, fmt.Errorf("MaximumBatchingWindowInSeconds: got %d, expected 0 to 300", window))
	}
	if n := m.Concurrency; n != 0 && (n < 2 || n > 1000) {
		errs = append(errs, fmt.Errorf("MaximumConcurrency: got %d, expected 2 to 1,000", n))
	}
	return errors.Join(errs...)
}

// poll receives batches and invokes the function with them. Like Lambda, it
// receives no more than the function may be invoked with. It takes a turn before
// it receives: the visibility timeout is for the work, not for the wait before.
func (m *mapping) poll() {
	defer m.consumer.Close()
	slots := make(chan struct{}, m.Concurrency)
	how := sqs.Receive{Max: m.BatchSize, Window: m.Window, Bytes: maxEventBytes, Size: func(message *sqs.Message) int { return len(m.record(message)) + 1 }}
	for {
		select {
		case slots <- struct{}{}:
		case <-m.invoker.ctx.Done():
			return
		}
		batch := m.next(how)
		if batch == nil {
			return
		}
		started := m.invoker.background(func(*sqs.Hold) {
			defer func() { <-slots }()
			defer m.invoker.endTurn()
			m.deliver(m.invoker.ctx, batch)
		})
		if !started {
			return
		}
	}
}

// next waits for messages, takes a turn and receives a batch. It returns nil
// when the invoker is closed.
func (m *mapping) next(how sqs.Receive) []sqs.Message {
	ctx := m.invoker.ctx
	for {
		if m.consumer.Wait(ctx) != nil || m.invoker.takeTurn(ctx) != nil {
			return nil
		}
		batch, err := m.consumer.Receive(ctx, how)
		if len(batch) > 0 {
			return batch
		}
		m.invoker.endTurn()
		if err != nil {
			return nil
		}
		// Another consumer received the messages, or they were dead letters.
	}
}

// deliver invokes the function with a batch, and deletes the messages that
// succeeded. The others come again after their visibility timeout.
func (m *mapping) deliver(ctx context.Context, batch []sqs.Message) {
	d := Delivery{Queue: m.Queue, Function: m.Function, Messages: batch}
	response, err := m.invoke(ctx, m.event(batch))
	if ctx.Err() != nil { // what the function did is not known
		return
	}
	switch {
	case err != nil:
		d.Err, d.Failed = err, ids(batch)
	case response.FunctionError != "":
		d.FunctionError, d.Answer, d.Failed = response.FunctionError, response.Payload, ids(batch)
	default:
		d.Answer = response.Payload
		if m.Partial {
			d.Failed = failures(response.Payload, batch)
		}
		d.Lost = m.invoker.queues.LoseAnswer(batch)
	}
	if !d.Lost {
		done := slices.DeleteFunc(slices.Clone(batch), func(message sqs.Message) bool { return slices.Contains(d.Failed, message.ID) })
		if err := m.invoker.queues.Delete(done...); err != nil { // never: the handles are valid
			d.Err = err
		}
	}
	d.Ended = m.invoker.queues.Now()
	if m.invoker.delivered != nil {
		m.invoker.delivered(d)
	}
}

// invoke invokes the function, again while it is throttled and the messages stay
// invisible (Lambda developer guide, "Handling errors for an SQS event source in
// Lambda", "Backoff strategy for failed invocations").
func (m *mapping) invoke(ctx context.Context, event []byte) (*lambdahost.Response, error) {
	began, pause := time.Now(), 50*time.Millisecond
	for {
		response, err := m.invoker.host.Invoke(ctx, m.Function, event) // next has taken the turn
		refused, ok := errors.AsType[*lambdahost.Error](err)
		if !ok || refused.Code != "TooManyRequestsException" || time.Since(began)+pause > m.visibility {
			return response, err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
		pause = min(2*pause, 5*time.Second)
	}
}

func ids(batch []sqs.Message) []string {
	list := make([]string, len(batch))
	for i := range batch {
		list[i] = batch[i].ID
	}
	return list
}

// failures returns the IDs of the messages that an answer says failed. An answer
// without failures is a success of the batch; one that can't be read, or has
// identifiers that are not those of messages of the batch, is a failure of all
// (Lambda developer guide, "Handling errors for an SQS event source in Lambda",
// "Success and failure conditions").
func failures(answer []byte, batch []sqs.Message) []string {
	all := ids(batch)
	if len(answer) == 0 {
		return nil
	}
	// A map, because names of struct members would match in any case.
	var partial map[string]json.RawMessage
	if json.Unmarshal(answer, &partial) != nil {
		return all
	}
	list, ok := partial["batchItemFailures"]
	if !ok {
		return nil
	}
	var failures []map[string]any
	if json.Unmarshal(list, &failures) != nil {
		return all
	}
	var failed []string
	for _, f := range failures {
		id, ok := f["itemIdentifier"].(string)
		if !ok || !slices.Contains(all, id) {
			return all
		}
		failed = append(failed, id)
	}
	return failed
}
