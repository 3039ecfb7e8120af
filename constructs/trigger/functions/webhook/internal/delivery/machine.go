package delivery

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/mapjob/mapjob/internal/statesarn"
)

// machine is the state machine that deliveries start.
type machine struct {
	arn     string
	client  func() (StepFunctions, error)
	express atomic.Bool // a delivery has started an Express execution
}

// execution is the answer to an accepted delivery.
type execution struct {
	Name     string `json:"execution"`
	ARN      string `json:"executionArn"`
	repeated bool   // certainly repeated; an execution that is running looks like a new one
}

// start starts an execution with that name, unless it was started before with the same
// input.
func (m *machine) start(ctx context.Context, name string, input []byte) (*execution, *refusal) {
	if m.express.Load() {
		return nil, misconfigured("got an Express state machine, which starts a delivery as often as it comes, expected a Standard one")
	}
	client, err := m.client()
	if err != nil {
		return nil, failure("starting the execution", err)
	}
	started := &execution{Name: name, ARN: statesarn.Execution(m.arn, name)}
	answer, err := client.StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: &m.arn, Name: &name, Input: aws.String(string(input))})
	if _, exists := errors.AsType[*types.ExecutionAlreadyExists](err); exists {
		started.repeated = true
		return started, m.compare(ctx, client, started, input)
	}
	if _, invalid := errors.AsType[*types.InvalidExecutionInput](err); invalid {
		return nil, &refusal{status: http.StatusBadRequest, message: "got a body that Step Functions does not take as an input, expected JSON"}
	}
	if err != nil {
		return nil, failure("starting the execution", err)
	}
	if arn := aws.ToString(answer.ExecutionArn); statesarn.IsExpress(arn) { // of an imported state machine nothing tells it before
		m.express.Store(true)
		slog.LogAttrs(ctx, slog.LevelError, "execution of an Express state machine: expected a Standard one, further deliveries are refused", slog.String("execution", arn))
		started.ARN = arn
	}
	return started, nil
}

// compare refuses a delivery whose execution has had another input. StartExecution
// says only that there is an execution of that name, which has ended or has another
// input.
func (m *machine) compare(ctx context.Context, client StepFunctions, earlier *execution, input []byte) *refusal {
	answer, err := client.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: &earlier.ARN})
	if _, gone := errors.AsType[*types.ExecutionDoesNotExist](err); gone {
		// It is not visible yet, or its 90 days are over and its name will be free in a
		// moment.
		return again("comparing the input of execution "+earlier.Name, err)
	}
	if err != nil {
		return failure("comparing the input of execution "+earlier.Name, err)
	}
	if answer.Input == nil { // such as of an execution whose key may not be used
		return misconfigured("got no input of execution " + earlier.Name + ", expected a role that may read it")
	}
	if !sameJSON([]byte(*answer.Input), input) {
		return &refusal{status: http.StatusConflict,
			message: "got another body than that of the delivery which has started execution " + earlier.Name +
				", expected the same: send a new delivery under a new ID"}
	}
	return nil
}

// sameJSON reports whether two texts differ in insignificant white space at most.
func sameJSON(a, b []byte) bool {
	var first, second bytes.Buffer
	return json.Compact(&first, a) == nil && json.Compact(&second, b) == nil && bytes.Equal(first.Bytes(), second.Bytes())
}
