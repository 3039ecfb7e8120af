package stack

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mapjob/mapjob/internal/lambdahost"
	"github.com/mapjob/mapjob/internal/sqs"
	"github.com/mapjob/mapjob/internal/template"
)

// mappingProperties are those of AWS::Lambda::EventSourceMapping that matter here.
type mappingProperties struct {
	BatchSize                      int
	Enabled                        *bool
	EventSourceArn                 string
	FilterCriteria                 any
	FunctionName                   string // or ARN
	FunctionResponseTypes          []string
	MaximumBatchingWindowInSeconds int
	ScalingConfig                  struct{ MaximumConcurrency int }
}

// mapping polls a queue and invokes a function with batches of its messages.
type mapping struct {
	cloud       *Stack
	consumer    *sqs.Consumer
	queue       string // physical names
	function    string
	batchSize   int
	window      time.Duration
	concurrency int           // invocations at once
	partial     bool          // the answer says which messages failed
	visibility  time.Duration // of the queue
}

// Delivery is an invocation of a function with a batch of messages.
type Delivery struct {
	Queue, Function string // physical names
	Messages        []sqs.Message
	Ended           time.Time // by the time of the queues
	Failed          []string  // IDs of the messages that failed; of all if the invocation did
	FunctionError   string    // of Lambda; empty: there was an answer
	Answer          []byte    // what the function answered, or its error
	Lost            bool      // a fault has lost the answer: the messages come again, and the work is done
	Err             error     // why the function was not invoked, if it was not
}

// startMappings begins to poll the stack's queues.
func (c *Stack) startMappings() error {
	t := c.template
	var mappings []*mapping
	for _, id := range t.OfType("AWS::Lambda::EventSourceMapping") {
		var p mappingProperties
		if err := t.Decode(id, &p); err != nil {
			return err
		}
		if reason := c.unpolled(&p); reason != "" {
			c.absent = append(c.absent, fmt.Sprintf("event source mapping %s (%s)", id, reason))
			continue
		}
		m, err := c.newMapping(&p)
		if err != nil {
			return fmt.Errorf("event source mapping %s: %w", id, err)
		}
		mappings = append(mappings, m)
	}
	c.polls = len(mappings) > 0
	for _, m := range mappings {
		var err error
		if m.consumer, err = c.queues.service.Consumer(m.queue); err != nil {
			return err
		}
		c.queues.goOn(m.poll)
	}
	return nil
}

// Polls reports whether a queue of the stack is polled, so that there may be work
// in it which nobody waits for.
func (c *Stack) Polls() bool { return c.polls }

// unpolled is why a mapping does not run on this machine. It is empty if it does.
func (c *Stack) unpolled(p *mappingProperties) string {
	switch {
	case p.Enabled != nil && !*p.Enabled:
		return "not enabled"
	case !strings.HasPrefix(p.EventSourceArn, "arn:"+template.Partition+":sqs:"):
		return fmt.Sprintf("of %s; only queues are polled here", p.EventSourceArn)
	case strings.HasSuffix(p.EventSourceArn, ".fifo"):
		return "of a FIFO queue; only standard queues run here"
	case p.FilterCriteria != nil:
		return "with FilterCriteria, which are not here"
	case !c.functions[functionName(p.FunctionName)]:
		return fmt.Sprintf("for function %s, which is not run here", p.FunctionName)
	}
	return ""
}

// functionName is the name in a function's name or ARN.
func functionName(address string) string {
	if _, qualified, ok := strings.Cut(address, ":function:"); ok {
		address, _, _ = strings.Cut(qualified, ":")
	}
	return address
}

// newMapping checks what AWS does when it creates a mapping (Lambda API
// reference, "CreateEventSourceMapping" and "ScalingConfig"; Lambda developer
// guide, "Creating and configuring an Amazon SQS event source mapping").
func (c *Stack) newMapping(p *mappingProperties) (*mapping, error) {
	m := &mapping{cloud: c, queue: sqs.NameOf(p.EventSourceArn), function: functionName(p.FunctionName),
		batchSize: cmp.Or(p.BatchSize, 10), window: time.Duration(p.MaximumBatchingWindowInSeconds) * time.Second,
		concurrency: p.ScalingConfig.MaximumConcurrency, partial: slices.Contains(p.FunctionResponseTypes, "ReportBatchItemFailures")}
	var errs []error
	if m.batchSize < 1 || m.batchSize > 10_000 {
		errs = append(errs, fmt.Errorf("BatchSize: got %d, expected 1 to 10,000", m.batchSize))
	}
	if m.batchSize > 10 && m.window < time.Second {
		errs = append(errs, fmt.Errorf("MaximumBatchingWindowInSeconds: got %d with a BatchSize of %d, expected at least 1 where a batch has more than 10", p.MaximumBatchingWindowInSeconds, m.batchSize))
	}
	if m.window < 0 || m.window > 300*time.Second {
		errs = append(errs, fmt.Errorf("MaximumBatchingWindowInSeconds: got %d, expected 0 to 300", p.MaximumBatchingWindowInSeconds))
	}
	if n := m.concurrency; n != 0 && (n < 2 || n > 1000) {
		errs = append(errs, fmt.Errorf("MaximumConcurrency: got %d, expected 2 to 1,000", n))
	}
	attributes, err := c.queues.service.Settings(m.queue)
	if err != nil {
		return nil, errors.Join(append(errs, fmt.Errorf("EventSourceArn: %w", err))...)
	}
	m.visibility = attributes.VisibilityTimeout
	if timeout := c.timeouts[m.function]; m.visibility < timeout {
		errs = append(errs, fmt.Errorf("queue %s: got a visibility timeout of %s, expected at least the %s of the timeout of function %s", m.queue, m.visibility, timeout, m.function))
	}
	if m.concurrency == 0 { // Lambda would begin with five, and go up to 1,250
		m.concurrency = cap(c.turns)
	}
	return m, errors.Join(errs...)
}

// poll receives batches and has the function invoked with them. Like Lambda, it
// receives no more than it may invoke the function with, and takes a turn, which
// the mappings share, before it receives: the time for which a message is
// invisible is for the work, not for the wait before it.
func (m *mapping) poll() {
	defer m.consumer.Close()
	queues := m.cloud.queues
	slots := make(chan struct{}, m.concurrency)
	how := sqs.Receive{Max: m.batchSize, Window: m.window, Bytes: maxEventBytes, Size: func(message *sqs.Message) int { return len(m.record(message)) + 1 }}
	for {
		select {
		case slots <- struct{}{}:
		case <-queues.ctx.Done():
			return
		}
		batch := m.next(how)
		if batch == nil {
			return
		}
		hold := queues.service.Hold()
		began := queues.goOn(func() {
			defer hold.End()
			defer func() { <-slots }()
			defer m.cloud.endTurn()
			m.deliver(queues.ctx, batch)
		})
		if !began {
			hold.End()
			return
		}
	}
}

// next takes a turn and receives a batch, once there are messages. It is nil
// when this machine ends.
func (m *mapping) next(how sqs.Receive) []sqs.Message {
	ctx := m.cloud.queues.ctx
	for {
		if m.consumer.Wait(ctx) != nil || m.cloud.takeTurn(ctx) != nil {
			return nil
		}
		batch, err := m.consumer.Receive(ctx, how)
		if len(batch) > 0 {
			return batch
		}
		m.cloud.endTurn()
		if err != nil {
			return nil
		}
		// Somebody else has received them meanwhile, or they were dead letters.
	}
}

// deliver invokes the function with a batch, and deletes what has succeeded.
// What has failed is left to its visibility timeout.
func (m *mapping) deliver(ctx context.Context, batch []sqs.Message) {
	d := Delivery{Queue: m.queue, Function: m.function, Messages: batch}
	response, err := m.invoke(ctx, m.event(batch))
	if ctx.Err() != nil { // this machine ends, and nobody knows what the function did
		return
	}
	switch {
	case err != nil:
		d.Err, d.Failed = err, ids(batch)
	case response.FunctionError != "":
		d.FunctionError, d.Answer, d.Failed = response.FunctionError, response.Payload, ids(batch)
	default:
		d.Answer = response.Payload
		if m.partial {
			d.Failed = failures(response.Payload, batch)
		}
		d.Lost = m.cloud.queues.service.LoseAnswer(batch)
	}
	if !d.Lost {
		done := slices.DeleteFunc(slices.Clone(batch), func(message sqs.Message) bool { return slices.Contains(d.Failed, message.ID) })
		if err := m.cloud.queues.service.Delete(done...); err != nil { // handles are good, so it can't be
			d.Err = err
		}
	}
	d.Ended = m.cloud.queues.service.Now()
	if m.cloud.options.Delivered != nil {
		m.cloud.options.Delivered(d)
	}
}

// invoke tries again while the function is throttled and the messages stay
// invisible (Lambda developer guide, "Handling errors for an SQS event source in
// Lambda", "Backoff strategy for failed invocations").
func (m *mapping) invoke(ctx context.Context, event []byte) (*lambdahost.Response, error) {
	begun, pause := time.Now(), 50*time.Millisecond
	for {
		response, err := m.cloud.host.Invoke(ctx, m.function, event) // the turn was taken before the batch was received
		refused, ok := errors.AsType[*lambdahost.Error](err)
		if !ok || refused.Code != "TooManyRequestsException" || time.Since(begun)+pause > m.visibility {
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

// failures are the IDs of the messages that an answer says have failed. An
// answer that says nothing is a success of the batch; one that can't be read,
// or whose identifiers aren't those of messages of the batch, is a failure of
// all of it (Lambda developer guide, "Handling errors for an SQS event source
// in Lambda", "Success and failure conditions").
func failures(answer []byte, batch []sqs.Message) []string {
	all := ids(batch)
	if len(answer) == 0 {
		return nil
	}
	// Maps, because Lambda takes the names as they are, and the members of a
	// struct would be found in any case.
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
