package simulation

import (
	"context"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/engine"
)

// caller is a task that calls something.
type caller struct {
	machine *Machine
	request *engine.Request
}

type callerKey struct{}

// callerOf returns the task that makes a call; nil if no task does.
func callerOf(ctx context.Context) *caller {
	c, _ := ctx.Value(callerKey{}).(*caller)
	return c
}

// tasks returns what answers the tasks of all state machines.
func (s *Simulation) tasks() []engine.Option {
	var options []engine.Option
	for _, m := range s.stack.Machines {
		for state := range m.Definition.AllStates() {
			if state.Task == nil {
				continue
			}
			if _, given := s.options.task(m, state); given != nil {
				options = append(options, engine.WithTask(state, s.scheduled(m, given)))
				continue
			}
			// Missing has found that there is something.
			found, _ := s.services.Find(state.Task.Resource, s.services.Invoke)
			if found != nil {
				options = append(options, engine.WithTask(state, s.scheduled(m, found)))
			}
		}
	}
	return options
}

// task returns what the options have for a task, and under which name; nil if they
// have nothing.
func (o *Options) task(m *Machine, state *asl.State) (name string, _ engine.Integration) {
	for _, name := range []string{m.paths[state], state.Name, state.Task.Resource.ARN, state.Task.Resource.Name()} {
		if i, ok := o.Tasks[name]; ok {
			return name, i
		}
	}
	return "", nil
}

// scheduled lets a call wait until the scheduler lets it go on.
func (s *Simulation) scheduled(m *Machine, call engine.Integration) engine.IntegrationFunc {
	return func(ctx context.Context, request *engine.Request) (any, error) {
		c := &caller{m, request}
		if err := s.scheduler.park(ctx, key{caller: request.Number}); err != nil {
			return nil, err
		}
		return call.Call(context.WithValue(ctx, callerKey{}, c), request)
	}
}
