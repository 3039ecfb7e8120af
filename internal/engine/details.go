package engine

import (
	"strings"

	"github.com/mapjob/mapjob/internal/value"
)

// Details are what the event says beside its type, under the name that
// GetExecutionHistory has for it, such as taskScheduledEventDetails. The name
// is empty for an event that says nothing more.
func (e *Event) Details() (name string, object *value.Object) {
	d := &e.details
	o := &value.Object{}
	switch kind := string(e.Type); {
	case strings.HasSuffix(kind, "StateEntered"):
		o.Set("name", d.name)
		d.payload(o, "input")
		return "stateEnteredEventDetails", o
	case strings.HasSuffix(kind, "StateExited"):
		o.Set("name", d.name)
		d.payload(o, "output")
		if d.assigned.Len() > 0 {
			variables := value.WithCapacity(d.assigned.Len())
			for name, v := range d.assigned.All() {
				variables.Set(name, value.Text(v))
			}
			o.Set("assignedVariables", variables)
			o.Set("assignedVariablesDetails", value.NewObject("truncated", false))
		}
		return "stateExitedEventDetails", o
	}
	switch e.Type {
	case ExecutionStarted:
		d.payload(o, "input")
		o.Set("roleArn", d.resource)
	case ExecutionSucceeded:
		d.payload(o, "output")
	case MapStateStarted, ParallelStateStarted:
		if e.Type == ParallelStateStarted {
			return "", nil
		}
		o.Set("length", float64(d.length))
	case MapIterationStarted, MapIterationSucceeded, MapIterationFailed, MapIterationAborted:
		o.Set("name", d.name)
		o.Set("index", float64(d.index))
	case MapRunStarted:
		o.Set("mapRunArn", d.resource)
	case TaskScheduled:
		o.Set("resourceType", d.service)
		o.Set("resource", d.resource)
		o.Set("region", d.region)
		o.Set("parameters", d.encoded())
		d.seconds(o)
		if d.credentials != nil {
			o.Set("taskCredentials", lowerRole(d.credentials))
		}
	case LambdaFunctionScheduled, ActivityScheduled:
		o.Set("resource", d.resource)
		d.payload(o, "input")
		d.seconds(o)
	case TaskStarted:
		o.Set("resourceType", d.service)
		o.Set("resource", d.resource)
	case TaskSubmitted, TaskSucceeded:
		o.Set("resourceType", d.service)
		o.Set("resource", d.resource)
		d.payload(o, "output")
	case LambdaFunctionSucceeded, ActivitySucceeded:
		d.payload(o, "output")
	case TaskFailed, TaskTimedOut, TaskStartFailed, TaskSubmitFailed:
		o.Set("resourceType", d.service)
		o.Set("resource", d.resource)
		d.problem(o)
	case EvaluationFailed:
		d.problem(o)
		if d.location != "" {
			o.Set("location", d.location)
		}
		o.Set("state", d.name)
	case MapStateFailed, ParallelStateFailed:
		return "", nil
	case ExecutionFailed, ExecutionTimedOut, ExecutionAborted, MapRunFailed,
		LambdaFunctionFailed, LambdaFunctionTimedOut, ActivityFailed, ActivityTimedOut:
		d.problem(o)
	default:
		return "", nil
	}
	return detailsName(e.Type), o
}

// detailsName is the type in lower camel case.
func detailsName(t EventType) string {
	kind := string(t)
	return strings.ToLower(kind[:1]) + kind[1:] + "EventDetails"
}

func (d *details) encoded() string {
	if !d.hasValue {
		return ""
	}
	return value.Text(d.value)
}

// payload is a payload and whether it was cut: it never is here.
func (d *details) payload(o *value.Object, name string) {
	o.Set(name, d.encoded())
	o.Set(name+"Details", value.NewObject("truncated", false))
}

func (d *details) problem(o *value.Object) {
	if d.errorName != "" {
		o.Set("error", d.errorName)
	}
	if d.cause != "" {
		o.Set("cause", d.cause)
	}
}

func (d *details) seconds(o *value.Object) {
	if d.timeout > 0 {
		o.Set("timeoutInSeconds", float64(d.timeout))
	}
	if d.heartbeat > 0 {
		o.Set("heartbeatInSeconds", float64(d.heartbeat))
	}
}

func lowerRole(credentials any) *value.Object {
	object, _ := credentials.(*value.Object)
	role, _ := object.Get("RoleArn")
	return value.NewObject("roleArn", role)
}

// MarshalJSON is the event as GetExecutionHistory has it, with the ARN of its
// execution.
func (e Event) MarshalJSON() ([]byte, error) {
	o := value.NewObject(
		"executionArn", e.ExecutionARN,
		"id", float64(e.ID),
		"previousEventId", float64(e.PreviousID),
		"timestamp", e.Time.UTC().Format("2006-01-02T15:04:05.000Z07:00"),
		"type", string(e.Type),
	)
	if name, object := e.Details(); name != "" {
		o.Set(name, object)
	}
	return value.Append(nil, o), nil
}
