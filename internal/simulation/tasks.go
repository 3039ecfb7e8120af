package simulation

import (
	"context"
	"strconv"
	"time"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/fault"
	"github.com/mapjob/mapjob/internal/goroutine"
	"github.com/mapjob/mapjob/internal/simulation/deployment"
	"github.com/mapjob/mapjob/internal/simulation/schedule"
	"github.com/mapjob/mapjob/internal/simulation/wire"
	"github.com/mapjob/mapjob/internal/standin"
)

// caller is a task that calls something.
type caller struct {
	machine *deployment.Machine
	state   string // path
	request *engine.Request
	fault   fault.Fault // that strikes; its kind is "" if none does
	indexes []int       // of the items, if they were counted
	counted bool
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
		for _, state := range m.Tasks {
			if _, given := s.options.task(m, state); given != nil {
				options = append(options, engine.WithTask(state, s.scheduled(m, state, given)))
				continue
			}
			// Missing has found that there is something.
			found, _ := s.services.Find(state.Task.Resource, s.services.Invoke)
			switch {
			case found == nil: // the engine answers
			case taskCall(&state.Task.Resource) == invokeCall:
				options = append(options, engine.WithTask(state, s.scheduled(m, state, found)))
			default:
				options = append(options, engine.WithTask(state, s.immediate(m, state, found)))
			}
		}
	}
	return options
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
		goroutine.Grow()
		if err := s.scheduler.Park(ctx, schedule.Key{Caller: request.Number}); err != nil {
			return nil, err
		}
		c, err := s.arrive(m, state, request)
		if err != nil {
			return nil, err
		}
		output, err := call.Call(s.of(ctx, c), request)
		lost := c.fault.Fault == fault.Timeout && invokedByRequest(request) == "" // else its function times out
		switch {
		case c.fault.Fault == fault.Slow:
			if err := wire.Sleep(ctx, c.fault.Delay); err != nil {
				return nil, err
			}
		case lost && isTimed(state):
			<-ctx.Done()
		case lost, c.fault.Fault == fault.Lost:
			return nil, lostTask(&request.Resource)
		}
		return output, err
	}
}

// immediate is like scheduled for a service in memory, which the loop calls itself.
func (s *Simulation) immediate(m *deployment.Machine, state *asl.State, call engine.IntegrationFunc) engine.ImmediateFunc {
	return func(request *engine.Request) engine.Answer {
		c, err := s.arrive(m, state, request)
		if err != nil {
			return engine.Answer{Err: err}
		}
		output, err := call(s.of(context.Background(), c), request)
		switch {
		case c.fault.Fault == fault.Slow:
			return engine.Answer{Output: output, Err: err, Takes: c.fault.Delay}
		case c.fault.Fault == fault.Timeout && isTimed(state):
			return engine.Answer{Takes: never}
		case c.fault.Fault == fault.Timeout, c.fault.Fault == fault.Lost:
			return engine.Answer{Err: lostTask(&request.Resource)}
		}
		return engine.Answer{Output: output, Err: err}
	}
}

// never is longer than an execution may take.
const never = 100 * 365 * 24 * time.Hour

// isTimed reports whether a task has an end without an answer.
func isTimed(state *asl.State) bool { return state.Task.Timeout != nil || state.Task.Heartbeat != nil }

// arrive notes that a task begins. The error is that of a fault which refuses it.
func (s *Simulation) arrive(m *deployment.Machine, state *asl.State, request *engine.Request) (*caller, error) {
	c := &caller{machine: m, state: m.Path(state), request: request}
	if s.looksAt(fault.Task) {
		c.fault, _ = s.come(s.site(c))
	}
	switch c.fault.Fault {
	case fault.Error:
		return nil, refusedTask(&c.fault)
	case fault.Throttle:
		return nil, throttledTask(&request.Resource)
	}
	return c, nil
}

// of returns the context of what a task calls.
func (s *Simulation) of(ctx context.Context, c *caller) context.Context {
	return standin.WithRandom(context.WithValue(ctx, callerKey{}, c), s.options.Seed, "task", strconv.FormatInt(c.request.Number, 10))
}
