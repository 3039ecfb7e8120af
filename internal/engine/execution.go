package engine

import (
	"bytes"
	"strings"
	"time"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/value"
)

// execution is one execution: the one that was started, a child of a
// Distributed Map, or one that a task started.
type execution struct {
	*run
	arn         string
	name        string
	machineARN  string
	machineName string
	kind        Type
	flow        *asl.Flow
	timeout     time.Duration
	input       any
	item        *mapItem // of a child
	startTime   time.Time
	stopTime    time.Time
	status      Status
	output      any
	failure     *failure
	events      int64
	root        *thread
	timer       *timer
	// ended is called once, when the execution has its status.
	ended func()
	// keepAttempts has the calls of Task states kept in calls.
	keepAttempts bool
	calls        []Attempt
	about        *value.Object // the Execution part of the context object
}

// failure is why a state, a branch or an execution did not succeed.
type failure struct {
	name  string
	cause string
	// terminal failures end the execution: no Retry and no Catch sees them.
	terminal bool
	// heartbeat is set where it was a heartbeat that did not come.
	heartbeat bool
}

func (r *run) newExecution(machine *asl.StateMachine, arn, machineName string, kind Type, name string) *execution {
	x := &execution{
		run: r, name: name, machineARN: arn, machineName: machineName, kind: kind,
		flow: &machine.Flow, timeout: time.Duration(machine.TimeoutSeconds) * time.Second, status: Running,
	}
	x.arn = executionARN(arn, name, kind, r)
	if kind == Express && r.limits.ExpressDuration > 0 && (x.timeout == 0 || x.timeout > r.limits.ExpressDuration) {
		x.timeout = r.limits.ExpressDuration
	}
	return x
}

// executionARN is arn:…:execution:MACHINE:NAME, and for an Express workflow
// arn:…:express:MACHINE:NAME:ID.
func executionARN(machineARN, name string, kind Type, r *run) string {
	if kind == Express {
		return strings.Replace(machineARN, ":stateMachine:", ":express:", 1) + ":" + name + ":" + r.newID()
	}
	return strings.Replace(machineARN, ":stateMachine:", ":execution:", 1) + ":" + name
}

func lastPart(arn string) string { return arn[strings.LastIndexByte(arn, ':')+1:] }

func (x *execution) start() {
	x.startTime = x.loop.clock.now()
	x.root = &thread{execution: x, flow: x.flow, item: x.item}
	x.root.recordAside(ExecutionStarted, &details{value: x.input, hasValue: true, resource: x.roleARN})
	x.root.done = func(output any, f *failure) { x.finish(output, f) }
	if x.timeout > 0 {
		x.timer = x.loop.after(x.timeout, x.timeOut)
	}
	x.root.enter(x.flow.Start, x.input)
}

func (x *execution) finish(output any, f *failure) {
	if x.status != Running {
		return
	}
	if f != nil {
		x.failure = f
		x.end(Failed, ExecutionFailed, &details{errorName: f.name, cause: f.cause})
		return
	}
	x.output = output
	x.end(Succeeded, ExecutionSucceeded, &details{value: output, hasValue: true})
}

func (x *execution) timeOut() {
	if x.status != Running {
		return
	}
	x.root.abort()
	x.failure = &failure{}
	x.end(TimedOut, ExecutionTimedOut, &details{})
}

// abort stops the execution from outside.
func (x *execution) abort(name, cause string) {
	if x.status != Running {
		return
	}
	if x.root != nil {
		x.root.abort()
	} else {
		x.startTime = x.loop.clock.now()
		x.root = &thread{execution: x, flow: x.flow}
	}
	x.failure = &failure{name: name, cause: cause}
	x.end(Aborted, ExecutionAborted, &details{errorName: name, cause: cause})
}

func (x *execution) end(status Status, event EventType, d *details) {
	x.status = status
	x.loop.stop(x.timer)
	x.stopTime = x.loop.clock.now()
	x.root.mustRecord(event, d)
	if x.ended != nil {
		x.ended()
	}
}

// result is the execution for the caller, who gave it the input.
func (x *execution) result(input []byte) *Execution {
	result := &Execution{
		ARN: x.arn, Name: x.name, StateMachineARN: x.machineARN, Status: x.status,
		Input: bytes.Clone(input), Start: x.startTime, Stop: x.stopTime, Events: x.events,
	}
	if x.status == Succeeded {
		// Room for as much as came in saves most of the growing.
		result.Output = value.Append(make([]byte, 0, len(input)), x.output)
	}
	if x.failure != nil {
		result.Error, result.Cause = x.failure.name, x.failure.cause
	}
	return result
}

// contextPart is the Execution member of the context object.
func (x *execution) contextPart() *value.Object {
	if x.about == nil {
		x.about = value.NewObject(
			"Id", x.arn,
			"Input", x.input,
			"StartTime", timestamp(x.startTime),
			"Name", x.name,
			"RoleArn", x.roleARN,
		)
		if x.kind == Standard {
			x.about.Set("RedriveCount", 0.0)
		}
	}
	return x.about
}

// timestamp is the form of times in the context object.
func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
