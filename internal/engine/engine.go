// Package engine runs state machines that package asl has parsed, with the
// answers of AWS Step Functions.
//
// A run is a discrete-event loop. One goroutine owns all of its state: the
// execution, its branches and iterations, the children of its Distributed Maps
// and the executions that its tasks start. Calls that block run on goroutines
// of their own and come back as steps of the loop. With the virtual clock and a
// seed, a run repeats exactly.
//
// Memory does not grow with the number of items of a Distributed Map: items
// stream in, a batch is formed when its child starts, results stream out, and
// events go to a sink.
//
// What owns what, from the outside in:
//
//   - run is one call of [Engine.Run]: the loop, the random numbers, the task
//     tokens and the executions;
//   - execution has an input, a status and a history. The run owns the one that
//     was started and those that tasks start; a mapRun owns its children;
//   - thread is a sequence of states: the execution's own, a branch of a Parallel
//     state or an iteration of an inline Map;
//   - visit is a thread's stay in one state, with all its attempts;
//   - work is what an attempt has under way: a task, branches, an inlineMap, a
//     mapRun or a pause.
//
// Each type of state is a stateKind in a file of its own. Input and output are in
// dataflow.go, Retry and Catch in failure.go.
package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/engine/event"
	"github.com/mapjob/mapjob/internal/statesarn"
)

// Type is the type of a workflow.
type Type string

// The two types of workflows.
const (
	Standard Type = "STANDARD"
	Express  Type = "EXPRESS"
)

// DefaultRoleARN is the role of a state machine: see [WithRoleARN].
const DefaultRoleARN = "arn:aws:iam::123456789012:role/StateMachineRole"

// Engine runs one state machine. It is safe for concurrent use: runs share
// nothing that changes.
type Engine struct {
	machine      *asl.StateMachine
	integrations integrations
	tasks        map[*asl.State]Integration
	objects      Objects
	clock        Clock
	latency      func() time.Duration
	seed         uint64
	seeded       bool
	limits       Limits
	name         string
	machineARN   string
	region       string
	kind         Type
	roleARN      string
	history      func(event.Event)
	observer     MapObserver
	machines     map[string]*nestedMachine
	executions   *Executions
	keepsLast    bool // the last events of executions, because a task may ask for them
}

// New prepares a state machine to be run. It may be nil for an engine whose state
// machines are all those of [WithStateMachine]: a [Session] starts them. The error
// joins all problems, with a [*MissingError] for each integration or object store
// that is not there.
func New(machine *asl.StateMachine, options ...Option) (*Engine, error) {
	e := &Engine{
		machine:    machine,
		limits:     AWSLimits,
		machineARN: "arn:aws:states:us-east-1:123456789012:stateMachine:StateMachine",
		roleARN:    DefaultRoleARN,
		kind:       Standard,
	}
	for _, option := range options {
		option(e)
	}
	if parts := strings.Split(e.machineARN, ":"); len(parts) > 3 {
		e.region = parts[3]
	}
	e.keepsLast = e.executions != nil || machine != nil && readsHistories(machine)
	errs := []error{e.checkName(e.name)}
	if machine != nil {
		errs = append(append(e.missing(machine), machine.CheckSubstitutions()), errs...)
		if e.kind == Express {
			errs = append(errs, machine.CheckExpress())
		}
	}
	for _, arn := range slices.Sorted(maps.Keys(e.machines)) {
		nested := e.machines[arn].machine
		e.keepsLast = e.keepsLast || readsHistories(nested)
		for _, err := range append(e.missing(nested), nested.CheckSubstitutions()) {
			if err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", arn, err))
			}
		}
	}
	return e, errors.Join(errs...)
}

func (e *Engine) checkName(name string) error {
	if e.limits.NameLength == 0 {
		return nil
	}
	if n := len([]rune(name)); n > e.limits.NameLength {
		return fmt.Errorf("execution name: got %d characters, expected at most %d", n, e.limits.NameLength)
	}
	if bad := statesarn.BadExecutionName(name); bad != "" {
		return fmt.Errorf("execution name: got %q with the character %q, which StartExecution refuses, expected another name", name, bad)
	}
	return nil
}

// Status is the status of an execution, as DescribeExecution names it.
type Status = string

// The statuses of an execution.
const (
	Running   Status = "RUNNING"
	Succeeded Status = "SUCCEEDED"
	Failed    Status = "FAILED"
	TimedOut  Status = "TIMED_OUT"
	Aborted   Status = "ABORTED"
)

// Execution is an execution that has ended.
type Execution struct {
	ARN             string
	Name            string
	StateMachineARN string
	Status          Status
	Input           []byte // as given to Run
	// Output is JSON, nil unless Status is SUCCEEDED.
	Output []byte
	// Error and Cause are empty if the service gives none.
	Error string
	Cause string
	Start time.Time
	Stop  time.Time
	// Events is the number of events in its history.
	Events int64
}

// Run runs the state machine to its end. The error is nil even if the execution
// fails: an error means that nothing was run. If ctx ends, the execution is
// stopped and has the status ABORTED; if the cause of ctx is a [*TaskError], its
// name and cause are those of the execution (StopExecution).
func (e *Engine) Run(ctx context.Context, input []byte) (*Execution, error) {
	s, err := e.Start(ctx, input)
	if err != nil {
		return nil, err
	}
	return s.Finish(), nil
}

// Started is an execution that runs when Finish is called.
type Started struct {
	ARN   string
	Start time.Time

	session   *Session
	execution *execution
	input     []byte
}

// Finish runs the execution and those that its tasks start to their end. It must
// be called once.
func (s *Started) Finish() *Execution {
	s.session.finish()
	return s.execution.result(s.input)
}

// Start starts an execution as Run does, without running it.
func (e *Engine) Start(ctx context.Context, input []byte) (*Started, error) {
	s := e.Open(ctx)
	x, err := s.start(&nestedMachine{e.machine, e.kind}, e.machineARN, e.name, input)
	if err == nil && !s.run.executions.add(x, true) {
		err = fmt.Errorf("execution %s: %w", x.arn, ErrExecutionRuns)
	}
	if err != nil {
		s.run.cancel()
		return nil, err
	}
	s.queue(x)
	return &Started{ARN: x.arn, Start: x.startTime, session: s, execution: x, input: input}, nil
}

// The errors of an execution whose ARN another one has.
var (
	// ErrExecutionRuns is returned while the other one runs.
	ErrExecutionRuns = errors.New("an execution of this name runs already, expected another name")
	// ErrExecutionExists is returned by a [Session], which keeps the others.
	ErrExecutionExists = errors.New("an execution of this name exists already, expected another name")
)
