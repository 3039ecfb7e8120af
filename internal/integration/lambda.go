package integration

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/lambdahost"
	"github.com/mapjob/mapjob/internal/unsupported"
	"github.com/mapjob/mapjob/internal/value"
)

func optimizedLambda() naming {
	return naming{prefix: "Lambda", service: "AWSLambda", fallback: "AWSLambdaException"}
}

func sdkLambda() naming {
	return naming{prefix: "Lambda", service: "Lambda", fallback: "LambdaException", sdk: true}
}

// Invoke answers arn:aws:states:::lambda:invoke. If the function fails, so does the
// task.
func (s *Services) Invoke(ctx context.Context, request *engine.Request) (any, error) {
	response, err := s.invoke(ctx, request, optimizedLambda())
	if err != nil {
		return nil, err
	}
	if response.FunctionError != "" {
		return nil, functionFailure(response.Payload)
	}
	answer, err := value.Parse(response.Payload)
	if err != nil { // not JSON: it is passed on as text
		answer = string(response.Payload)
	}
	return value.NewObject(
		"ExecutedVersion", "$LATEST",
		"Payload", answer,
		"SdkHttpMetadata", value.NewObject("HttpStatusCode", 200.0),
		"StatusCode", 200.0,
	), nil
}

// sdkInvoke answers arn:aws:states:::aws-sdk:lambda:invoke. As in the SDK, a failure
// of the function is an answer, and the payload is text.
func (s *Services) sdkInvoke(ctx context.Context, request *engine.Request) (any, error) {
	response, err := s.invoke(ctx, request, sdkLambda())
	if err != nil {
		return nil, err
	}
	answer := value.NewObject("ExecutedVersion", "$LATEST")
	if response.FunctionError != "" {
		answer.Set("FunctionError", response.FunctionError)
	}
	answer.Set("Payload", string(response.Payload))
	answer.Set("StatusCode", 200.0)
	return answer, nil
}

// invoke invokes the function of a request. The error says why the function was not
// invoked.
func (s *Services) invoke(ctx context.Context, request *engine.Request, names naming) (*lambdahost.Response, error) {
	parameters, _ := request.Parameters.(*value.Object)
	name, _ := parameters.Get("FunctionName")
	function, ok := name.(string)
	if !ok {
		return nil, &engine.TaskError{Name: "Lambda.ValidationException", Cause: fmt.Sprintf("got FunctionName %s, expected a string", value.Text(name))}
	}
	payload := []byte("{}") // for null as well, as recorded
	switch v, _ := parameters.Get("Payload"); v := v.(type) {
	case nil:
	case string: // is sent as it is
		payload = []byte(v)
	default:
		payload = value.Encode(v)
	}
	if kind, _ := parameters.Get("InvocationType"); kind != nil && kind != "RequestResponse" {
		return nil, &engine.TaskError{Name: "States.TaskFailed", Cause: fmt.Sprintf(
			"got the InvocationType %s, expected RequestResponse: on this machine a task waits for its function", value.Text(kind))}
	}
	response, err := s.Functions.Invoke(ctx, function, payload)
	switch refused, ok := errors.AsType[*lambdahost.Error](err); {
	case ok:
		return nil, names.refuse(ctx, refusal{name: refused.Code, code: refused.Code, message: refused.Message, status: refused.Status()})
	case err != nil:
		return nil, names.unreachable(err)
	}
	return response, nil
}

// functionFailure returns the error of a task whose function failed: its name is the
// errorType in the payload, its cause the payload. Without an errorType it is
// Lambda.Unknown, with the cause that public captures of executions show.
func functionFailure(payload []byte) *engine.TaskError {
	answer, _ := value.Parse(payload)
	failure, _ := answer.(*value.Object)
	errorType, _ := failure.Get("errorType")
	if name, _ := errorType.(string); name != "" {
		return &engine.TaskError{Name: name, Cause: string(payload)}
	}
	return &engine.TaskError{Name: "Lambda.Unknown",
		Cause: "The cause could not be determined because Lambda did not return an error type. Returned payload: " + string(payload)}
}

// function answers tasks whose resource is a function: their input is the
// payload, and their result is the function's answer.
func (s *Services) function(arn string, invoke engine.IntegrationFunc) (engine.IntegrationFunc, error) {
	_, qualified, _ := strings.Cut(arn, ":function:")
	name, _, _ := strings.Cut(qualified, ":")
	if !s.Functions.Has(name) {
		return nil, unsupported.Function.Error()
	}
	return func(ctx context.Context, request *engine.Request) (any, error) {
		payload := request.Parameters
		switch payload.(type) {
		case nil, string: // lambda:invoke would not send these as JSON
			payload = value.Text(payload)
		}
		asInvoke := *request
		asInvoke.Parameters = value.NewObject("FunctionName", arn, "Payload", payload)
		output, err := invoke(ctx, &asInvoke)
		if err != nil {
			return nil, err
		}
		answer, _ := output.(*value.Object)
		result, _ := answer.Get("Payload")
		return result, nil
	}, nil
}
