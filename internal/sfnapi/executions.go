package sfnapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"sync"
	"time"

	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/statesarn"
	"github.com/mapjob/mapjob/internal/uuid"
)

// executions are the executions that were started through the API.
type executions struct {
	runner Runner
	ctx    context.Context
	stop   context.CancelFunc

	mutex   sync.Mutex
	running sync.WaitGroup
	byARN   map[string]*execution
}

// execution is the answer of DescribeExecution.
type execution struct {
	ExecutionARN    string        `json:"executionArn"`
	StateMachineARN string        `json:"stateMachineArn"`
	Name            string        `json:"name"`
	Status          engine.Status `json:"status"`
	StartDate       epoch         `json:"startDate"`
	StopDate        *epoch        `json:"stopDate,omitempty"`
	Input           string        `json:"input"`
	Output          string        `json:"output,omitempty"`
	Error           string        `json:"error,omitempty"`
	Cause           string        `json:"cause,omitempty"`
}

// epoch is a time in seconds since 1970, with milliseconds.
type epoch float64

func epochOf(t time.Time) epoch { return epoch(float64(t.UnixMilli()) / 1000) }

func newExecutions(runner Runner) *executions {
	e := &executions{runner: runner, byARN: map[string]*execution{}}
	e.ctx, e.stop = context.WithCancel(context.Background())
	return e
}

func (e *executions) close() {
	e.mutex.Lock()
	e.stop()
	e.mutex.Unlock()
	e.running.Wait()
}

// badExecutionName matches names that StartExecution refuses (API reference, StartExecution, "name").
var badExecutionName = regexp.MustCompile("[\\s<>{}\\[\\]?*\"#%\\\\^|~`$&,;:/\\x00-\\x1f\\x7f-\\x{9f}]")

type startExecutionRequest struct{ StateMachineArn, Name, Input string }

type startExecutionAnswer struct {
	ExecutionARN string `json:"executionArn"`
	StartDate    epoch  `json:"startDate"`
}

// start handles StartExecution. For a Standard state machine it is idempotent: the
// same name and input is answered with the execution that runs. With another
// input, or after the execution's end, the name is taken.
func (e *executions) start(request startExecutionRequest) (*startExecutionAnswer, *apiError) {
	if request.Name == "" {
		request.Name = uuid.New()
	}
	if request.Input == "" {
		request.Input = "{}"
	}
	switch {
	case len([]rune(request.Name)) > 80 || badExecutionName.MatchString(request.Name):
		return nil, &apiError{"InvalidName", fmt.Sprintf("Invalid Name: '%s'", request.Name)}
	case len(request.Input) > engine.AWSLimits.PayloadBytes || !json.Valid([]byte(request.Input)):
		return nil, &apiError{"InvalidExecutionInput", fmt.Sprintf("Invalid State Machine Execution Input: got %d bytes, expected JSON of at most %d",
			len(request.Input), engine.AWSLimits.PayloadBytes)}
	}
	machine, err := e.runner.StateMachine(request.StateMachineArn)
	switch {
	case err != nil:
		return nil, &apiError{"InvalidDefinition", err.Error()}
	case machine == nil:
		return nil, &apiError{"StateMachineDoesNotExist", fmt.Sprintf("State Machine Does Not Exist: '%s'", request.StateMachineArn)}
	}
	taken := func(arn string) (*startExecutionAnswer, *apiError) {
		return nil, &apiError{"ExecutionAlreadyExists", fmt.Sprintf("Execution Already Exists: '%s'", arn)}
	}

	e.mutex.Lock()
	defer e.mutex.Unlock()
	arn := statesarn.Execution(machine.ARN, request.Name)
	if x := e.byARN[arn]; x != nil && machine.Type == engine.Standard { // names of Express executions may repeat
		if x.Status != engine.Running || x.Input != request.Input {
			return taken(arn)
		}
		return &startExecutionAnswer{arn, x.StartDate}, nil
	}
	if e.ctx.Err() != nil {
		return nil, &apiError{"ServiceUnavailable", "Step Functions is stopping"}
	}
	x := &execution{StateMachineARN: machine.ARN, Name: request.Name, Status: engine.Running, Input: request.Input}
	started, err := e.runner.Start(e.ctx, machine, request.Name, []byte(request.Input))
	switch {
	case errors.Is(err, engine.ErrExecutionRuns): // a task has started it
		return taken(arn)
	case err != nil: // it can't run
		if machine.Type == engine.Express {
			arn = statesarn.Express(machine.ARN, request.Name, uuid.New())
		}
		now := time.Now()
		x.ExecutionARN, x.StartDate = arn, epochOf(now)
		x.end(&engine.Execution{Status: engine.Failed, Error: "States.Runtime", Cause: err.Error(), Stop: now})
	default:
		x.ExecutionARN, x.StartDate = started.ARN, epochOf(started.Start)
		e.running.Go(func() { e.finish(x, started) })
	}
	e.byARN[x.ExecutionARN] = x
	return &startExecutionAnswer{x.ExecutionARN, x.StartDate}, nil
}

func (e *executions) finish(x *execution, started *Started) {
	ended := started.Finish()
	e.mutex.Lock()
	defer e.mutex.Unlock()
	x.end(ended)
}

func (x *execution) end(ended *engine.Execution) {
	stop := epochOf(ended.Stop)
	x.Status, x.StopDate, x.Output, x.Error, x.Cause = ended.Status, &stop, string(ended.Output), ended.Error, ended.Cause
}

type describeExecutionRequest struct{ ExecutionArn string }

// describe handles DescribeExecution.
func (e *executions) describe(request describeExecutionRequest) (*execution, *apiError) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	x := e.byARN[request.ExecutionArn]
	if x == nil {
		return nil, &apiError{"ExecutionDoesNotExist", fmt.Sprintf("Execution Does Not Exist: '%s'", request.ExecutionArn)}
	}
	now := *x // a copy: the original changes when the execution ends
	return &now, nil
}
