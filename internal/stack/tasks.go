package stack

import (
	"context"
	"errors"
	"fmt"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/asl/services"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/integration"
)

// tasks collects what answers the tasks of an execution.
type tasks struct {
	services *integration.Services
	await    func(engine.IntegrationFunc) engine.IntegrationFunc // an answer to a token
	invoke   engine.IntegrationFunc
	found    map[string]engine.Integration // by resource
}

// add adds the tasks of a state machine. The error names every task that nothing
// on this machine answers, with its path and the reason.
func (t *tasks) add(machine *asl.StateMachine) error {
	return t.each(machine, func(state *asl.State, err error) (engine.Integration, error) {
		return nil, fmt.Errorf("%s.Resource: got %q: %w", state.Path, state.Task.Resource.ARN, err)
	})
}

// addLate adds the tasks of a state machine that may never be started. Those
// that nothing on this machine answers fail when they are reached.
func (t *tasks) addLate(machine *asl.StateMachine) {
	_ = t.each(machine, func(_ *asl.State, err error) (engine.Integration, error) {
		return engine.ImmediateFunc(func(*engine.Request) engine.Answer { return engine.Answer{Err: err} }), nil
	})
}

func (t *tasks) each(machine *asl.StateMachine, missing func(*asl.State, error) (engine.Integration, error)) error {
	var errs []error
	for state := range machine.AllStates() {
		if state.Task == nil {
			continue
		}
		found, err := t.find(state.Task.Resource)
		if err != nil {
			found, err = missing(state, err)
		}
		errs = append(errs, err)
		if found != nil {
			t.found[state.Task.Resource.ARN] = found
		}
	}
	return errors.Join(errs...)
}

// find returns what answers a resource; nil if the engine itself does.
func (t *tasks) find(resource services.Resource) (engine.Integration, error) {
	call, err := t.services.Find(resource, t.invoke)
	if call == nil || err != nil {
		return nil, err
	}
	if resource.Pattern == services.WaitForTaskToken {
		call = t.await(call)
	}
	return call, nil
}

// options returns what was found as options of the engine. Between may be nil.
func (t *tasks) options(between func(context.Context, *engine.Request, engine.IntegrationFunc) (any, error)) []engine.Option {
	var options []engine.Option
	for resource, found := range t.found {
		if between != nil {
			call := found.Call
			found = engine.IntegrationFunc(func(ctx context.Context, request *engine.Request) (any, error) {
				return between(ctx, request, call)
			})
		}
		options = append(options, engine.WithIntegration(resource, found))
	}
	return options
}
