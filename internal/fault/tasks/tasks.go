// Package tasks says what of a task a fault can strike, and how the task fails then.
// It is the same for a simulation and for the real parts of a stack.
package tasks

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/mapjob/mapjob/internal/asl/services"
	"github.com/mapjob/mapjob/internal/awscall"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/fault"
	"github.com/mapjob/mapjob/internal/value"
)

// Invoke is the call of an invocation of a function.
const Invoke = "lambda:Invoke"

// Call returns what a task calls, such as dynamodb:PutItem, as a function that calls
// it has it; "" if its work is that of an activity.
func Call(r *services.Resource) string {
	switch r.Service {
	case services.FunctionService:
		return Invoke
	case services.ActivityService:
		return ""
	}
	return awscall.OfTask(r.Service, r.Action)
}

// Invokes reports whether a task invokes a function.
func Invokes(r *services.Resource) bool {
	return r.Service == services.FunctionService || r.Action == "invoke" && strings.TrimPrefix(r.Service, "aws-sdk:") == "lambda"
}

// Invoked returns the name or ARN of the function that a task invokes, and its
// payload. The name is "" if it invokes none.
func Invoked(r *engine.Request) (function string, payload any) {
	switch {
	case r.Resource.Service == services.FunctionService:
		return r.Resource.ARN, r.Parameters
	case Invokes(&r.Resource):
		parameters, _ := r.Parameters.(*value.Object)
		name, _ := parameters.Get("FunctionName")
		function, _ = name.(string)
		payload, _ = parameters.Get("Payload")
	}
	return function, payload
}

// Site returns the site at which a task begins, without its machine and state. Its
// function is that of [Invoked], and its items are those that the payload of a job's
// worker names, else those of the Map.
func Site(r *engine.Request) fault.Site {
	function, payload := Invoked(r)
	items := fault.Items(payload)
	if len(items) == 0 && r.Items > 0 {
		items = slices.Grow(items, r.Items)
		for i := range r.Items {
			items = append(items, r.First+i)
		}
	}
	return fault.Site{Moment: fault.Task, Execution: r.ExecutionARN, Function: function, Call: Call(&r.Resource), Attempt: r.Attempt, Items: items, Errors: errorsOf(&r.Resource)}
}

// errorsOf returns the names of errors that the service of a task has: when it fails,
// and when its answer is lost.
func errorsOf(r *services.Resource) []string {
	if r.Service == services.ActivityService {
		return nil
	}
	failed, _ := awscall.Failed(Call(r), "", "").TaskError(serviceOf(r))
	lost, _ := awscall.Lost(serviceOf(r))
	return []string{failed, lost}
}

// Refused returns the error of a task that a fault strikes before its call; nil if
// the call is made.
func Refused(f *fault.Fault, r *services.Resource) error {
	switch f.Fault {
	case fault.Error:
		return taskError(f.Failure())
	case fault.Throttle:
		return taskError(awscall.Throttled(Call(r)).TaskError(serviceOf(r)))
	}
	return nil
}

// Never is longer than an execution may take.
const Never = 100 * 365 * 24 * time.Hour

// Answer returns what a fault does to the answer of a task: how late it is, or the
// error that the task has in its place. The answer to a task that waits for it
// without a timeout is lost when another one's would not come. Faults of functions do
// nothing here.
func Answer(f *fault.Fault, r *engine.Request) (late time.Duration, lost error) {
	switch f.Fault {
	case fault.Slow:
		return f.Delay, nil
	case fault.Timeout:
		if function, _ := Invoked(r); function != "" {
			return 0, nil // which does not end in time
		}
		if r.Timed {
			return Never, nil
		}
	case fault.Lost:
	default:
		return 0, nil
	}
	return 0, taskError(awscall.Lost(serviceOf(&r.Resource)))
}

// Answered is [Answer] of a call that has returned. It waits if the answer is late.
func Answered(ctx context.Context, f *fault.Fault, r *engine.Request, output any, err error) (any, error) {
	late, lost := Answer(f, r)
	if lost != nil {
		return nil, lost
	}
	if late > 0 {
		if ended := fault.Sleep(ctx, late); ended != nil {
			return nil, ended
		}
	}
	return output, err
}

// serviceOf returns the service of a task in the words of its ARN.
func serviceOf(r *services.Resource) string {
	if r.Service == services.FunctionService {
		return "lambda"
	}
	return r.Service
}

func taskError(name, cause string) error { return &engine.TaskError{Name: name, Cause: cause} }
