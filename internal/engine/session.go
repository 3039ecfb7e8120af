package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/mapjob/mapjob/internal/engine/loop"
	"github.com/mapjob/mapjob/internal/value"
)

// Session is a run that is kept open: any number of executions share its loop,
// its clock and its random numbers.
//
// Its methods are for the goroutine that calls Run. With a driven clock, they may
// also be called by the only goroutine that the driver has let go on.
type Session struct {
	run *run
	ctx context.Context
}

// Open opens a session for the machine of the engine and those of
// [WithStateMachine]. When ctx ends, the executions are stopped.
func (e *Engine) Open(ctx context.Context) *Session {
	return &Session{run: newRun(ctx, e), ctx: ctx}
}

// Start starts an execution, which goes on when the session runs next. If the name
// is empty, it is a random identifier. The error is [ErrExecutionExists] if there
// has been an execution of this name.
func (s *Session) Start(machineARN, name string, input []byte) (arn string, err error) {
	e := s.run.engine
	machine, ok := e.machines[machineARN]
	if machineARN == e.machineARN && e.machine != nil {
		machine, ok = &nestedMachine{e.machine, e.kind}, true
	}
	if !ok {
		return "", fmt.Errorf("state machine %s: not found, expected one that the engine has", machineARN)
	}
	x, err := s.start(machine, machineARN, name, input)
	if err != nil {
		return "", err
	}
	x.text = input
	if !s.run.executions.add(x, false) {
		return "", fmt.Errorf("execution %s: %w", x.arn, ErrExecutionExists)
	}
	s.queue(x)
	return x.arn, nil
}

// start makes an execution that is not known yet.
func (s *Session) start(machine *nestedMachine, arn, name string, input []byte) (*execution, error) {
	r := s.run
	if machine.machine == nil {
		return nil, errors.New("the engine has no state machine of its own, expected a session that starts another one")
	}
	v, err := value.Parse(input)
	if err != nil {
		return nil, fmt.Errorf("input: got text that is not JSON, expected one JSON value: %w", err)
	}
	if limit := r.engine.limits.PayloadBytes; limit > 0 && len(input) > limit {
		return nil, fmt.Errorf("input: got %d bytes, expected at most %d", len(input), limit)
	}
	if err := r.engine.checkName(name); err != nil {
		return nil, err
	}
	if name == "" {
		name = r.newID()
	}
	x := r.newExecution(machine.machine, arn, machine.kind, name)
	x.input = v
	x.ended = func() { r.executionEnded(x) }
	return x, nil
}

// queue lets an execution run.
func (s *Session) queue(x *execution) {
	s.run.add(x)
	s.run.loop.Post(x.start)
}

// Run runs the executions until time would pass beyond a limit. With the present
// time as the limit, no time passes. Without one, the zero time, it runs until
// there is nothing left to wait for (with a driven clock), or ctx ends.
func (s *Session) Run(until time.Time) loop.End {
	return s.run.loop.RunUntil(s.ctx, s.run.stop, until)
}

// RunToEnd runs the executions until the one with this ARN has ended, or there is
// nothing left to wait for.
func (s *Session) RunToEnd(arn string) loop.End {
	x, ok := s.run.executions.find(arn)
	if !ok || x.status != Running {
		return loop.Ended
	}
	s.run.awaited = x
	defer func() { s.run.awaited = nil }()
	return s.Run(time.Time{})
}

// finish runs the executions to their end.
func (s *Session) finish() {
	s.run.lastEnds = true
	s.Run(time.Time{})
	s.run.cancel()
}

// Stop stops an execution as StopExecution does, when the session runs next. It
// reports whether the execution is here.
func (s *Session) Stop(arn, name, cause string) bool {
	return s.post(arn, func(x *execution) { x.abort(name, cause) })
}

// TimeOut ends an execution as its TimeoutSeconds do, when the session runs next.
// It reports whether the execution is here.
func (s *Session) TimeOut(arn string) bool { return s.post(arn, (*execution).timeOut) }

func (s *Session) post(arn string, step func(*execution)) bool {
	x, ok := s.run.executions.find(arn)
	if ok {
		s.run.loop.Post(func() { step(x) })
	}
	return ok
}

// Result returns an execution as far as it has come. Those that tasks have started
// are here as well, children of Map Runs are not.
func (s *Session) Result(arn string) (*Execution, bool) {
	x, ok := s.run.executions.find(arn)
	if !ok {
		return nil, false
	}
	input := x.text
	if input == nil {
		input = value.Encode(x.input)
	}
	return x.result(input), true
}

// ARNs returns the ARNs of the executions, in the order in which they started.
func (s *Session) ARNs() []string {
	arns := make([]string, len(s.run.started))
	for i, x := range s.run.started {
		arns[i] = x.arn
	}
	return arns
}

// Callback returns the callback of the task that waits for an answer to a token; nil
// if there is none. The token is not valid any more then, unless keep is true. It may
// be called from any goroutine.
func (s *Session) Callback(token string, keep bool) *Callback {
	find := s.run.tokens.take
	if keep {
		find = s.run.tokens.find
	}
	if callback := find(token); callback != nil && !callback.Over() {
		return callback
	}
	return nil
}

// Close stops the executions that run, and ends the contexts of their calls.
func (s *Session) Close() {
	s.run.loop.Post(s.run.stop)
	s.Run(s.run.loop.Now())
	s.run.cancel()
}
