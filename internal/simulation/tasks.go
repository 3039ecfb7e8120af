package simulation

import (
	"context"
	"strconv"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/fault"
	"github.com/mapjob/mapjob/internal/fault/tasks"
	"github.com/mapjob/mapjob/internal/simulation/deployment"
	"github.com/mapjob/mapjob/internal/simulation/schedule"
	"github.com/mapjob/mapjob/internal/standin"
)

// caller is a task that calls something.
type caller struct {
	request *engine.Request
	site    fault.Site  // at which it begins
	fault   fault.Fault // that strikes; its kind is "" if none does
}

type callerKey struct{}

// callerOf returns the task that makes a call; nil if no task does.
func callerOf(ctx context.Context) *caller {
	c, _ := ctx.Value(callerKey{}).(*caller)
	return c
}

// tasks returns what answers the tasks of all state machines.
func (s *Simulation) tasks() map[*asl.State]engine.Integration {
	count := 0
	for _, m := range s.stack.Machines {
		count += len(m.Tasks)
	}
	all := make(map[*asl.State]engine.Integration, count)
	for _, m := range s.stack.Machines {
		for _, state := range m.Tasks {
			if _, given := s.options.task(m, state); given != nil {
				all[state] = s.scheduled(m, state, given)
				continue
			}
			// Missing has found that there is something.
			found, _ := s.services.Find(state.Task.Resource, s.services.Invoke)
			switch {
			case found == nil: // the engine answers
			case tasks.Invokes(&state.Task.Resource):
				all[state] = s.scheduled(m, state, found)
			default:
				all[state] = s.immediate(m, state, found)
			}
		}
	}
	return all
}

// task returns what the options have for a task, and under which name; nil if they
// have nothing.
func (o *Options) task(m *deployment.Machine, state *asl.State) (name string, _ engine.Integration) {
	if len(o.Tasks) == 0 {
		return "", nil
	}
	for _, name := range []string{m.Path(state), state.Name, state.Task.Resource.ARN, state.Task.Resource.Name()} {
		if i, ok := o.Tasks[name]; ok {
			return name, i
		}
	}
	return "", nil
}

// scheduled lets the call of a task wait until the scheduler lets it go on, and lets
// faults strike.
func (s *Simulation) scheduled(m *deployment.Machine, state *asl.State, call engine.Integration) engine.IntegrationFunc {
	return func(ctx context.Context, request *engine.Request) (any, error) {
		if err := s.scheduler.Park(ctx, schedule.Key{Caller: request.Number}); err != nil {
			return nil, err
		}
		c, err := s.beginTask(m, state, request)
		if err != nil {
			return nil, err
		}
		output, err := call.Call(s.of(ctx, c), request)
		return tasks.Answered(ctx, &c.fault, request, output, err)
	}
}

// immediate is like scheduled for a service in memory, which the loop calls itself.
func (s *Simulation) immediate(m *deployment.Machine, state *asl.State, call engine.IntegrationFunc) engine.ImmediateFunc {
	return func(request *engine.Request) engine.Answer {
		c, err := s.beginTask(m, state, request)
		if err != nil {
			return engine.Answer{Err: err}
		}
		output, err := call(s.of(context.Background(), c), request)
		late, lost := tasks.Answer(&c.fault, request)
		if lost != nil {
			return engine.Answer{Err: lost}
		}
		return engine.Answer{Output: output, Err: err, Takes: late}
	}
}

// beginTask notes that a task begins. The error is that of a fault which refuses it.
func (s *Simulation) beginTask(m *deployment.Machine, state *asl.State, request *engine.Request) (*caller, error) {
	c := &caller{request: request, site: s.site(m, state, request)}
	if s.matters(fault.Task) {
		c.fault, _ = s.visit(c.site)
	}
	return c, tasks.Refused(&c.fault, &request.Resource)
}

// of returns the context of what a task calls.
func (s *Simulation) of(ctx context.Context, c *caller) context.Context {
	return standin.WithRandom(context.WithValue(ctx, callerKey{}, c), s.options.Seed, "task", strconv.FormatInt(c.request.Number, 10))
}
