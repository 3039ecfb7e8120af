package event

import (
	"strings"

	"github.com/mapjob/mapjob/internal/value"
)

// Details returns the data of the event and the name of the member in which
// GetExecutionHistory returns it, such as taskScheduledEventDetails. The name
// is empty if the event has no data.
func (e *Event) Details() (name string, object *value.Object) {
	d := &e.Data
	o := &value.Object{}
	switch kind := string(e.Type); {
	case strings.HasSuffix(kind, "StateEntered"):
		o.Set("name", d.Name)
		d.payload(o, "input")
		return "stateEnteredEventDetails", o
	case strings.HasSuffix(kind, "StateExited"):
		o.Set("name", d.Name)
		d.payload(o, "output")
		if d.Assigned.Len() > 0 {
			variables := value.WithCapacity(d.Assigned.Len())
			for name, v := range d.Assigned.All() {
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
		o.Set("roleArn", d.Resource)
	case ExecutionSucceeded:
		d.payload(o, "output")
	case MapStateStarted:
		o.Set("length", float64(d.Length))
	case MapIterationStarted, MapIterationSucceeded, MapIterationFailed, MapIterationAborted:
		o.Set("name", d.Name)
		o.Set("index", float64(d.Index))
	case MapRunStarted:
		o.Set("mapRunArn", d.Resource)
	case TaskScheduled:
		o.Set("resourceType", d.Service)
		o.Set("resource", d.Resource)
		o.Set("region", d.Region)
		o.Set("parameters", d.encoded())
		d.seconds(o)
		if d.Credentials != nil {
			o.Set("taskCredentials", lowerRole(d.Credentials))
		}
	case LambdaFunctionScheduled, ActivityScheduled:
		o.Set("resource", d.Resource)
		d.payload(o, "input")
		d.seconds(o)
	case TaskStarted:
		o.Set("resourceType", d.Service)
		o.Set("resource", d.Resource)
	case TaskSubmitted, TaskSucceeded:
		o.Set("resourceType", d.Service)
		o.Set("resource", d.Resource)
		d.payload(o, "output")
	case LambdaFunctionSucceeded, ActivitySucceeded:
		d.payload(o, "output")
	case TaskFailed, TaskTimedOut, TaskSubmitFailed:
		o.Set("resourceType", d.Service)
		o.Set("resource", d.Resource)
		d.problem(o)
	case EvaluationFailed:
		d.problem(o)
		if d.Location != "" {
			o.Set("location", d.Location)
		}
		o.Set("state", d.Name)
	case ExecutionFailed, ExecutionTimedOut, ExecutionAborted, MapRunFailed,
		LambdaFunctionFailed, LambdaFunctionTimedOut, ActivityFailed, ActivityTimedOut:
		d.problem(o)
	default:
		return "", nil
	}
	return detailsName(e.Type), o
}

// detailsName is the type in lower camel case.
func detailsName(t Type) string {
	kind := string(t)
	return strings.ToLower(kind[:1]) + kind[1:] + "EventDetails"
}

func (d *Data) encoded() string {
	if !d.HasValue {
		return ""
	}
	return value.Text(d.Value)
}

// payload sets an input or an output, which is never truncated here.
func (d *Data) payload(o *value.Object, name string) {
	o.Set(name, d.encoded())
	o.Set(name+"Details", value.NewObject("truncated", false))
}

func (d *Data) problem(o *value.Object) {
	if d.Error != "" {
		o.Set("error", d.Error)
	}
	if d.Cause != "" {
		o.Set("cause", d.Cause)
	}
}

func (d *Data) seconds(o *value.Object) {
	if d.Timeout > 0 {
		o.Set("timeoutInSeconds", float64(d.Timeout))
	}
	if d.Heartbeat > 0 {
		o.Set("heartbeatInSeconds", float64(d.Heartbeat))
	}
}

func lowerRole(credentials any) *value.Object {
	object, _ := credentials.(*value.Object)
	role, _ := object.Get("RoleArn")
	return value.NewObject("roleArn", role)
}

// MarshalJSON encodes the event as GetExecutionHistory returns it, and adds the
// ARN of its execution.
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
