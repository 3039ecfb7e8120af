package stack

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/engine"
)

// integrations are what the tasks of one execution call.
type integrations struct {
	cloud  *Stack
	invoke engine.IntegrationFunc // arn:aws:states:::lambda:invoke
	found  map[string]engine.Integration
}

// add finds what the tasks of a state machine call. The error names every task
// whose resource is not on this machine, with its path and the reason.
func (i *integrations) add(machine *asl.StateMachine) error {
	var errs []error
	for state := range machine.AllStates() {
		if state.Task == nil {
			continue
		}
		integration, err := i.find(state.Task.Resource)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s.Resource: got %q: %w", state.Path, state.Task.Resource.ARN, err))
		} else if integration != nil {
			i.found[state.Task.Resource.ARN] = integration
		}
	}
	return errors.Join(errs...)
}

// postpone has the tasks of a state machine that are not on this machine fail
// when they are called: nobody knows yet whether they will be.
func (i *integrations) postpone(machine *asl.StateMachine) {
	for state := range machine.AllStates() {
		if state.Task == nil {
			continue
		}
		integration, err := i.find(state.Task.Resource)
		if err != nil {
			integration = engine.ImmediateFunc(func(*engine.Request) engine.Answer { return engine.Answer{Err: err} })
		}
		if integration != nil {
			i.found[state.Task.Resource.ARN] = integration
		}
	}
}

// find is what a resource is here: nil for what the engine answers itself, and
// an error that says why for what is not there.
func (i *integrations) find(resource asl.Resource) (engine.Integration, error) {
	call, err := i.call(resource)
	if call == nil || err != nil {
		return nil, err
	}
	if resource.Pattern == asl.WaitForTaskToken {
		call = i.cloud.api.expected(i, call)
	}
	return call, nil
}

func (i *integrations) call(resource asl.Resource) (engine.IntegrationFunc, error) {
	c, action := i.cloud, resource.Action
	switch resource.Service {
	case asl.FunctionService:
		return i.function(resource.ARN)
	case asl.ActivityService:
		return nil, errors.New("an activity has no workers on this machine, expected a function")
	case "lambda":
		if action == "invoke" {
			return i.invoke, nil
		}
	case "states":
		if action == "startExecution" {
			return nil, nil
		}
	case "aws-sdk:sfn":
		switch action {
		case "startExecution", "describeExecution", "listExecutions", "stopExecution",
			"sendTaskSuccess", "sendTaskFailure", "sendTaskHeartbeat":
			return nil, nil
		}
	case "dynamodb":
		switch action {
		case "getItem", "putItem", "updateItem", "deleteItem":
			return optimizedTask(c.database, action), nil
		}
	case "aws-sdk:dynamodb":
		return sdkTask(c.database, action)
	case "aws-sdk:s3":
		return s3Task(c.s3.url, action)
	}
	if form, ok := messageForms[resource.Service+":"+action]; ok {
		messages, err := c.openMessages()
		if err != nil {
			return nil, err
		}
		return messages.task(form), nil
	}
	return nil, errors.New("it does not run on this machine, expected one of those that docs/local-run.md lists")
}

// options hands the engine what has been found, with something in between or
// nil.
func (i *integrations) options(between func(context.Context, *engine.Request, engine.IntegrationFunc) (any, error)) []engine.Option {
	var options []engine.Option
	for resource, integration := range i.found {
		if between != nil {
			call := integration.Call
			integration = engine.IntegrationFunc(func(ctx context.Context, request *engine.Request) (any, error) {
				return between(ctx, request, call)
			})
		}
		options = append(options, engine.WithIntegration(resource, integration))
	}
	return options
}

// ofMachine reports whether a task is one of the state machine of that ARN, or
// of a child of its Distributed Maps.
func ofMachine(request *engine.Request, arn string) bool {
	return request.StateMachineARN == arn || strings.HasPrefix(request.StateMachineARN, arn+"/")
}
