package integration

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/lambdahost"
	"github.com/mapjob/mapjob/internal/value"
)

// Invoke answers arn:aws:states:::lambda:invoke.
func (s *Services) Invoke(ctx context.Context, request *engine.Request) (any, error) {
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
		payload = value.Append(nil, v)
	}
	if kind, _ := parameters.Get("InvocationType"); kind != nil && kind != "RequestResponse" {
		return nil, &engine.TaskError{Name: "States.TaskFailed", Cause: fmt.Sprintf(
			"got the InvocationType %s, expected RequestResponse: on this machine a task waits for its function", value.Text(kind))}
	}
	response, err := s.Functions.Invoke(ctx, function, payload)
	if err != nil {
		if refused, ok := errors.AsType[*lambdahost.Error](err); ok {
			return nil, &engine.TaskError{Name: "Lambda." + refused.Code, Cause: refused.Message}
		}
		return nil, &engine.TaskError{Name: "Lambda.SdkClientException", Cause: err.Error()}
	}
	answer, err := value.Parse(response.Payload)
	if response.FunctionError != "" {
		failure := "Lambda.Unknown"
		if object, ok := answer.(*value.Object); ok {
			if named, _ := object.Get("errorType"); named != nil {
				failure = fmt.Sprint(named)
			}
		}
		return nil, &engine.TaskError{Name: failure, Cause: string(response.Payload)}
	}
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

// function answers tasks whose resource is a function: their input is the
// payload, and their result is the function's answer.
func (s *Services) function(arn string, invoke engine.IntegrationFunc) (engine.IntegrationFunc, error) {
	_, qualified, _ := strings.Cut(arn, ":function:")
	name, _, _ := strings.Cut(qualified, ":")
	if !s.Functions.Has(name) {
		return nil, errors.New("the function does not run on this machine, expected a Go function of the stack")
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
