package engine

import (
	"time"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/engine/event"
)

// Option changes a default of [New].
type Option func(*Engine)

// WithIntegration lets the integration answer tasks with this resource. The
// resource is an ARN, with or without a pattern such as .sync, or a prefix that
// ends in an asterisk: arn:aws:states:::aws-sdk:s3:*. The ARN of a Lambda
// function works the same.
func WithIntegration(resource string, integration Integration) Option {
	return func(e *Engine) { e.integrations.add(resource, integration) }
}

// WithTask lets the integration answer one Task state, whatever its resource:
// a mock. It takes precedence over [WithIntegration].
func WithTask(state *asl.State, integration Integration) Option {
	return func(e *Engine) {
		if e.tasks == nil {
			e.tasks = map[*asl.State]Integration{}
		}
		e.tasks[state] = integration
	}
}

// WithTasks is [WithTask] for the states of a map, which it keeps.
func WithTasks(integrations map[*asl.State]Integration) Option {
	return func(e *Engine) { e.tasks = integrations }
}

// WithObjects sets the object store of ItemReader and ResultWriter. Default:
// none, and New refuses a state machine that needs one.
func WithObjects(objects Objects) Option { return func(e *Engine) { e.objects = objects } }

// WithClock sets how time passes. Default: real time.
func WithClock(clock Clock) Option { return func(e *Engine) { e.clock = clock } }

// WithLatency delays each state entry, request and response by latency(), on
// the clock of the run. A request that is on its way is carried out even if its
// task has ended meanwhile. Calls of latency come one at a time, in an order
// that a seed repeats. Default: no delay.
func WithLatency(latency func() time.Duration) Option {
	return func(e *Engine) { e.latency = latency }
}

// WithSeed derives random numbers, jitter and identifiers from the seed.
// Default: another seed for each run.
func WithSeed(seed uint64) Option {
	return func(e *Engine) { e.seed, e.seeded = seed, true }
}

// WithLimits sets the limits of the service. Default: [AWSLimits].
func WithLimits(limits Limits) Option { return func(e *Engine) { e.limits = limits } }

// WithExecutionName names the execution. Default: a random identifier.
func WithExecutionName(name string) Option { return func(e *Engine) { e.name = name } }

// WithStateMachineARN sets the ARN from which those of executions and Map Runs
// are derived. Default:
// arn:aws:states:us-east-1:123456789012:stateMachine:StateMachine.
func WithStateMachineARN(arn string) Option { return func(e *Engine) { e.machineARN = arn } }

// WithRoleARN sets the role in the context object.
func WithRoleARN(arn string) Option { return func(e *Engine) { e.roleARN = arn } }

// WithType sets the type of workflow. Default: [Standard].
func WithType(kind Type) Option { return func(e *Engine) { e.kind = kind } }

// WithHistory passes every event to the sink, in order, those of children and
// nested executions included. Calls come one at a time, and the run waits for
// them.
func WithHistory(sink func(event.Event)) Option { return func(e *Engine) { e.history = sink } }

// WithMapObserver reports the progress of Distributed Maps to the observer.
func WithMapObserver(observer MapObserver) Option {
	return func(e *Engine) { e.observer = observer }
}

// WithStateMachine adds a state machine that tasks can start
// (states:startExecution).
func WithStateMachine(arn string, machine *asl.StateMachine, kind Type) Option {
	return func(e *Engine) {
		if e.machines == nil {
			e.machines = map[string]*nestedMachine{}
		}
		e.machines[arn] = &nestedMachine{machine, kind}
	}
}

// WithExecutions lets the tasks of several runs list, describe and stop each
// other's executions. Default: a run knows only its own, and so does a run in
// virtual time, which no other run shares.
func WithExecutions(executions *Executions) Option {
	return func(e *Engine) { e.executions = executions }
}

type nestedMachine struct {
	machine *asl.StateMachine
	kind    Type
}

// Limits are the quotas of the service (developer guide, "Step Functions
// service quotas"). A zero field means no limit.
type Limits struct {
	// Events is the number of events in the history of a Standard execution.
	Events int64
	// PayloadBytes is the size of an input, an output or a result.
	PayloadBytes int
	// VariableBytes is the size of a variable, and of all variables that one
	// Assign sets. VariablesBytes is that of all variables of an execution.
	VariableBytes  int
	VariablesBytes int
	// NameLength is the number of characters of an execution's name.
	NameLength int
	// StandardDuration and ExpressDuration are how long an execution may take.
	StandardDuration time.Duration
	ExpressDuration  time.Duration
}

// duration returns how long an execution may take; 0 means no limit.
func (l *Limits) duration(kind Type) time.Duration {
	if kind == Express {
		return l.ExpressDuration
	}
	return l.StandardDuration
}

// AWSLimits are the limits of AWS.
var AWSLimits = Limits{
	Events: 25000, PayloadBytes: 262144, VariableBytes: 262144, VariablesBytes: 10485760,
	NameLength: 80, StandardDuration: 365 * 24 * time.Hour, ExpressDuration: 5 * time.Minute,
}
