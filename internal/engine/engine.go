// Package engine runs state machines that package asl has parsed, and answers
// as AWS Step Functions answers.
//
// A run is a discrete-event loop. One goroutine owns all of its state: the
// execution, the branches and iterations in it, the children of its
// Distributed Maps and the executions it starts. Calls that block run beside
// it and come back to it as steps; waits are timers on a real or a virtual
// clock. With the virtual clock and a seed a run repeats exactly.
//
// Memory does not grow with the number of items of a Distributed Map: items
// stream in, batches are formed when their child starts, results stream out,
// and histories go to whoever wants them.
package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/value"
)

// Type is the kind of workflow.
type Type string

// The two kinds.
const (
	Standard Type = "STANDARD"
	Express  Type = "EXPRESS"
)

// Engine runs one state machine. It is safe for concurrent use: each Run is a
// world of its own.
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
	machineName  string
	region       string
	kind         Type
	roleARN      string
	history      func(Event)
	observer     MapObserver
	machines     map[string]*nestedMachine
}

// Option changes a default of [New].
type Option func(*Engine)

// WithIntegration has tasks with this resource answered by the integration.
// The resource is an ARN, without or with a pattern such as .sync, or a prefix
// that ends in an asterisk: arn:aws:states:::aws-sdk:s3:*. A Lambda function's
// own ARN works the same.
func WithIntegration(resource string, integration Integration) Option {
	return func(e *Engine) { e.integrations.add(resource, integration) }
}

// WithTask has one Task state answered by the integration, whatever its
// resource: a mock. It goes before those of the resource.
func WithTask(state *asl.State, integration Integration) Option {
	return func(e *Engine) {
		if e.tasks == nil {
			e.tasks = map[*asl.State]Integration{}
		}
		e.tasks[state] = integration
	}
}

// WithObjects is the object store of ItemReader and ResultWriter. Default:
// none, and a state machine that needs one is refused.
func WithObjects(objects Objects) Option { return func(e *Engine) { e.objects = objects } }

// WithClock is how time passes. Default: as it does.
func WithClock(clock Clock) Option { return func(e *Engine) { e.clock = clock } }

// WithLatency has things take time on the clock of the run as they do on AWS:
// the way into a state, that of a request to its service, and that of the
// answer back, each as long as latency says when it is asked. A request that is
// on its way arrives also where nobody waits for its answer any more. Calls of
// latency come one at a time, in an order that a seed repeats. Default: none of
// them takes time of its own.
func WithLatency(latency func() time.Duration) Option {
	return func(e *Engine) { e.latency = latency }
}

// WithSeed makes random numbers, jitter and identifiers those of the seed.
// Default: another seed each run.
func WithSeed(seed uint64) Option {
	return func(e *Engine) { e.seed, e.seeded = seed, true }
}

// WithLimits are the service's limits. Default: [AWSLimits].
func WithLimits(limits Limits) Option { return func(e *Engine) { e.limits = limits } }

// WithExecutionName names the execution. Default: an identifier.
func WithExecutionName(name string) Option { return func(e *Engine) { e.name = name } }

// WithStateMachineARN is the ARN that executions and Map Runs derive theirs
// from. Default: arn:aws:states:us-east-1:123456789012:stateMachine:StateMachine.
func WithStateMachineARN(arn string) Option { return func(e *Engine) { e.machineARN = arn } }

// WithStateMachineName is the name in the context object. Default: the last
// part of the ARN.
func WithStateMachineName(name string) Option { return func(e *Engine) { e.machineName = name } }

// WithRoleARN is the role in the context object.
func WithRoleARN(arn string) Option { return func(e *Engine) { e.roleARN = arn } }

// WithType is the kind of workflow. Default: [Standard].
func WithType(kind Type) Option { return func(e *Engine) { e.kind = kind } }

// WithHistory hands every event to the sink, in order, those of children too.
// Calls come one at a time; the sink must not keep the run waiting.
func WithHistory(sink func(Event)) Option { return func(e *Engine) { e.history = sink } }

// WithMapObserver tells the observer how Distributed Maps get on.
func WithMapObserver(observer MapObserver) Option {
	return func(e *Engine) { e.observer = observer }
}

// WithStateMachine makes a state machine known to states:startExecution.
func WithStateMachine(arn string, machine *asl.StateMachine, kind Type) Option {
	return func(e *Engine) {
		if e.machines == nil {
			e.machines = map[string]*nestedMachine{}
		}
		e.machines[arn] = &nestedMachine{machine, kind}
	}
}

type nestedMachine struct {
	machine *asl.StateMachine
	kind    Type
}

// Limits are the quotas of the service (developer guide, "Step Functions
// service quotas"). A zero field is no limit.
type Limits struct {
	// Events is the number of events in the history of a Standard execution.
	Events int64
	// PayloadBytes is the size of an input, an output or a result.
	PayloadBytes int
	// NameLength is the number of characters of an execution's name.
	NameLength int
	// ExpressDuration is how long an Express execution may take.
	ExpressDuration time.Duration
}

// AWSLimits are the limits as the service has them.
var AWSLimits = Limits{Events: 25000, PayloadBytes: 262144, NameLength: 80, ExpressDuration: 5 * time.Minute}

// New prepares a state machine to be run. The error joins everything that is
// in the way: a [*MissingError] for each thing that it was not given.
func New(machine *asl.StateMachine, options ...Option) (*Engine, error) {
	e := &Engine{
		machine:    machine,
		limits:     AWSLimits,
		machineARN: "arn:aws:states:us-east-1:123456789012:stateMachine:StateMachine",
		roleARN:    "arn:aws:iam::123456789012:role/StateMachineRole",
		kind:       Standard,
	}
	for _, option := range options {
		option(e)
	}
	if e.machineName == "" {
		e.machineName = lastPart(e.machineARN)
	}
	if parts := strings.Split(e.machineARN, ":"); len(parts) > 3 {
		e.region = parts[3]
	}
	errs := append(e.missing(machine), machine.CheckSubstitutions())
	if n := len([]rune(e.name)); e.limits.NameLength > 0 && n > e.limits.NameLength {
		errs = append(errs, fmt.Errorf("got an execution name of %d characters, expected at most %d", n, e.limits.NameLength))
	}
	if e.kind == Express {
		errs = append(errs, machine.CheckExpress())
	}
	for _, arn := range slices.Sorted(maps.Keys(e.machines)) {
		nested := e.machines[arn].machine
		for _, err := range append(e.missing(nested), nested.CheckSubstitutions()) {
			if err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", arn, err))
			}
		}
	}
	return e, errors.Join(errs...)
}

// Status is how an execution stands, as DescribeExecution says.
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
	Input           []byte // as it was given
	// Output is JSON, nil unless Status is SUCCEEDED.
	Output []byte
	// Error and Cause are empty where the service gives none.
	Error string
	Cause string
	Start time.Time
	Stop  time.Time
	// Events is the number of events in its history.
	Events int64
}

// Run runs the state machine to its end. An execution that fails is no error:
// the error says that nothing could be run. When ctx ends the execution is
// stopped, with the status ABORTED; a [*TaskError] that is the cause of ctx
// gives it its error and cause (StopExecution).
func (e *Engine) Run(ctx context.Context, input []byte) (*Execution, error) {
	v, err := value.Parse(input)
	if err != nil {
		return nil, fmt.Errorf("got an input that is not JSON, expected one JSON value: %w", err)
	}
	if limit := e.limits.PayloadBytes; limit > 0 && len(input) > limit {
		return nil, fmt.Errorf("got an input of %d bytes, expected at most %d", len(input), limit)
	}
	r := e.newRun(ctx)
	x := r.newExecution(e.machine, e.machineARN, e.machineName, e.kind, e.executionName(r))
	x.ended = r.closed
	x.input = v
	r.open++
	r.remember(x)
	r.loop.do(x.start)
	r.loop.run(ctx, r.stop)
	r.cancel()
	return x.result(input), nil
}

func (e *Engine) executionName(r *run) string {
	if e.name != "" {
		return e.name
	}
	return r.newID()
}

func (e *Engine) newRun(ctx context.Context) *run {
	seed := e.seed
	if !e.seeded {
		seed = rand.Uint64()
	}
	r := &run{Engine: e, loop: newLoop(e.clock.run()), random: rand.New(rand.NewPCG(seed, seed))}
	r.ctx, r.cancel = context.WithCancel(ctx)
	return r
}

// run is everything that one Run changes.
type run struct {
	*Engine
	loop   *loop
	random *rand.Rand
	ctx    context.Context
	cancel context.CancelFunc
	// executions are the execution that was started and those that its tasks
	// started, by ARN and in order; open is how many of them have not ended.
	executions    map[string]*execution
	executionList []*execution
	open          int
	tokens        map[string]*Callback
	labels        map[*asl.State]string // of Maps without a Label
}

func (r *run) remember(x *execution) {
	if r.executions == nil {
		r.executions = map[string]*execution{}
	}
	r.executions[x.arn] = x
	r.executionList = append(r.executionList, x)
}

// closed is called when an execution has ended; the last one ends the run.
func (r *run) closed() {
	if r.open--; r.open == 0 {
		r.loop.over = true
	}
}

// stop aborts every execution, those that started last first.
func (r *run) stop() {
	var why *TaskError
	if !errors.As(context.Cause(r.ctx), &why) {
		why = &TaskError{}
	}
	for _, x := range slices.Backward(r.executionList) {
		x.abort(why.Name, why.Cause)
	}
}

// delayed queues a step for when the latency of the run has passed.
func (r *run) delayed(step func()) {
	if r.latency == nil {
		r.loop.do(step)
		return
	}
	r.loop.after(r.latency(), step)
}

// newID is a random identifier (UUID version 4) of the run's seed.
func (r *run) newID() string {
	a, b := r.random.Uint64(), r.random.Uint64()
	a = a&^0xf000 | 0x4000
	b = b&^(3<<62) | 2<<62
	const digits = "0123456789abcdef"
	var id [36]byte
	for i, shift := 0, 60; i < 36; i++ {
		switch i {
		case 8, 13, 18, 23:
			id[i] = '-'
			continue
		}
		id[i] = digits[a>>shift&15]
		if shift -= 4; shift < 0 {
			a, shift = b, 60
		}
	}
	return string(id[:])
}
