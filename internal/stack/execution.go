package stack

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/engine/event"
	"github.com/mapjob/mapjob/internal/jobstart"
	"github.com/mapjob/mapjob/internal/objects"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/sfnapi"
)

// Execution says how a state machine is executed.
type Execution struct {
	Name  string
	Input []byte
	// Items, if they are set, are those of the job, in place of those of its job
	// start or its input.
	Items    *jobstart.Items
	History  func(event.Event)
	Observer engine.MapObserver
	// Invoked is called after a task of the state machine has invoked a function
	// with lambda:invoke or its ARN, from the goroutine of the invocation, unless
	// the task has ended before: its time was up, or it was stopped. Executions that
	// it starts do not count. Output is that of lambda:invoke, nil if it failed.
	Invoked func(request *engine.Request, output any, err error)
	// Between, if it is set, is called for each task that is answered outside the
	// engine, from a goroutine of its own. It may call what answers the task, fail
	// the task before that, or lose the answer.
	Between func(ctx context.Context, request *engine.Request, call engine.IntegrationFunc) (any, error)
	// Engine has more options, such as a virtual clock. Integrations that it has
	// are replaced by those of this machine.
	Engine []engine.Option

	objects objects.Store
}

// Execute runs a state machine to its end. If the execution fails, there is no
// error: an error says that it could not be run, because a task calls what this
// machine does not have.
func (s *Stack) Execute(ctx context.Context, m *Machine, x Execution) (*engine.Execution, error) {
	started, err := s.start(ctx, m, x)
	if err != nil {
		return nil, err
	}
	return started.Finish(), nil
}

// start starts an execution, which runs when Finish is called. It counts as work
// for [Stack.Drain] from now on.
func (s *Stack) start(ctx context.Context, m *Machine, x Execution) (_ *sfnapi.Started, err error) {
	hold := s.queues.Hold() // its functions may send messages
	endFaults := s.addFaults(&x)
	end := func() {
		endFaults(ctx)
		hold.End()
	}
	defer func() {
		if err != nil {
			end()
		}
	}()
	e, err := s.engineFor(ctx, m, &x)
	if err != nil {
		return nil, err
	}
	started, err := e.Start(ctx, x.Input)
	if err != nil {
		return nil, err
	}
	s.recorder.Begin(started.ARN, string(x.Input), started.Start)
	return &sfnapi.Started{ARN: started.ARN, Start: started.Start, Finish: func() *engine.Execution {
		defer end()
		return started.Finish()
	}}, nil
}

// engineFor returns the engine that runs an execution.
func (s *Stack) engineFor(ctx context.Context, m *Machine, x *Execution) (*engine.Engine, error) {
	invoke, err := s.invokeFor(ctx, m, x)
	if err != nil {
		return nil, err
	}
	tasks := &tasks{services: s.services, await: s.api.Await, invoke: invoke, found: map[string]engine.Integration{}}
	missing := errors.Join(tasks.add(m.Definition), s.needs(m, func(state string) bool {
		return state == protocol.StateJobStart && x.Items != nil
	}))
	machines, err := s.nested(m, tasks)
	if err = errors.Join(missing, err); err != nil {
		return nil, fmt.Errorf("state machine %s can't run on this machine:\n%w", m.ID, err)
	}
	options := append(append(tasks.options(x.Between), machines...),
		engine.WithObjects(x.objects),
		engine.WithStateMachineARN(m.ARN),
		engine.WithType(m.Type),
		engine.WithExecutionName(x.Name),
		engine.WithExecutions(&s.executions),
	)
	options = append(options, s.recorded(x)...)
	return engine.New(m.Definition, append(options, x.Engine...)...)
}

// invokeFor returns what answers the tasks of an execution that invoke
// functions. Items and Invoked are for the state machine itself, not for those
// that it starts.
func (s *Stack) invokeFor(ctx context.Context, m *Machine, x *Execution) (engine.IntegrationFunc, error) {
	invoke := engine.IntegrationFunc(s.services.Invoke)
	if x.Items != nil {
		input, fed, err := x.Items.Feed(ctx, m.Definition, m.Name, invoke)
		if err != nil {
			return nil, err
		}
		invoke = fed
		if input != nil {
			x.Input = input
		}
	}
	return func(ctx context.Context, r *engine.Request) (any, error) {
		if r.StateMachineARN != m.ARN && !strings.HasPrefix(r.StateMachineARN, m.ARN+"/") { // nor a child of its Maps
			return s.services.Invoke(ctx, r)
		}
		output, err := invoke(ctx, r)
		if x.Invoked != nil && ctx.Err() == nil {
			x.Invoked(r, output, err)
		}
		return output, err
	}, nil
}
