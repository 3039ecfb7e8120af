package stack

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/mapjob/mapjob/internal/engine"
)

// executions are those that functions have started with StartExecution. They
// run beside the one that this machine is there for, and end with it at the
// latest.
type executions struct {
	cloud *Stack
	ctx   context.Context
	stop  context.CancelFunc

	mutex   sync.Mutex
	running sync.WaitGroup
	byARN   map[string]*startedExecution
}

// startedExecution has the members of DescribeExecution's answer.
type startedExecution struct {
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

func newExecutions(cloud *Stack) *executions {
	e := &executions{cloud: cloud, byARN: map[string]*startedExecution{}}
	e.ctx, e.stop = context.WithCancel(context.Background())
	return e
}

func (e *executions) close() {
	e.mutex.Lock()
	e.stop()
	e.mutex.Unlock()
	e.running.Wait()
}

// Names that StartExecution refuses (API reference, StartExecution, "name").
var badExecutionName = regexp.MustCompile("[\\s<>{}\\[\\]?*\"#%\\\\^|~`$&,;:/\\x00-\\x1f\\x7f-\\x{9f}]")

type startExecutionRequest struct{ StateMachineArn, Name, Input string }

type startExecutionAnswer struct {
	ExecutionARN string `json:"executionArn"`
	StartDate    epoch  `json:"startDate"`
}

// start is StartExecution. It is idempotent for a Standard state machine: the
// same name and input is answered with the execution that runs. With another
// input, or after its end, the name is taken.
func (e *executions) start(request startExecutionRequest) (*startExecutionAnswer, *apiError) {
	if request.Name == "" {
		request.Name = newUUID()
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
	machine, refused := e.machine(request.StateMachineArn)
	if refused != nil {
		return nil, refused
	}
	arn := strings.Replace(machine.ARN, ":stateMachine:", ":execution:", 1) + ":" + request.Name
	if machine.Type == engine.Express { // the name of which may repeat
		arn = strings.Replace(machine.ARN, ":stateMachine:", ":express:", 1) + ":" + request.Name + ":" + newUUID()
	}

	e.mutex.Lock()
	defer e.mutex.Unlock()
	if x := e.byARN[arn]; x != nil {
		if x.Status != engine.Running || x.Input != request.Input {
			return nil, &apiError{"ExecutionAlreadyExists", fmt.Sprintf("Execution Already Exists: '%s'", arn)}
		}
		return &startExecutionAnswer{arn, x.StartDate}, nil
	}
	if e.ctx.Err() != nil {
		return nil, &apiError{"ServiceUnavailable", "this machine's Step Functions stops"}
	}
	x := &startedExecution{ExecutionARN: arn, StateMachineARN: machine.ARN, Name: request.Name, Status: engine.Running,
		StartDate: epochOf(time.Now()), Input: request.Input}
	e.byARN[arn] = x
	hold := e.cloud.queues.service.Hold() // from now on, not from when it is run
	e.running.Go(func() {
		defer hold.End()
		e.run(machine, x)
	})
	return &startExecutionAnswer{arn, x.StartDate}, nil
}

// machine is the state machine of the stack that has the ARN.
func (e *executions) machine(arn string) (*Machine, *apiError) {
	for _, id := range e.cloud.template.OfType("AWS::StepFunctions::StateMachine") {
		if e.cloud.machineARN(id) != arn {
			continue
		}
		machine, err := e.cloud.machine(id)
		if err != nil {
			return nil, &apiError{"InvalidDefinition", err.Error()}
		}
		return machine, nil
	}
	return nil, &apiError{"StateMachineDoesNotExist", fmt.Sprintf("State Machine Does Not Exist: '%s'", arn)}
}

func (e *executions) run(machine *Machine, x *startedExecution) {
	ended, err := e.cloud.Execute(e.ctx, machine, Execution{Name: x.Name, Input: []byte(x.Input)})
	if err != nil { // an execution that could not even begin is to be seen all the same
		ended = &engine.Execution{Status: engine.Failed, Error: "States.Runtime", Cause: err.Error()}
	}
	e.mutex.Lock()
	defer e.mutex.Unlock()
	now := epochOf(time.Now())
	x.Status, x.StopDate, x.Output, x.Error, x.Cause = ended.Status, &now, string(ended.Output), ended.Error, ended.Cause
}

type describeExecutionRequest struct{ ExecutionArn string }

// describe is DescribeExecution, for what start has started.
func (e *executions) describe(request describeExecutionRequest) (*startedExecution, *apiError) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	x := e.byARN[request.ExecutionArn]
	if x == nil {
		return nil, &apiError{"ExecutionDoesNotExist", fmt.Sprintf("Execution Does Not Exist: '%s'", request.ExecutionArn)}
	}
	now := *x // it changes when the execution ends
	return &now, nil
}
