package engine

import (
	"bytes"
	"time"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/engine/event"
	"github.com/mapjob/mapjob/internal/engine/loop"
	"github.com/mapjob/mapjob/internal/statesarn"
	"github.com/mapjob/mapjob/internal/value"
)

// execution is one execution: the one that was started, one that a task
// started, or a child of a Map Run.
type execution struct {
	run         *run
	shared      *Executions // nil for a child
	arn         string
	name        string
	machineARN  string
	machineName string
	kind        Type
	flow        *asl.Flow
	timeout     time.Duration // 0: as long as the service allows
	input       any
	text        []byte // of the input, if a session has started it
	startTime   time.Time
	stopTime    time.Time
	status      Status
	output      any
	failure     *failure
	events      int64
	last        lastEvent
	// variableBytes is the size of the variables of all its threads that run.
	variableBytes int
	child         *child // that it is, nil outside of a Map Run
	waiter        *task  // that started it and waits for its end, nil if none does
	root          *thread
	timer         *loop.Timer
	// ended is called once, when the execution has its final status.
	ended       func()
	over        chan struct{} // closed then; nil for a child
	contextPart *value.Object // cached by context
	machinePart *value.Object // cached by machine
}

func (r *run) newExecution(machine *asl.StateMachine, machineARN string, kind Type, name string) *execution {
	x := &execution{
		run: r, arn: r.executionARN(machineARN, name, kind), name: name,
		machineARN: machineARN, machineName: statesarn.Name(machineARN), kind: kind,
		flow: &machine.Flow, timeout: time.Duration(machine.TimeoutSeconds) * time.Second, status: Running,
	}
	if limit := r.engine.limits.duration(kind); limit > 0 && x.timeout > limit {
		x.timeout = limit
	}
	return x
}

func (r *run) executionARN(machineARN, name string, kind Type) string {
	if kind == Express {
		return statesarn.Express(machineARN, name, r.newID())
	}
	return statesarn.Execution(machineARN, name)
}

func (x *execution) start() {
	if x.shared == nil {
		x.startTime = x.run.loop.Now()
	}
	x.root = &thread{execution: x, done: x.finish}
	x.root.recordAside(event.ExecutionStarted, &event.Data{Value: x.input, HasValue: true, Resource: x.run.engine.roleARN})
	switch limit := x.run.engine.limits.duration(x.kind); {
	case x.timeout > 0:
		x.timer = x.run.loop.After(x.timeout, x.timeOut)
	case limit > 0 && x.kind == Express:
		x.timer = x.run.loop.After(limit, x.timeOut)
	case limit > 0 && x.child == nil: // a child ends with its parent
		x.timer = x.run.loop.Deadline(limit, x.timeOut)
	}
	x.root.enter(x.flow.Start, x.input)
}

// finish ends the execution with the output or the failure of its states.
func (x *execution) finish(output any, f *failure) {
	if x.status != Running {
		return
	}
	if f != nil {
		x.failure = f
		x.end(Failed, event.ExecutionFailed, f.problem())
		return
	}
	x.output = output
	x.end(Succeeded, event.ExecutionSucceeded, &event.Data{Value: output, HasValue: true})
}

func (x *execution) timeOut() {
	if x.status != Running {
		return
	}
	x.root.abort()
	x.root.last = 0 // as on AWS
	x.failure = &failure{}
	x.end(TimedOut, event.ExecutionTimedOut, &event.Data{Error: errTimeout})
}

// abort stops the execution from outside.
func (x *execution) abort(name, cause string) {
	if x.status != Running {
		return
	}
	if x.root != nil {
		x.root.abort()
	} else {
		if x.shared == nil {
			x.startTime = x.run.loop.Now()
		}
		x.root = &thread{execution: x}
	}
	x.root.last = 0 // as on AWS
	x.failure = &failure{name: name, cause: cause}
	x.end(Aborted, event.ExecutionAborted, x.failure.problem())
}

// historyFull fails the execution: its last event is the failure.
func (x *execution) historyFull() {
	x.root.abort()
	x.failure = &failure{name: errRuntime, cause: "The execution reached the maximum number of history events (25000)."}
	x.end(Failed, event.ExecutionFailed, x.failure.problem())
}

func (x *execution) end(status Status, kind event.Type, d *event.Data) {
	x.run.loop.Stop(x.timer)
	x.lock()
	x.status = status
	x.stopTime = x.run.loop.Now()
	x.unlock()
	x.root.mustRecord(kind, d)
	if x.over != nil {
		close(x.over)
	}
	if x.ended != nil {
		x.ended()
	}
}

// result returns the execution as [Engine.Run] does.
func (x *execution) result(input []byte) *Execution {
	result := &Execution{
		ARN: x.arn, Name: x.name, StateMachineARN: x.machineARN, Status: x.status,
		Input: bytes.Clone(input), Start: x.startTime, Stop: x.stopTime, Events: x.events,
	}
	if x.status == Succeeded {
		// The output is often about as large as the input.
		result.Output = value.Append(make([]byte, 0, len(input)), x.output)
	}
	if x.failure != nil {
		result.Error, result.Cause = x.failure.name, x.failure.cause
	}
	return result
}
