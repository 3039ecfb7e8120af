package asl

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/mapjob/mapjob/internal/asl/fields"
	"github.com/mapjob/mapjob/internal/asl/services"
	"github.com/mapjob/mapjob/internal/expression"
)

// Task holds the fields of a Task state.
type Task struct {
	Resource Resource
	// Timeout and Heartbeat are in seconds, or nil if the definition does not set
	// them.
	Timeout     *expression.Dynamic
	Heartbeat   *expression.Dynamic
	Credentials *expression.Template
}

// Pattern says how a task waits for its resource (developer guide, "Discover
// service integration patterns").
type Pattern string

// The four patterns.
const (
	RequestResponse  Pattern = ""
	RunJob           Pattern = ".sync"
	RunJob2          Pattern = ".sync:2"
	WaitForTaskToken Pattern = ".waitForTaskToken"
)

// Resource identifies what a task calls.
type Resource struct {
	// ARN is the Resource field as it is in the definition.
	ARN string
	// Service and Action are set for a service integration, such as "lambda"
	// and "invoke" in arn:aws:states:::lambda:invoke, or "aws-sdk:s3" and
	// "getObject". For a Lambda function or an activity Service is "function"
	// or "activity" and Action is empty.
	Service string
	Action  string
	Pattern Pattern
	// Call is the action with its pattern, such as startExecution.sync.
	Call string
}

// Values of Resource.Service for resources that are not service integrations.
const (
	FunctionService = "function"
	ActivityService = "activity"
)

// Name returns the ARN without the pattern.
func (r Resource) Name() string { return strings.TrimSuffix(r.ARN, string(r.Pattern)) }

// Integration reports whether the resource is a service integration rather than
// the ARN of a function or an activity.
func (r Resource) Integration() bool {
	return r.Service != FunctionService && r.Service != ActivityService
}

var (
	// The partition may be a substitution such as ${AWS::Partition}.
	integrationARN = regexp.MustCompile(`^arn:(?:\$\{[^}]*\}|[^:])*:states:[^:]*:[^:]*:(aws-sdk:[A-Za-z0-9-]+|[A-Za-z0-9-]+):([A-Za-z][A-Za-z0-9]*)(\.sync:2|\.sync|\.waitForTaskToken)?$`)
	functionARN    = regexp.MustCompile(`^arn:[^:]*:lambda:[^:]*:[^:]*:function:.+$`)
	activityARN    = regexp.MustCompile(`^arn:[^:]*:states:[^:]+:[^:]+:activity:.+$`)
)

// parseResource parses the Resource of a task. It takes a text with a substitution
// for a function.
func parseResource(arn string) (Resource, bool) {
	switch match := integrationARN.FindStringSubmatch(arn); {
	case activityARN.MatchString(arn):
		return Resource{ARN: arn, Service: ActivityService}, true
	case match != nil:
		return Resource{ARN: arn, Service: match[1], Action: match[2], Pattern: Pattern(match[3]), Call: match[2] + match[3]}, true
	case functionARN.MatchString(arn), strings.Contains(arn, "${"):
		return Resource{ARN: arn, Service: FunctionService}, true
	}
	return Resource{}, false
}

func (p *parser) task(f fields.Object) *Task {
	t := &Task{}
	if !f.Has("Resource") {
		f.Missing("Resource", "the ARN of a service integration, a function or an activity")
	} else if arn, ok := f.MustText("Resource"); ok {
		if t.Resource, ok = parseResource(arn); !ok {
			f.Document.Problem(f.At("Resource"), "got %q, expected the ARN of a service integration such as arn:aws:states:::lambda:invoke, of a function or of an activity", arn)
		} else {
			p.checkOptimized(f, t.Resource)
			p.checkPattern(f, t.Resource)
		}
	}
	t.Timeout = f.Dynamic("TimeoutSeconds", "TimeoutSeconds", fields.WholeIn(1, maxSeconds))
	t.Heartbeat = f.Dynamic("HeartbeatSeconds", "HeartbeatSeconds", fields.WholeIn(1, maxSeconds))
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
			t.Credentials = f.Template("Credentials", "Credentials")
		}
	}
	return t
}

// checkOptimized reports an optimized integration that does not exist.
func (p *parser) checkOptimized(f fields.Object, r Resource) {
	if !r.Integration() || services.Exists(r.Service, r.Action) {
		return
	}
	expected := "a service of " + strings.Join(services.Names(), ", ")
	if actions := services.Actions(r.Service); actions != nil {
		expected = fields.Alternatives(actions)
	}
	const known = "The resource provided %s is not recognized. The value is not a valid resource ARN, or the resource is not available in this region."
	f.Document.Known(f.At("Resource"), fields.SchemaText(fmt.Sprintf(known, r.ARN), f.At("Resource")),
		"got the integration %s:%s, which is not optimized, expected %s, or an SDK integration such as arn:aws:states:::aws-sdk:dynamodb:query", r.Service, r.Action, expected)
}

// checkPattern reports a pattern that the service does not support.
func (p *parser) checkPattern(f fields.Object, r Resource) {
	switch r.Pattern {
	case RunJob, RunJob2:
		if services.RunsJobs(r.Service, r.Pattern == RunJob2) {
			return
		}
	case WaitForTaskToken:
		if services.TakesTokens(r.Service) {
			return
		}
	default:
		return
	}
	f.Document.Problem(f.At("Resource"), "got %q, expected %s: the service does not support %s", r.ARN, r.Name(), r.Pattern)
}
