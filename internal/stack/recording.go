package stack

import (
	"time"

	"github.com/mapjob/mapjob/internal/archive"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/engine/event"
	"github.com/mapjob/mapjob/internal/runnable"
	"github.com/mapjob/mapjob/internal/sfnapi"
	"github.com/mapjob/mapjob/internal/statesarn"
	"github.com/mapjob/mapjob/internal/uuid"
)

// recordMachines records the state machines that the definitions of the stack have.
func (s *Stack) recordMachines() {
	for _, r := range s.template.Resources(runnable.MachineType) {
		text, kind, err := definitionOf(r)
		if err == nil {
			s.recorder.StateMachine(archive.StateMachine{ARN: r.ARN(), Name: r.PhysicalName(), Type: kind, Definition: text, Created: time.Now()})
		}
	}
}

// recorded returns options of the engine that record an execution.
func (s *Stack) recorded(x *Execution) []engine.Option {
	history, observer := s.recorder.Event, engine.MapObserver(s.recorder)
	if x.History != nil {
		history = func(e event.Event) {
			s.recorder.Event(e)
			x.History(e)
		}
	}
	if x.Observer != nil {
		observer = engine.MapObservers{s.recorder, x.Observer}
	}
	return []engine.Option{engine.WithHistory(history), engine.WithMapObserver(observer)}
}

// recordFailure records an execution that can't run.
func (s *Stack) recordFailure(m *Machine, x Execution, err error) *sfnapi.Started {
	arn := statesarn.Execution(m.ARN, x.Name)
	if m.Type == engine.Express {
		arn = statesarn.Express(m.ARN, x.Name, uuid.New())
	}
	now := time.Now()
	s.recorder.Begin(arn, string(x.Input), now)
	s.recorder.End(arn, engine.Failed, "States.Runtime", err.Error(), now)
	return &sfnapi.Started{ARN: arn, Start: now}
}

// Flush writes what is recorded of executions to the folder, where others read it.
func (s *Stack) Flush() error { return s.recorder.Flush() }
