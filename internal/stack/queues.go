package stack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mapjob/mapjob/internal/invocation"
	"github.com/mapjob/mapjob/internal/loopback"
	"github.com/mapjob/mapjob/internal/sqs"
	"github.com/mapjob/mapjob/internal/template"
)

const queueType = "AWS::SQS::Queue"

// startQueues creates the queues of the stack, and serves them if there are any.
func (s *Stack) startQueues(context.Context) (err error) {
	queues := s.template.Resources(queueType)
	for _, r := range queues {
		properties, err := r.Properties()
		if err != nil {
			s.without(r, "queue", err)
			continue
		}
		name := r.PhysicalName()
		if properties["FifoQueue"] == true || strings.HasSuffix(name, ".fifo") {
			s.without(r, "queue", errors.New("FIFO; only standard queues run here"))
			continue
		}
		if err := s.queues.CreateQueue(name, queueAttributes(properties)); err != nil {
			return fmt.Errorf("queue %s: %w", r.ID, err)
		}
	}
	if len(queues) == 0 {
		return nil
	}
	s.sqsServer, err = loopback.Serve("SQS", "", 0, s.queues)
	return err
}

// queueAttributes returns properties as attributes of CreateQueue, which have
// the same names, and are texts.
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

// mappingProperties has the properties of AWS::Lambda::EventSourceMapping that
// matter on this machine.
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

// pollQueues begins to poll the queues of the stack's event source mappings.
func (s *Stack) pollQueues(context.Context) error {
	for _, r := range s.template.Resources("AWS::Lambda::EventSourceMapping") {
		var p mappingProperties
		if err := r.Decode(&p); err != nil {
			s.without(r, "event source mapping", err)
			continue
		}
		if reason := s.whyNotPolled(&p); reason != "" {
			s.without(r, "event source mapping", errors.New(reason))
			continue
		}
		function := functionName(p.FunctionName)
		err := s.invoker.Poll(invocation.Mapping{
			Queue:       sqs.NameOf(p.EventSourceArn),
			Function:    function,
			Timeout:     s.functions.timeouts[function],
			BatchSize:   p.BatchSize,
			Window:      time.Duration(p.MaximumBatchingWindowInSeconds) * time.Second,
			Concurrency: p.ScalingConfig.MaximumConcurrency,
			Partial:     slices.Contains(p.FunctionResponseTypes, "ReportBatchItemFailures"),
		})
		if err != nil {
			return fmt.Errorf("event source mapping %s: %w", r.ID, err)
		}
		s.polls = true
	}
	return nil
}

// whyNotPolled says why a mapping does not run on this machine; "" if it does.
func (s *Stack) whyNotPolled(p *mappingProperties) string {
	switch {
	case p.Enabled != nil && !*p.Enabled:
		return "not enabled"
	case !strings.HasPrefix(p.EventSourceArn, "arn:"+template.Partition+":sqs:"):
		return fmt.Sprintf("of %s; only queues are polled here", p.EventSourceArn)
	case strings.HasSuffix(p.EventSourceArn, ".fifo"):
		return "of a FIFO queue; only standard queues run here"
	case p.FilterCriteria != nil:
		return "with FilterCriteria, which are not supported here"
	case !s.functions.Has(functionName(p.FunctionName)):
		return fmt.Sprintf("for function %s, which does not run here", p.FunctionName)
	}
	return ""
}

// Polls reports whether a queue of the stack is polled.
func (s *Stack) Polls() bool { return s.polls }

// Drain waits until all work is done: no function runs for a queue or an event,
// no event waits for another try, no message is in flight or delayed, and none
// is in a queue that is polled. Messages that are left are in queues that are
// not polled, such as dead-letter queues.
//
// While nothing runs, the clock of the queues jumps to the next moment at which
// something happens: visibility timeouts, delays, batching windows and the
// pauses between tries take no time. The error is the cause of ctx's end.
func (s *Stack) Drain(ctx context.Context) error { return s.queues.Drain(ctx) }

// Queue is a queue of the stack, and what is in it.
type Queue struct {
	ID       string // short name of its construct
	Name     string // physical name
	Counts   sqs.Counts
	Messages []sqs.Message // all of them
}

// Queues lists the stack's queues.
func (s *Stack) Queues() ([]Queue, error) {
	var list []Queue
	for _, r := range s.template.Resources(queueType) {
		q := Queue{ID: s.template.ShortName(r), Name: r.PhysicalName()}
		if s.missing[r] {
			continue
		}
		var countErr, listErr error
		q.Counts, countErr = s.queues.Counts(q.Name)
		q.Messages, listErr = s.queues.Messages(q.Name)
		if err := errors.Join(countErr, listErr); err != nil {
			return nil, err
		}
		list = append(list, q)
	}
	return list, nil
}

// Duplicates returns the messages that a fault has delivered twice.
func (s *Stack) Duplicates() []sqs.Duplicate { return s.queues.Duplicates() }

// LostAnswers returns the batches whose answer a fault has lost, after the
// function was invoked.
func (s *Stack) LostAnswers() [][]sqs.Message { return s.queues.LostAnswers() }
