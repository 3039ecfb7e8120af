package injection

import (
	"context"
	"strings"

	"github.com/mapjob/mapjob/internal/asl/services"
	"github.com/mapjob/mapjob/internal/awscall"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/fault"
	"github.com/mapjob/mapjob/internal/value"
)

// callOf returns what a task calls, such as dynamodb:PutItem, as functions that call
// it have it.
func callOf(r services.Resource) string {
	if !r.Integration() {
		return "lambda:Invoke"
	}
	return awscall.OfTask(r.Service, r.Action)
}

// invocationOf returns the function that a task invokes, and its payload.
func invocationOf(r *engine.Request) (function string, payload any, ok bool) {
	switch {
	case r.Resource.Service == services.FunctionService:
		return r.Resource.ARN, r.Parameters, true
	case r.Resource.Action == "invoke" && strings.TrimPrefix(r.Resource.Service, "aws-sdk:") == "lambda":
		parameters, _ := r.Parameters.(*value.Object)
		name, _ := parameters.Get("FunctionName")
		function, ok = name.(string)
		payload, _ = parameters.Get("Payload")
		return function, payload, ok
	}
	return "", nil, false
}

// siteOf returns the site of a task.
func (p *Places) siteOf(r *engine.Request) fault.Site {
	machine := p.machineOf(r.StateMachineARN)
	site := fault.Site{Moment: fault.Task, Machine: machine, State: p.stateOf(machine, r.StateName), Attempt: r.Attempt, Call: callOf(r.Resource)}
	if name, payload, ok := invocationOf(r); ok {
		site.Function = p.functionOf(name)
		site.Items = fault.Items(payload)
	}
	if site.Items == nil {
		for item := range r.Items {
			site.Items = append(site.Items, r.First+item)
		}
	}
	return site
}

// siteKey is the key of a task's site in the context of its invocation.
type siteKey struct{}

// task calls what answers a task, or lets it fail. A task that invokes a function
// fails in [Injection.Invoke].
func (i *Injection) task(ctx context.Context, r *engine.Request, call engine.IntegrationFunc) (any, error) {
	site := i.options.Places.siteOf(r)
	if site.Function != "" {
		return call(context.WithValue(ctx, siteKey{}, site), r)
	}
	strike, ok := i.at(site)
	if !ok {
		return call(ctx, r)
	}
	f := &strike.Fault
	switch f.Fault {
	case fault.Error:
		name, cause := f.Failure()
		return nil, &engine.TaskError{Name: name, Cause: cause}
	case fault.Throttle:
		name, cause := awscall.Throttled(site.Call).TaskError(r.Resource.Service)
		return nil, &engine.TaskError{Name: name, Cause: cause}
	case fault.Timeout:
		return nil, &engine.TaskError{Name: "States.Timeout"}
	}
	output, err := call(ctx, r)
	switch {
	case f.Fault == fault.Slow:
		if late := sleep(ctx, f.Delay); late != nil {
			return nil, late
		}
	case f.Fault == fault.Lost && err == nil:
		name, cause := awscall.Lost(r.Resource.Service)
		return nil, &engine.TaskError{Name: name, Cause: cause}
	}
	return output, err
}
