package asl

import (
	"fmt"
	"strings"

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
			p.checkExists(f, t.Resource)
			p.checkPattern(f, t.Resource)
			t.shape = t.Resource.Parameters()
			p.checkParameters(f, t)
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

// checkExists reports an integration that does not exist.
func (p *parser) checkExists(f fields.Object, r services.Resource) {
	if !r.Integration() || services.Exists(r.Service, r.Action) {
		return
	}
	actions := services.Actions(r.Service)
	sdk := strings.HasPrefix(r.Service, "aws-sdk:")
	switch {
	case sdk && actions == nil:
		p.unrecognized(f, r, "got the service %s, expected %s: SDK integrations have no upper-case letters in the names of services", r.Service, strings.ToLower(r.Service))
	case sdk:
		p.unrecognized(f, r, "got the action %s, which %s does not have, expected %s", r.Action, r.Service, fields.Others(r.Action, actions))
	default:
		expected := "a service of " + strings.Join(services.Names(), ", ")
		if actions != nil {
			expected = fields.Alternatives(actions)
		}
		p.unrecognized(f, r, "got the integration %s:%s, which is not optimized, expected %s, or an SDK integration such as arn:aws:states:::aws-sdk:dynamodb:query", r.Service, r.Action, expected)
	}
}

// unrecognized reports a resource that AWS does not have.
func (p *parser) unrecognized(f fields.Object, r services.Resource, format string, args ...any) {
	const known = "The resource provided %s is not recognized. The value is not a valid resource ARN, or the resource is not available in this region."
	f.Document.Known(f.At("Resource"), fields.SchemaText(fmt.Sprintf(known, r.ARN), f.At("Resource")), format, args...)
}

// checkPattern reports a pattern that the service does not support.
func (p *parser) checkPattern(f fields.Object, r services.Resource) {
	switch r.Pattern {
	case services.RunJob, services.RunJob2:
		if services.RunsJobs(r.Service, r.Pattern == services.RunJob2) {
			return
		}
	case services.WaitForTaskToken:
		if services.TakesTokens(r.Service) {
			return
		}
	default:
		return
	}
	p.unrecognized(f, r, "got %q, expected %s: the service does not support %s", r.ARN, r.Name(), r.Pattern)
}
