package simulation

import (
	"strings"
	"time"

	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/engine/event"
	"github.com/mapjob/mapjob/internal/fault"
)

// eventBlock is how many events are allocated at once.
const eventBlock = 16

// observe is called after each event.
func (s *Simulation) observe(of event.Event) {
	if len(s.free) == 0 {
		s.free = make([]event.Event, eventBlock)
	}
	e := &s.free[0]
	s.free = s.free[1:]
	*e = of
	s.executions.Event(e)
	if s.options.Observe != nil {
		s.options.Observe(e)
	}
	if s.options.Sites == nil && !s.strikes[fault.Entry] && !s.strikes[fault.Event] {
		return
	}
	m := s.stack.Started(e.ExecutionARN)
	if m == nil {
		return
	}
	untimed := m.Definition.TimeoutSeconds == 0 && m.Type != engine.Express
	if strings.HasSuffix(string(e.Type), "StateEntered") {
		s.end(fault.Site{Moment: fault.Entry, Execution: e.ExecutionARN, Machine: m.ID, State: m.PathOf(e.Data.Name), Untimed: untimed})
	}
	s.end(fault.Site{Moment: fault.Event, Execution: e.ExecutionARN, Machine: m.ID, Event: int(e.ID), Untimed: untimed})
}

// end stops an execution, or lets its time be up, if a fault strikes.
func (s *Simulation) end(at fault.Site) {
	f, struck := s.visit(at)
	if !struck {
		return
	}
	do := func() {
		if f.Fault == fault.Expire {
			s.session.TimeOut(at.Execution)
		} else {
			s.session.Stop(at.Execution, f.Error, f.Cause)
		}
	}
	if f.After > 0 {
		s.later(f.After, do)
	} else {
		s.scheduler.Act(do)
	}
}

// later does something on the loop's goroutine when a time has passed.
func (s *Simulation) later(after time.Duration, do func()) {
	s.timers = append(s.timers, time.AfterFunc(after, func() { s.scheduler.Act(do) }))
}
