package asl

import (
	"github.com/mapjob/mapjob/internal/asl/calls"
	"github.com/mapjob/mapjob/internal/asl/fields"
	"github.com/mapjob/mapjob/internal/asl/services"
	"github.com/mapjob/mapjob/internal/expression"
)

// Task holds the fields of a Task state.
type Task struct {
	Resource services.Resource
	// Timeout and Heartbeat are in seconds, or nil if the definition does not set
	// them.
	Timeout     *expression.Dynamic
	Heartbeat   *expression.Dynamic
	Credentials *expression.Template
	shape       *services.Shape // of the parameters; nil if it is not known
}

func (p *parser) task(f fields.Object) *Task {
	t := &Task{}
	if !f.Has("Resource") {
		f.Missing("Resource", "the ARN of a service integration, a function or an activity")
	} else if arn, ok := f.MustText("Resource"); ok {
		if t.Resource, ok = services.Parse(arn); !ok {
			f.Document.Problem(f.At("Resource"), "got %q, expected the ARN of a service integration such as arn:aws:states:::lambda:invoke, of a function or of an activity", arn)
		} else {
			calls.CheckResource(f, t.Resource)
			calls.CheckParameters(f, p.argumentsName(f), t.Resource)
			t.shape = t.Resource.Parameters()
		}
	}
	t.Timeout = f.Dynamic("TimeoutSeconds", "TimeoutSeconds", fields.WholeIn(1, MaxSeconds))
	t.Heartbeat = f.Dynamic("HeartbeatSeconds", "HeartbeatSeconds", fields.WholeIn(1, MaxSeconds))
	if t.Timeout != nil && t.Heartbeat != nil && !t.Timeout.Computed() && !t.Heartbeat.Computed() {
		timeout, _ := expression.WholeNumber(t.Timeout.Literal)
		heartbeat, _ := expression.WholeNumber(t.Heartbeat.Literal)
		if heartbeat >= timeout && timeout > 0 {
			f.Document.Problem(f.At("HeartbeatSeconds"), "got %d, expected less than TimeoutSeconds, which is %d", heartbeat, timeout)
		}
	}
	if v, ok := f.Get("Credentials"); ok {
		if role, ok := f.Document.Open(v, f.At("Credentials"), "Credentials", fields.RoleKind, f.Language); ok {
			if !role.Has("RoleArn") && !role.Has("RoleArn.$") {
				f.Document.Known(role.At("RoleArn"), fields.SchemaText("The field 'RoleArn' is required but was missing", role.Path), "got nothing, expected the ARN of a role")
			}
			role.Text("RoleArn")
			t.Credentials = f.Template("Credentials", "Credentials")
		}
	}
	return t
}

// CheckParameters returns AWS's message about evaluated parameters that the action does
// not take, or "".
func (t *Task) CheckParameters(v any) string { return calls.WrongParameters(v, t.shape) }
