package deployment

import (
	"errors"
	"fmt"
	"slices"

	"github.com/mapjob/mapjob/internal/eventsource"
	"github.com/mapjob/mapjob/internal/invocation"
	"github.com/mapjob/mapjob/internal/template"
)

// queuesOf returns the standard queues of a stack. FIFO queues do not exist in memory.
func queuesOf(t *template.Stack) ([]*eventsource.Queue, error) {
	var list []*eventsource.Queue
	var errs []error
	for _, r := range t.Resources(eventsource.QueueType) {
		q, err := eventsource.ReadQueue(r)
		if err != nil {
			errs = append(errs, err)
		} else if !q.FIFO {
			list = append(list, q)
		}
	}
	return list, errors.Join(errs...)
}

// mappings returns the event source mappings of the stack's queues. Others, and those
// with a filter, have no effect.
func (s *Stack) mappings() (list []invocation.Mapping, err error) {
	for _, r := range s.Template.Resources(eventsource.MappingType) {
		m, err := eventsource.ReadMapping(r)
		if err != nil {
			return nil, fmt.Errorf("event source mapping %s: %w", r.ID, err)
		}
		f := s.Function(m.Function)
		isThere := slices.ContainsFunc(s.Queues, func(q *eventsource.Queue) bool { return q.Name == m.Polled.Queue })
		if m.Unsupported != "" || f == nil || !isThere {
			continue
		}
		m.Polled.Timeout = f.Timeout
		list = append(list, m.Polled)
	}
	return list, nil
}

// readEvents reads how the events of functions are handled that are invoked
// asynchronously.
func (s *Stack) readEvents() (err error) {
	for _, f := range s.Functions {
		if f.Events, err = eventsource.ReadConfig(s.Template, f.Resource); err != nil {
			return err
		}
	}
	return nil
}
