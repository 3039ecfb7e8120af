package simulation

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/mapjob/mapjob/internal/fault/tasks"
	background "github.com/mapjob/mapjob/internal/invocation"
	"github.com/mapjob/mapjob/internal/lambdahost"
	"github.com/mapjob/mapjob/internal/simulation/schedule"
	"github.com/mapjob/mapjob/internal/sqs"
)

// concurrency is how many invocations by queues and events run at once: the quota of
// an account.
const concurrency = 1000

// startQueues creates the queues of the stack.
func (s *Simulation) startQueues() error {
	s.queues = sqs.New(sqs.Options{Region: s.region(), Account: s.account(), NewID: func() string {
		s.sent++ // by one sender after the other
		return fmt.Sprintf("%08x-0000-4000-8001-%012x", uint32(s.options.Seed), s.sent)
	}})
	for _, q := range s.stack.Queues {
		if err := s.queues.CreateQueue(q.Name, q.Attributes); err != nil {
			return fmt.Errorf("queue %s: %w", q.Name, err)
		}
	}
	s.invoker = background.New(background.Options{Host: host{s}, Queues: s.queues, Concurrency: concurrency})
	return nil
}

// pollQueues invokes the functions that have a handler with the messages of their
// queues.
func (s *Simulation) pollQueues() error {
	for _, m := range s.stack.Mappings {
		if s.handlers[s.stack.Function(m.Function)] == nil {
			continue
		}
		if err := s.invoker.Poll(m); err != nil {
			return fmt.Errorf("event source mapping of queue %s and function %s: %w", m.Queue, m.Function, err)
		}
		s.polled = append(s.polled, m.Queue)
	}
	return nil
}

// polls reports whether a function gets the messages of a queue.
func (s *Simulation) polls(queue string) bool {
	return slices.Contains(s.polled, sqs.NameOf(queue))
}

// hasMessages reports whether a queue that is polled has messages.
func (s *Simulation) hasMessages() bool {
	return slices.ContainsFunc(s.polled, func(queue string) bool {
		c, err := s.queues.Counts(queue)
		return err == nil && c != sqs.Counts{}
	})
}

// host invokes functions for queues and events.
type host struct{ simulation *Simulation }

// Invoke implements [background.Host].
func (h host) Invoke(ctx context.Context, function string, payload []byte) (*lambdahost.Response, error) {
	key := schedule.Key{Call: tasks.Invoke, What: func() string { return function + "\n" + bodies(payload) }}
	if err := h.simulation.scheduler.Park(ctx, key); err != nil {
		return nil, err
	}
	return h.simulation.Invoke(ctx, function, payload)
}

// bodies returns what of an event tells it apart from others in each run: the bodies
// of its messages, because their handles are random.
func bodies(payload []byte) string {
	var event struct{ Records []struct{ Body string } }
	if json.Unmarshal(payload, &event) != nil || len(event.Records) == 0 {
		return string(payload)
	}
	var all strings.Builder
	for _, r := range event.Records {
		all.WriteString(r.Body + "\n")
	}
	return all.String()
}

// Event invokes a function asynchronously, as Lambda does with the invocation type
// Event.
func (s *Simulation) Event(function string, payload []byte) error {
	f := s.stack.Function(function)
	if f == nil || s.handlers[f] == nil {
		return &lambdahost.Error{Code: "ResourceNotFoundException", Message: "Function not found: " + function}
	}
	ended, err := s.invoker.Event(f.Events, payload)
	if err != nil {
		return err
	}
	s.events.Add(1)
	go func() {
		<-ended
		s.events.Add(-1)
		s.scheduler.Rouse()
	}()
	return nil
}
