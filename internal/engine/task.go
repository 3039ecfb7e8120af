package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/expression"
	"github.com/mapjob/mapjob/internal/value"
)

// task is a call of a Task state that is under way.
type task struct {
	request  Request
	token    string
	timeout  time.Duration
	limit    *timer // TimeoutSeconds
	silence  *timer // HeartbeatSeconds
	takes    *timer // the time an immediate answer takes
	patience time.Duration
	cancel   context.CancelFunc
	nested   *execution
	called   time.Time // where attempts are kept
	// submitted is set when the call of a task that waits has returned.
	submitted bool
	early     func() // an answer that came before that
}

// task runs a Task state.
func (v *visit) task() {
	resource := v.state.Task.Resource
	t := &task{}
	v.work = t
	if resource.Pattern == asl.WaitForTaskToken {
		t.token = v.newID() + v.newID()
	}
	d := details{resource: resource.Call, service: resource.Service, region: v.region}
	if !resource.Integration() {
		d = details{resource: resource.ARN, service: resource.Service}
	}
	if err := v.prepare(t, &d); err != nil {
		v.failEvaluation(err)
		return
	}
	if limit := v.limits.PayloadBytes; limit > 0 && value.Exceeds(t.request.Parameters, limit) {
		v.fail(&failure{name: errDataLimit, terminal: true, cause: fmt.Sprintf(
			"The state/task '%s' has arguments with a size exceeding the maximum number of bytes service limit.", v.state.Name)})
		return
	}
	d.value, d.hasValue = t.request.Parameters, true
	if !v.record(taskEvents(resource).scheduled, &d) {
		return
	}
	v.loop.do(func() {
		if v.work == working(t) {
			v.call(t)
		}
	})
}

// prepare evaluates what the state's fields say about the call.
func (v *visit) prepare(t *task, d *details) error {
	definition := v.state.Task
	timeout, err := v.seconds(definition.Timeout)
	if err != nil {
		return err
	}
	heartbeat, err := v.seconds(definition.Heartbeat)
	if err != nil {
		return err
	}
	parameters, err := v.parameters()
	if err != nil {
		return err
	}
	d.timeout, d.heartbeat = timeout, heartbeat
	t.timeout, t.patience = time.Duration(timeout)*time.Second, time.Duration(heartbeat)*time.Second
	now := v.enteredAt // the first attempt is in the step that entered the state
	if v.retries > 0 {
		now = v.loop.clock.now()
	}
	t.request = Request{
		Resource: definition.Resource, Parameters: parameters, StateName: v.state.Name, Attempt: v.retries,
		ExecutionARN: v.arn, StateMachineARN: v.machineARN, Now: now,
	}
	if definition.Credentials != nil {
		if t.request.Credentials, err = definition.Credentials.Evaluate(v.scope()); err != nil {
			return err
		}
		d.credentials = t.request.Credentials
	}
	if t.token != "" {
		t.request.Callback = &Callback{Token: t.token, visit: v, task: t}
		if v.tokens == nil {
			v.run.tokens = map[string]*Callback{}
		}
		v.tokens[t.token] = t.request.Callback
	}
	return nil
}

func (v *visit) seconds(d *expression.Dynamic) (int64, error) {
	if d == nil {
		return 0, nil
	}
	if d.Path() != nil {
		if _, err := d.Path().Get(v.scope()); err != nil {
			return 0, invalidPath(d.Path(), err)
		}
	}
	return d.Integer(v.scope())
}

// call starts the work of the resource.
func (v *visit) call(t *task) {
	resource := t.request.Resource
	if !v.record(taskEvents(resource).started, &details{resource: resource.Call, service: resource.Service}) {
		return
	}
	if t.timeout > 0 {
		t.limit = v.loop.after(t.timeout, func() { v.timeOut(t, false) })
	}
	v.heartbeat(t)
	if v.keepAttempts {
		t.called = v.loop.clock.now()
	}
	if v.latency == nil {
		v.send(t)
		return
	}
	v.delayed(func() { v.send(t) }) // it arrives even if the task has ended by then
}

// send hands the request to whoever answers the resource.
func (v *visit) send(t *task) {
	resource := t.request.Resource
	waits := resource.Pattern != asl.RequestResponse
	integration := v.integration(v.state)
	switch answerer, immediate := integration.(Immediate); {
	case integration == nil:
		v.callOwn(t)
	case immediate:
		if waits {
			t.request.submitted = func(output any) { v.jobStarted(t, output) }
		}
		answer := answerer.Answer(&t.request)
		v.answerAfter(t, answer.Takes, answer.Output, answer.Err)
	default:
		if waits {
			t.request.submitted = func(output any) { v.loop.post(func() { v.jobStarted(t, output) }) }
		}
		ctx, cancel := context.WithCancel(v.ctx)
		t.cancel = cancel
		v.loop.block(func() func() {
			output, err := integration.Call(ctx, &t.request)
			cancel()
			return func() { v.answerAfter(t, 0, output, err) }
		})
	}
}

// answerAfter is the answer of a call that takes so long, and its way back.
func (v *visit) answerAfter(t *task, takes time.Duration, output any, err error) {
	if v.work != working(t) {
		return
	}
	if v.latency != nil {
		takes += v.latency()
	}
	if takes <= 0 {
		v.returned(t, output, err)
		return
	}
	t.takes = v.loop.after(takes, func() { v.returned(t, output, err) })
}

// returned takes what the call has returned: the result of the task, or of
// the first half of one that waits for its token.
func (v *visit) returned(t *task, output any, err error) {
	if v.work != working(t) {
		return
	}
	switch v.state.Task.Resource.Pattern {
	case asl.WaitForTaskToken:
	case asl.RunJob, asl.RunJob2:
		if err == nil && !t.submitted && !v.submit(t, &value.Object{}) {
			return
		}
		v.answer(t, output, err)
		return
	default:
		v.answer(t, output, err)
		return
	}
	if err != nil {
		v.answer(t, nil, err)
		return
	}
	if !v.submit(t, output) {
		return
	}
	if t.early != nil {
		t.early()
	}
}

// jobStarted takes word that the job of a .sync task runs.
func (v *visit) jobStarted(t *task, output any) {
	if v.work == working(t) && !t.submitted {
		v.submit(t, output)
	}
}

// submit records that a task that waits has been handed over.
func (v *visit) submit(t *task, output any) bool {
	t.submitted = true
	resource := v.state.Task.Resource
	return v.record(TaskSubmitted, &details{
		resource: resource.Call, service: resource.Service, value: output, hasValue: true,
	})
}

// answered takes the answer to a task token.
func (v *visit) answered(t *task, output any, err error) {
	if v.work != working(t) {
		return
	}
	if !t.submitted {
		t.early = func() { v.answer(t, output, err) }
		return
	}
	v.answer(t, output, err)
}

// answer ends the call.
func (v *visit) answer(t *task, output any, err error) {
	if v.work != working(t) {
		return
	}
	t.end(v)
	resource := v.state.Task.Resource
	d := details{resource: resource.Call, service: resource.Service}
	var f *failure
	switch e := (*TaskError)(nil); {
	case errors.As(err, &e):
		f = &failure{name: e.Name, cause: e.Cause, terminal: e.Name == errRuntime}
	case err != nil:
		f = &failure{name: errTaskFailed, cause: err.Error()}
	default:
		f = v.resultTooLarge(output)
	}
	v.keepAttempt(t, f)
	if f != nil {
		d.errorName, d.cause = f.name, f.cause
		kind := taskEvents(resource).failed
		if resource.Pattern != asl.RequestResponse && !t.submitted {
			kind = TaskSubmitFailed
		}
		if v.record(kind, &d) {
			v.fail(f)
		}
		return
	}
	d.value, d.hasValue = output, true
	if !v.record(taskEvents(resource).succeeded, &d) {
		return
	}
	v.work = nil
	v.complete(output)
}

// resultTooLarge is the failure of a result that is over the payload limit.
// Unlike that of an output, States.ALL catches it (recorded).
func (v *visit) resultTooLarge(output any) *failure {
	if limit := v.limits.PayloadBytes; limit <= 0 || !value.Exceeds(output, limit) {
		return nil
	}
	resource := v.state.Task.Resource
	name := resource.Service
	if !resource.Integration() {
		name = resource.ARN
	}
	return &failure{name: errDataLimit, cause: fmt.Sprintf(
		"The state/task '%s' returned a result with a size exceeding the maximum number of bytes service limit.", name)}
}

// heartbeat starts the time in which the next heartbeat has to come.
func (v *visit) heartbeat(t *task) {
	if v.work != working(t) || t.patience <= 0 {
		return
	}
	v.loop.stop(t.silence)
	t.silence = v.loop.after(t.patience, func() { v.timeOut(t, true) })
}

func (v *visit) timeOut(t *task, heartbeat bool) {
	if v.work != working(t) {
		return
	}
	t.end(v)
	resource := v.state.Task.Resource
	d := details{resource: resource.Call, service: resource.Service, errorName: errTimeout}
	f := &failure{name: errTimeout, heartbeat: heartbeat}
	v.keepAttempt(t, f)
	if !v.record(taskEvents(resource).timedOut, &d) {
		return
	}
	// What else is due at this moment comes first, as it does on AWS.
	v.loop.do(func() {
		if v.work == working(t) {
			v.fail(f)
		}
	})
}

func (v *visit) keepAttempt(t *task, f *failure) {
	if !v.keepAttempts {
		return
	}
	a := Attempt{StateName: v.state.Name, Retry: t.request.Attempt, Start: t.called, Stop: v.loop.clock.now()}
	if f != nil {
		a.Error = f.name
	}
	v.calls = append(v.calls, a)
}

// end stops everything that would come back to the task.
func (t *task) end(v *visit) {
	v.loop.stop(t.limit)
	v.loop.stop(t.silence)
	v.loop.stop(t.takes)
	if c := t.request.Callback; c != nil {
		c.over.Store(true)
		delete(v.tokens, t.token)
	}
	if t.cancel != nil {
		t.cancel()
	}
	if nested := t.nested; nested != nil {
		t.nested = nil
		nested.abort("", "")
	}
}

func (t *task) abort(v *visit) { t.end(v) }

type taskEventTypes struct{ scheduled, started, succeeded, failed, timedOut EventType }

func taskEvents(r asl.Resource) *taskEventTypes {
	switch r.Service {
	case asl.FunctionService:
		return &functionEvents
	case asl.ActivityService:
		return &activityEvents
	}
	return &serviceEvents
}

var (
	serviceEvents  = taskEventTypes{TaskScheduled, TaskStarted, TaskSucceeded, TaskFailed, TaskTimedOut}
	functionEvents = taskEventTypes{LambdaFunctionScheduled, LambdaFunctionStarted, LambdaFunctionSucceeded, LambdaFunctionFailed, LambdaFunctionTimedOut}
	activityEvents = taskEventTypes{ActivityScheduled, ActivityStarted, ActivitySucceeded, ActivityFailed, ActivityTimedOut}
)
