package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/asl/services"
	"github.com/mapjob/mapjob/internal/engine/event"
	"github.com/mapjob/mapjob/internal/engine/loop"
	"github.com/mapjob/mapjob/internal/expression"
	"github.com/mapjob/mapjob/internal/value"
)

// taskState is a Task state: it calls its resource.
type taskState struct{}

var taskEvents = stateEvents{
	entered: event.TaskStateEntered, exited: event.TaskStateExited, aborted: event.TaskStateAborted,
	failureAborts: true,
}

func (taskState) events() *stateEvents { return &taskEvents }

func (taskState) start(v *visit) {
	t := &task{visit: v}
	v.work = t
	t.schedule()
}

// task is one call of a Task state's resource.
type task struct {
	visit     *visit
	request   Request
	timeout   time.Duration
	heartbeat time.Duration
	deadline  *loop.Timer // TimeoutSeconds
	silence   *loop.Timer // HeartbeatSeconds
	response  *loop.Timer // of an answer that takes time
	cancel    context.CancelFunc
	nested    *execution // that a .sync task started
	// submitted is set when the call of a task that waits has returned; early
	// is an answer that came before that.
	submitted bool
	early     func()
}

// ended reports whether the visit has gone on without the task: what comes back
// now is too late.
func (t *task) ended() bool { return t.visit.work != work(t) }

func (t *task) resource() *services.Resource { return &t.visit.state.Task.Resource }

// schedule evaluates the fields of the state and queues the call.
func (t *task) schedule() {
	v, resource := t.visit, t.resource()
	if resource.Pattern == services.WaitForTaskToken {
		t.request.Callback = &Callback{Token: v.run.newID() + v.run.newID(), task: t}
	}
	d := event.Data{Resource: resource.Call, Service: resource.Service, Region: v.run.engine.region}
	if !resource.Integration() {
		d = event.Data{Resource: resource.ARN, Service: resource.Service}
	}
	if err := t.prepare(&d); err != nil {
		v.failEvaluation(err)
		return
	}
	if limit := v.run.engine.limits.PayloadBytes; limit > 0 && value.Exceeds(t.request.Parameters, limit) {
		v.fail(&failure{name: errDataLimit, terminal: true, cause: fmt.Sprintf(
			"The state/task '%s' has arguments with a size exceeding the maximum number of bytes service limit.", v.state.Name)})
		return
	}
	if v.state.Parameters != nil {
		if wrong := v.state.Task.CheckParameters(t.request.Parameters); wrong != "" {
			v.failEvaluation(&expression.Error{Name: errRuntime, Message: fmt.Sprintf(
				"The Parameters '%s' could not be used to start the Task: [%s]", value.Text(t.request.Parameters), wrong)})
			return
		}
	}
	v.run.requests++
	t.request.Number = v.run.requests
	d.Value, d.HasValue = t.request.Parameters, true
	if !v.thread.record(callEvents(resource).scheduled, &d) {
		return
	}
	v.run.loop.Do(t.call)
}

// prepare makes the request.
func (t *task) prepare(d *event.Data) (err error) {
	v, definition := t.visit, t.visit.state.Task
	if d.Timeout, err = v.seconds(definition.Timeout); err != nil {
		return err
	}
	if d.Heartbeat, err = v.seconds(definition.Heartbeat); err != nil {
		return err
	}
	t.timeout, t.heartbeat = time.Duration(d.Timeout)*time.Second, time.Duration(d.Heartbeat)*time.Second
	r := &t.request
	r.Timeout, r.Heartbeat = t.timeout, t.heartbeat
	r.Timed = t.timeout > 0 || t.heartbeat > 0
	if r.Parameters, err = v.parameters(); err != nil {
		return err
	}
	r.Resource, r.StateName, r.Attempt = definition.Resource, v.state.Name, v.retryCount()
	r.ExecutionARN, r.StateMachineARN = v.execution.arn, v.execution.machineARN
	r.First, r.Items = v.thread.items()
	r.Now = v.enteredAt // the first attempt is in the step that entered the state
	if r.Attempt > 0 {
		r.Now = v.run.loop.Now()
	}
	if definition.Credentials != nil {
		if r.Credentials, err = definition.Credentials.Evaluate(v.scope()); err != nil {
			return err
		}
		d.Credentials = r.Credentials
	}
	if r.Callback != nil {
		v.run.tokens.add(r.Callback)
	}
	return nil
}

func (v *visit) seconds(d *expression.Dynamic) (int64, error) {
	if d == nil {
		return 0, nil
	}
	n, err := d.Integer(v.scope())
	if err == nil && (n < 0 || n > asl.MaxSeconds) {
		err = &expression.Error{Name: errRuntime, Field: d.Field, Message: fmt.Sprintf("got %d seconds, expected from 0 to %d", n, asl.MaxSeconds)}
	}
	return n, err
}

// call starts the timeouts and sends the request.
func (t *task) call() {
	if t.ended() {
		return
	}
	v, resource := t.visit, t.resource()
	if !v.thread.record(callEvents(resource).started, &event.Data{Resource: resource.Call, Service: resource.Service}) {
		return
	}
	if t.timeout > 0 {
		t.deadline = v.run.loop.After(t.timeout, func() { t.timeOut(false) })
	}
	t.beat()
	if v.run.engine.latency == nil {
		t.send()
		return
	}
	v.run.delayed(t.send) // it arrives even if the task has ended by then
}

// send passes the request to whatever answers the resource.
func (t *task) send() {
	r := t.visit.run
	waits := t.resource().Pattern != services.RequestResponse
	integration := r.engine.integration(t.visit.state)
	switch immediate, ok := integration.(Immediate); {
	case integration == nil:
		r.loop.Yield(t.callStepFunctions)
	case ok:
		if waits {
			t.request.submitted = t.jobStarted
		}
		if !r.loop.Driven() { // two functions for each request would be in vain
			answer := immediate.Answer(&t.request)
			t.respond(answer.Takes, answer.Output, answer.Err)
			return
		}
		r.loop.Yield(func() {
			answer := immediate.Answer(&t.request)
			r.loop.Yield(func() { t.respond(answer.Takes, answer.Output, answer.Err) })
		})
	default:
		if waits {
			t.request.submitted = func(output any) { r.loop.Post(func() { t.jobStarted(output) }) }
		}
		ctx, cancel := context.WithCancel(r.ctx)
		t.cancel = cancel
		r.loop.Block(func() func() {
			output, err := integration.Call(ctx, &t.request)
			cancel()
			return func() { t.respond(0, output, err) }
		})
	}
}

// respond brings back the answer of a call that takes that long.
func (t *task) respond(takes time.Duration, output any, err error) {
	if t.ended() {
		return
	}
	r := t.visit.run
	if r.engine.latency != nil {
		takes += r.engine.latency()
	}
	if takes <= 0 {
		t.returned(output, err)
		return
	}
	t.response = r.loop.After(takes, func() { t.returned(output, err) })
}

// returned takes what the call returned: the result of the task, or for one that
// waits for its token that the request was sent.
func (t *task) returned(output any, err error) {
	if t.ended() {
		return
	}
	switch t.resource().Pattern {
	case services.RunJob, services.RunJob2:
		if err == nil && !t.submitted && !t.submit(&value.Object{}) {
			return
		}
	case services.WaitForTaskToken:
		if err != nil {
			break
		}
		if t.submit(output) && t.early != nil {
			t.early()
		}
		return
	}
	t.answer(output, err)
}

// jobStarted records that the job of a .sync task runs.
func (t *task) jobStarted(output any) {
	if !t.ended() && !t.submitted {
		t.submit(output)
	}
}

// submit records that the request of a task that waits was accepted.
func (t *task) submit(output any) bool {
	t.submitted = true
	resource := t.resource()
	return t.visit.thread.record(event.TaskSubmitted, &event.Data{
		Resource: resource.Call, Service: resource.Service, Value: output, HasValue: true,
	})
}

// answered takes the answer to the task token.
func (t *task) answered(output any, err error) {
	if t.ended() {
		return
	}
	if !t.submitted {
		t.early = func() { t.answer(output, err) }
		return
	}
	t.answer(output, err)
}

// answer ends the task with its result or its error.
func (t *task) answer(output any, err error) {
	if t.ended() {
		return
	}
	t.release()
	v, resource := t.visit, t.resource()
	d := event.Data{Resource: resource.Call, Service: resource.Service}
	var f *failure
	switch e := (*TaskError)(nil); {
	case errors.As(err, &e):
		f = &failure{name: e.Name, cause: e.Cause, terminal: e.Name == errRuntime}
		f.answered = t.submitted && resource.Pattern == services.WaitForTaskToken
	case err != nil:
		f = &failure{name: errTaskFailed, cause: err.Error()}
	default:
		f = t.resultTooLarge(output)
	}
	if f != nil {
		d.Error, d.Cause = f.name, f.cause
		kind := callEvents(resource).failed
		if resource.Pattern != services.RequestResponse && !t.submitted {
			kind = event.TaskSubmitFailed
		}
		if v.thread.record(kind, &d) {
			v.fail(f)
		}
		return
	}
	d.Value, d.HasValue = output, true
	if !v.thread.record(callEvents(resource).succeeded, &d) {
		return
	}
	v.work = nil
	v.complete(output)
}

// resultTooLarge returns the failure of a result over the payload limit, else
// nil. Unlike that of an output, States.ALL catches it (recorded).
func (t *task) resultTooLarge(output any) *failure {
	if limit := t.visit.run.engine.limits.PayloadBytes; limit <= 0 || !value.Exceeds(output, limit) {
		return nil
	}
	resource := t.resource()
	name := resource.Service
	if !resource.Integration() {
		name = resource.ARN
	}
	return &failure{name: errDataLimit, cause: fmt.Sprintf(
		"The state/task '%s' returned a result with a size exceeding the maximum number of bytes service limit.", name)}
}

// beat starts the time within which the next heartbeat has to come.
func (t *task) beat() {
	if t.ended() || t.heartbeat <= 0 {
		return
	}
	t.visit.run.loop.Stop(t.silence)
	t.silence = t.visit.run.loop.After(t.heartbeat, func() { t.timeOut(true) })
}

func (t *task) timeOut(heartbeat bool) {
	if t.ended() {
		return
	}
	t.release()
	v, resource := t.visit, t.resource()
	f := &failure{name: errTimeout, heartbeat: heartbeat}
	d := event.Data{Resource: resource.Call, Service: resource.Service, Error: errTimeout}
	if !v.thread.record(callEvents(resource).timedOut, &d) {
		return
	}
	// Other timers that are due at this moment come first, as on AWS.
	v.run.loop.Do(func() {
		if !t.ended() {
			v.fail(f)
		}
	})
}

// release stops everything that could come back to the task.
func (t *task) release() {
	r := t.visit.run
	r.loop.Stop(t.deadline)
	r.loop.Stop(t.silence)
	r.loop.Stop(t.response)
	if c := t.request.Callback; c != nil {
		c.end()
		r.tokens.take(c.Token)
	}
	if t.cancel != nil {
		t.cancel()
	}
	if nested := t.nested; nested != nil {
		t.nested = nil
		nested.abort("", "")
	}
}

func (t *task) abort() { t.release() }

// callEventTypes are the events of a call, which depend on the resource.
type callEventTypes struct{ scheduled, started, succeeded, failed, timedOut event.Type }

var (
	serviceEvents = callEventTypes{
		event.TaskScheduled, event.TaskStarted, event.TaskSucceeded, event.TaskFailed, event.TaskTimedOut}
	functionEvents = callEventTypes{
		event.LambdaFunctionScheduled, event.LambdaFunctionStarted, event.LambdaFunctionSucceeded, event.LambdaFunctionFailed, event.LambdaFunctionTimedOut}
	activityEvents = callEventTypes{
		event.ActivityScheduled, event.ActivityStarted, event.ActivitySucceeded, event.ActivityFailed, event.ActivityTimedOut}
)

func callEvents(r *services.Resource) *callEventTypes {
	switch r.Service {
	case services.FunctionService:
		return &functionEvents
	case services.ActivityService:
		return &activityEvents
	}
	return &serviceEvents
}
