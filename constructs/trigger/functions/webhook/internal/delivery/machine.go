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

// execution is what the sender is told of the execution.
type execution struct {
	Name     string `json:"execution"`
	ARN      string `json:"executionArn"`
	repeated bool   // certainly; one that still runs can't be told from a new one
}

// start starts an execution of that name, or finds that it was started before.
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

// execution is the ARN of the execution of that name. It is the same for a
// version and an alias, whose names stand behind the state machine's:
// arn:aws:states:REGION:ACCOUNT:stateMachine:NAME:ALIAS.
func (m *machine) execution(name string) string {
	parts := strings.Split(m.arn, ":")
	return strings.Join([]string{strings.Join(parts[:5], ":"), "execution", parts[6], name}, ":")
}
