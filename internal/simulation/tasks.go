package simulation

import (
	"context"
	"strconv"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/fault"
	"github.com/mapjob/mapjob/internal/simulation/deployment"
	"github.com/mapjob/mapjob/internal/simulation/schedule"
	"github.com/mapjob/mapjob/internal/standin"
)

// caller is a task that calls something.
type caller struct {
	machine *deployment.Machine
	state   string // path
	request *engine.Request
	fault   fault.Fault // that strikes; its kind is "" if none does
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
				options = append(options, engine.WithTask(state, s.scheduled(m, state, given)))
				continue
			}
			// Missing has found that there is something.
			found, _ := s.services.Find(state.Task.Resource, s.services.Invoke)
			if found != nil {
				options = append(options, engine.WithTask(state, s.scheduled(m, state, found)))
			}
		}
	}
	return options
}

// task returns what the options have for a task, and under which name; nil if they
// have nothing.
func (o *Options) task(m *deployment.Machine, state *asl.State) (name string, _ engine.Integration) {
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
	timed := state.Task.Timeout != nil || state.Task.Heartbeat != nil
	return func(ctx context.Context, request *engine.Request) (any, error) {
		c := &caller{machine: m, state: m.Path(state), request: request}
		if err := s.scheduler.Park(ctx, schedule.Key{Caller: request.Number}); err != nil {
			return nil, err
		}
		c.fault, _ = s.come(s.site(c))
		switch c.fault.Fault {
		case fault.Error:
			return nil, refusedTask(&c.fault)
		case fault.Throttle:
			return nil, throttledTask(&request.Resource)
		}
		ctx = standin.WithRandom(context.WithValue(ctx, callerKey{}, c), s.options.Seed, "task", strconv.FormatInt(request.Number, 10))
		output, err := call.Call(ctx, request)
		switch invokes := invokedByRequest(request) != ""; c.fault.Fault {
		case fault.Slow:
			if err := sleep(ctx, c.fault.Delay); err != nil {
				return nil, err
			}
		case fault.Timeout:
			switch {
			case invokes: // its time is up
			case timed:
				<-ctx.Done()
			default:
				return nil, lostTask(&request.Resource)
			}
		case fault.Lost:
			return nil, lostTask(&request.Resource)
		}
		return output, err
	}
}
