package engine

import (
	"context"
	"strings"
	"sync/atomic"
	"time"

	"github.com/mapjob/mapjob/internal/asl/services"
)

// Integration does the work of a task's resource: it invokes a function, or puts
// an item.
type Integration interface {
	// Call does the work and returns its result, a value of package
	// internal/value. It runs on a goroutine of its own, and ctx ends when the
	// task times out or the execution stops. The state machine sees the name
	// and the cause of a [*TaskError]; any other error is States.TaskFailed.
	Call(ctx context.Context, request *Request) (output any, err error)
}

// IntegrationFunc is a function that is an [Integration].
type IntegrationFunc func(ctx context.Context, request *Request) (any, error)

// Call calls f.
func (f IntegrationFunc) Call(ctx context.Context, request *Request) (any, error) {
	return f(ctx, request)
}

// Immediate is an [Integration] that answers without blocking: a stub, or a
// handler in this process. It is called on the goroutine of the run, and its
// answer may take virtual time. In a driven session, the driver chooses when it is
// called and when its answer arrives.
type Immediate interface {
	Answer(request *Request) Answer
}

// Answer is the answer of an [Immediate] integration.
type Answer struct {
	Output any
	// Err is as in [Integration].
	Err error
	// Takes is how long the answer takes on the clock of the run. If that is
	// longer than the task's timeout, the task times out.
	Takes time.Duration
}

// ImmediateFunc is a function that is an [Integration] and an [Immediate].
type ImmediateFunc func(request *Request) Answer

// Answer calls f.
func (f ImmediateFunc) Answer(request *Request) Answer { return f(request) }

// Call calls f and ignores Answer.Takes.
func (f ImmediateFunc) Call(_ context.Context, request *Request) (any, error) {
	answer := f(request)
	return answer.Output, answer.Err
}

// Request is the request of a task to its resource.
type Request struct {
	// Resource is the parsed ARN of the definition.
	Resource services.Resource
	// Parameters is the value of Arguments or Parameters, or the input.
	Parameters any
	// Credentials is the value of the task's Credentials, nil without.
	Credentials any

	StateName string
	// Attempt counts from 0: it is the number of retries before this call.
	Attempt int
	// Timed reports whether the task has a timeout or a heartbeat, and so ends
	// without an answer.
	Timed bool
	// Timeout and Heartbeat are those of the task, 0 without.
	Timeout, Heartbeat time.Duration
	// ExecutionARN is the execution of the task: inside a Distributed Map, that
	// of the child. StateMachineARN is its state machine.
	ExecutionARN    string
	StateMachineARN string
	// Number counts the requests of the run from 1, in the order in which their
	// tasks were scheduled.
	Number int64
	// First is the index of the first item of the request's child execution or
	// iteration, and Items the number of its items: 0 outside of a Map. In nested
	// Maps they are those of the innermost one.
	First, Items int
	// Now is the time on the clock of the run.
	Now time.Time
	// Callback answers the task if it waits for its token, else it is nil.
	Callback *Callback

	submitted func(output any)
}

// Submitted reports that the job of a task with the pattern .sync was started,
// with the answer of the service. The call continues until the job has ended.
// If an integration does not call Submitted, its job counts as started when Call
// returns without an error.
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

// TokenLength is the length of a task token.
const TokenLength = 72

// Callback answers a task with the pattern .waitForTaskToken. It may be used
// from any goroutine, and before the call that carries the token has returned.
type Callback struct {
	// Token is the task token, $states.context.Task.Token.
	Token    string
	task     *task
	over     atomic.Bool
	whenOver atomic.Pointer[func()]
}

// Over reports whether the task has ended: it was answered, it timed out, or its
// execution ended. Later answers are ignored.
func (c *Callback) Over() bool { return c.over.Load() }

// WhenOver calls a function when the task ends, at once if it has ended. It is for one
// function, which must not wait.
func (c *Callback) WhenOver(do func()) {
	c.whenOver.Store(&do)
	if c.over.Load() {
		c.tell()
	}
}

// end notes that the task has ended.
func (c *Callback) end() {
	c.over.Store(true)
	c.tell()
}

// tell calls the function of WhenOver, once.
func (c *Callback) tell() {
	if do := c.whenOver.Swap(nil); do != nil {
		(*do)()
	}
}

// Executions returns the ARNs of the execution of the task, of the one whose Map Run has that
// as a child or whose task waits for it, and so on.
func (c *Callback) Executions() []string {
	if c.task == nil { // of a test
		return nil
	}
	var arns []string
	for x := c.task.visit.execution; ; {
		arns = append(arns, x.arn)
		switch {
		case x.child != nil:
			x = x.child.of.visit.execution
		case x.waiter != nil:
			x = x.waiter.visit.execution
		default:
			return arns
		}
	}
}

// Success ends the task with an output (SendTaskSuccess).
func (c *Callback) Success(output any) {
	c.task.visit.run.loop.Post(func() { c.task.answered(output, nil) })
}

// Failure ends the task with an error (SendTaskFailure).
func (c *Callback) Failure(name, cause string) {
	c.task.visit.run.loop.Post(func() { c.task.answered(nil, &TaskError{name, cause}) })
}

// Heartbeat reports that the task is still in progress (SendTaskHeartbeat).
func (c *Callback) Heartbeat() {
	c.task.visit.run.loop.Post(c.task.beat)
}

// integrations are the integrations by resource.
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

// find returns the integration of the whole ARN, else of the ARN without the
// pattern, else of the longest prefix, else nil.
func (s *integrations) find(r services.Resource) Integration {
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
