package simulation

import (
	"context"
	"strings"
	"time"

	"github.com/mapjob/mapjob/internal/asl/services"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/fault"
	"github.com/mapjob/mapjob/internal/value"
)

// come notes that the run has come to a site, and returns the fault that strikes
// there.
func (s *Simulation) come(site fault.Site) (strike fault.Fault, struck bool) {
	if s.options.Sites != nil {
		s.options.Sites.Record(site)
	}
	if !s.strikes[site.Moment] {
		return fault.Fault{}, false
	}
	found, struck := s.injector.At(site)
	if struck && s.options.Struck != nil {
		s.options.Struck(site, found.Fault)
	}
	return found.Fault, struck
}

// moments are those at which faults strike.
func moments() []fault.Moment {
	return []fault.Moment{fault.Task, fault.Request, fault.Write, fault.Entry, fault.Event, fault.Results}
}

// site returns the site at which a task begins.
func (s *Simulation) site(c *caller) fault.Site {
	r := c.request
	site := fault.Site{Moment: fault.Task, Machine: c.machine.ID, State: c.state, Call: taskCall(&r.Resource), Attempt: r.Attempt, Items: itemsOf(r)}
	if f := s.stack.Function(invokedByRequest(r)); f != nil {
		site.Function = f.ID
	}
	return site
}

// site returns the site at which an invocation calls a service, or at which it begins.
func (v *invocation) site(moment fault.Moment) fault.Site {
	site := fault.Site{Moment: moment, Function: v.Function.ID, Call: invokeCall}
	if c := v.caller; c != nil {
		site.Machine, site.State, site.Attempt, site.Items = c.machine.ID, c.state, c.request.Attempt, itemsOf(c.request)
	}
	return site
}

const invokeCall = "lambda:Invoke"

// taskCall returns what a task calls, such as dynamodb:PutItem.
func taskCall(r *services.Resource) string {
	switch r.Service {
	case services.FunctionService:
		return invokeCall
	case "states":
		return "sfn:" + upperFirst(r.Action)
	}
	return serviceName(strings.TrimPrefix(r.Service, "aws-sdk:")) + ":" + upperFirst(r.Action)
}

func upperFirst(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// itemsOf returns the indexes of the items of a request.
func itemsOf(r *engine.Request) []int {
	if r.Items == 0 {
		return nil
	}
	items := make([]int, r.Items)
	for i := range items {
		items[i] = r.First + i
	}
	return items
}

// invokedByRequest returns the name or ARN of the function that a task invokes; "" if
// it invokes none.
func invokedByRequest(r *engine.Request) string {
	switch {
	case r.Resource.Service == services.FunctionService:
		return r.Resource.ARN
	case taskCall(&r.Resource) == invokeCall:
		parameters, _ := r.Parameters.(*value.Object)
		named, _ := parameters.Get("FunctionName")
		name, _ := named.(string)
		return name
	}
	return ""
}

// refusedTask returns the error of a task that a fault strikes before its call.
func refusedTask(f *fault.Fault) error {
	name := f.Error
	if name == "" {
		name = "States.TaskFailed"
	}
	return &engine.TaskError{Name: name, Cause: f.Cause}
}

// throttledTask returns the error of a task that its service throttles.
func throttledTask(r *services.Resource) error {
	name, cause := "ThrottlingException", "Rate exceeded"
	switch prefix(r) {
	case "Lambda":
		name, cause = "TooManyRequestsException", "Rate Exceeded."
	case "DynamoDB", "DynamoDb":
		name, cause = "ProvisionedThroughputExceededException", "The level of configured provisioned throughput for the table was exceeded."
	case "S3":
		name, cause = "S3Exception", "Please reduce your request rate."
	}
	return &engine.TaskError{Name: prefix(r) + "." + name, Cause: cause}
}

// lostTask returns the error of a task whose answer was lost.
func lostTask(r *services.Resource) error {
	return &engine.TaskError{Name: prefix(r) + ".SdkClientException", Cause: "Unable to execute HTTP request: Connection reset"}
}

// prefix returns what the names of errors of a task begin with: optimized
// integrations have names of the AWS SDK for Java 1, others of version 2.
func prefix(r *services.Resource) string {
	switch r.Service {
	case services.FunctionService, "lambda", "aws-sdk:lambda":
		return "Lambda"
	case "dynamodb":
		return "DynamoDB"
	case "aws-sdk:dynamodb":
		return "DynamoDb"
	case "states":
		return "StepFunctions"
	case "sns", "sqs":
		return strings.ToUpper(r.Service)
	case "events", "aws-sdk:eventbridge":
		return "EventBridge"
	}
	return upperFirst(strings.TrimPrefix(r.Service, "aws-sdk:"))
}

// sleep waits until a time has passed. The error is the cause of ctx's end.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
