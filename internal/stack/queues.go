package stack

import (
	"context"
	"errors"
	"fmt"

	"github.com/mapjob/mapjob/internal/eventsource"
	"github.com/mapjob/mapjob/internal/loopback"
	"github.com/mapjob/mapjob/internal/sqs"
)

// startQueues creates the queues of the stack, and serves them if there are any.
func (s *Stack) startQueues(context.Context) (err error) {
	queues := s.template.Resources(eventsource.QueueType)
	for _, r := range queues {
		q, err := eventsource.ReadQueue(r)
		if err != nil {
			s.without(r, "queue", err)
			continue
		}
		if q.FIFO {
			s.without(r, "queue", errors.New("FIFO; only standard queues run here"))
			continue
		}
		if err := s.queues.CreateQueue(q.Name, q.Attributes); err != nil {
			return fmt.Errorf("queue %s: %w", r.ID, err)
		}
	}
	if len(queues) == 0 {
		return nil
	}
	s.sqsServer, err = loopback.Serve("SQS", "", 0, s.queues)
	return err
}

// pollQueues begins to poll the queues of the stack's event source mappings.
func (s *Stack) pollQueues(context.Context) error {
	for _, r := range s.template.Resources(eventsource.MappingType) {
		m, err := eventsource.ReadMapping(r)
		if err != nil {
			s.without(r, "event source mapping", err)
			continue
		}
		reason := m.Unsupported
		if reason == "" && !s.functions.Has(m.Polled.Function) {
			reason = fmt.Sprintf("for function %s, which does not run here", m.Function)
		}
		if reason != "" {
			s.without(r, "event source mapping", errors.New(reason))
			continue
		}
		m.Polled.Timeout = s.functions.timeouts[m.Polled.Function]
		if err := s.invoker.Poll(m.Polled); err != nil {
			return fmt.Errorf("event source mapping %s: %w", r.ID, err)
		}
		s.polls = true
	}
	return nil
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
	for _, r := range s.template.Resources(eventsource.QueueType) {
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
