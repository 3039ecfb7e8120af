package delivery

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
)

// machine is the state machine that deliveries start.
type machine struct {
	arn    string
	client func() (StepFunctions, error)
}

// execution is the answer to an accepted delivery.
type execution struct {
	Name     string `json:"execution"`
	ARN      string `json:"executionArn"`
	repeated bool   // certainly repeated; an execution that is running looks like a new one
}

// start starts an execution with that name, unless it was started before.
func (m *machine) start(ctx context.Context, name string, input []byte) (*execution, *refusal) {
	client, err := m.client()
	if err != nil {
		return nil, failure("starting the execution", err)
	}
	started := &execution{Name: name, ARN: m.execution(name)}
	_, err = client.StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: &m.arn, Name: &name, Input: aws.String(string(input))})
	if _, exists := errors.AsType[*types.ExecutionAlreadyExists](err); exists {
		started.repeated = true
		return started, nil
	}
	if _, invalid := errors.AsType[*types.InvalidExecutionInput](err); invalid {
		return nil, &refusal{status: http.StatusBadRequest, message: "got a body that Step Functions does not take as an input, expected JSON", reason: err.Error()}
	}
	if err != nil {
		return nil, failure("starting the execution", err)
	}
	return started, nil
}

// execution returns the ARN of the execution with that name. It has no version and no
// alias, which follow the state machine's name in
// arn:aws:states:REGION:ACCOUNT:stateMachine:NAME:ALIAS.
func (m *machine) execution(name string) string {
	parts := strings.Split(m.arn, ":")
	return strings.Join([]string{strings.Join(parts[:5], ":"), "execution", parts[6], name}, ":")
}
