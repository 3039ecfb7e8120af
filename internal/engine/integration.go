package engine

import (
	"context"
	"strings"
	"sync/atomic"
	"time"

	"github.com/mapjob/mapjob/internal/asl"
)

// Integration is what a task's resource does: invoke a function, put an item.
type Integration interface {
	// Call does the work and returns its result, a value of package
	// internal/value. It runs on a goroutine of its own, and ctx ends when the
	// task times out or the execution stops. An error that is a [*TaskError]
	// is what the state machine sees; any other becomes States.TaskFailed.
	Call(ctx context.Context, request *Request) (output any, err error)
}

// IntegrationFunc is a function that is an [Integration].
type IntegrationFunc func(ctx context.Context, request *Request) (any, error)

// Call calls f.
func (f IntegrationFunc) Call(ctx context.Context, request *Request) (any, error) {
	return f(ctx, request)
}

// Immediate is an [Integration] that answers at once, without waiting for
// anything: a stub, or a handler in this process. It is called in the engine's
// own loop, which saves a goroutine, and lets an answer take virtual time.
type Immediate interface {
	Answer(request *Request) Answer
}

// Answer is what an [Immediate] integration answers.
type Answer struct {
	Output any
	// Err is as in [Integration].
	Err error
	// Takes is how long the answer takes on the clock of the run. It is cut
	// short by the task's timeout.
	Takes time.Duration
}

// ImmediateFunc is a function that is an [Integration] and an [Immediate].
type ImmediateFunc func(request *Request) Answer

// Answer calls f.
func (f ImmediateFunc) Answer(request *Request) Answer { return f(request) }

// Call calls f and leaves out how long it would take.
func (f ImmediateFunc) Call(_ context.Context, request *Request) (any, error) {
	answer := f(request)
	return answer.Output, answer.Err
}

// Request is what a task asks of its resource.
type Request struct {
	// Resource is the parsed ARN of the definition.
	Resource asl.Resource
	// Parameters is what Arguments or Parameters came to, or the input.
	Parameters any
	// Credentials is what the task's Credentials came to, nil without.
	Credentials any

	StateName string
	// Attempt counts from 0: it is the number of retries before this call.
	Attempt int
	// ExecutionARN is the execution that asks, a Map's child in a Distributed
	// Map; StateMachineARN is its state machine.
	ExecutionARN    string
	StateMachineARN string
	// Now is the time on the clock of the run.
	Now time.Time
	// Callback answers a task that waits for its token. It is nil for others.
	Callback *Callback

	submitted func(output any)
}

// Submitted says that the job of a task with the pattern .sync has been
// started, and what the service answered to that. The call goes on until the
// job has ended. An integration that does not say so counts as having started
// the job when it returns without an error.
func (r *Request) Submitted(output any) {
	if r.submitted != nil {
		r.submitted(output)
	}
}

// TaskError is an error as a state machine sees it.
type TaskError struct {
	// Name is what ErrorEquals is compared with, such as Lambda.TimeoutException.
	Name  string
	Cause string
}

func (e *TaskError) Error() string {
	if e.Cause == "" {
		return e.Name
	}
	return e.Name + ": " + e.Cause
}

// Callback answers a task with the pattern .waitForTaskToken. It may be used
// by any goroutine, also before the call that carries the token has returned.
type Callback struct {
	// Token is the task token, $states.context.Task.Token.
	Token string
	task  *task
	over  atomic.Bool
}

// Over reports whether the task has ended, be it because it was answered, its
// time was up, or its execution ended: nothing that is said now reaches it.
func (c *Callback) Over() bool { return c.over.Load() }

// Success ends the task with an output (SendTaskSuccess).
func (c *Callback) Success(output any) {
	c.task.visit.run.loop.Post(func() { c.task.answered(output, nil) })
}

// Failure ends the task with an error (SendTaskFailure).
func (c *Callback) Failure(name, cause string) {
	c.task.visit.run.loop.Post(func() { c.task.answered(nil, &TaskError{name, cause}) })
}

// Heartbeat says that the task is still being worked on (SendTaskHeartbeat).
func (c *Callback) Heartbeat() {
	c.task.visit.run.loop.Post(c.task.beat)
}

// integrations finds the integration of a resource.
type integrations struct {
	exact    map[string]Integration
	prefixes []prefixIntegration
}

type prefixIntegration struct {
	prefix      string
	integration Integration
}

func (s *integrations) add(resource string, integration Integration) {
	if prefix, ok := strings.CutSuffix(resource, "*"); ok {
		s.prefixes = append(s.prefixes, prefixIntegration{prefix, integration})
		return
	}
	if s.exact == nil {
		s.exact = map[string]Integration{}
	}
	s.exact[resource] = integration
}

// find looks for the whole ARN, then for the ARN without the pattern, then for
// the longest prefix.
func (s *integrations) find(r asl.Resource) Integration {
	if i, ok := s.exact[r.ARN]; ok {
		return i
	}
	if i, ok := s.exact[r.Name()]; ok {
		return i
	}
	var best prefixIntegration
	for _, p := range s.prefixes {
		if strings.HasPrefix(r.ARN, p.prefix) && (best.integration == nil || len(p.prefix) > len(best.prefix)) {
			best = p
		}
	}
	return best.integration
}
