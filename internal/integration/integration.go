// Package integration answers the tasks of Step Functions that call other
// services, with the services of this machine.
package integration

import (
	"context"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/mapjob/mapjob/internal/asl/services"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/lambdahost"
	"github.com/mapjob/mapjob/internal/sqs"
	"github.com/mapjob/mapjob/internal/unsupported"
)

// Services are the services that tasks call.
type Services struct {
	Functions Functions
	Database  Database
	S3        func() *s3.Client // called when a task needs it
	Queues    *sqs.Service
	Messages  Messages

	sending sync.Mutex // held while a message is sent, so that messages are kept in this order
	sent    int64
}

// Functions are the functions that tasks invoke.
type Functions interface {
	// Has reports whether there is a function of this name.
	Has(name string) bool
	// Invoke invokes a function and waits for its answer.
	Invoke(ctx context.Context, name string, payload []byte) (*lambdahost.Response, error)
}

// Find returns what answers the tasks of a resource; nil if the engine itself
// does. Invoke answers the tasks that invoke a function: that is
// [Services.Invoke], or a function that calls it. The error says why nothing on
// this machine answers them.
func (s *Services) Find(resource services.Resource, invoke engine.IntegrationFunc) (engine.IntegrationFunc, error) {
	action := resource.Action
	switch resource.Service {
	case services.FunctionService:
		return s.function(resource.ARN, invoke)
	case services.ActivityService:
		return nil, unsupported.Activity.Error()
	case "lambda":
		if action == "invoke" {
			return invoke, nil
		}
	case "aws-sdk:lambda":
		if action == "invoke" {
			return s.sdkInvoke, nil
		}
	case "states":
		if action == "startExecution" {
			return nil, nil
		}
	case "aws-sdk:sfn":
		switch action {
		case "startExecution", "describeExecution", "getExecutionHistory", "listExecutions", "stopExecution",
			"sendTaskSuccess", "sendTaskFailure", "sendTaskHeartbeat":
			return nil, nil
		}
	case "dynamodb":
		switch action {
		case "getItem", "putItem", "updateItem", "deleteItem":
			return s.optimizedDynamoDB(action), nil
		}
	case "aws-sdk:dynamodb":
		return s.sdkDynamoDB(action)
	case "aws-sdk:s3":
		return s.sdkS3(action)
	}
	if form, ok := messageForms()[resource.Service+":"+action]; ok {
		return s.send(form), s.Messages.Open()
	}
	return nil, unsupported.Integration.Error()
}
