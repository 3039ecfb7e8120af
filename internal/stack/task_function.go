package stack

import (
	"context"
	"fmt"
	"strings"

	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/value"
)

// function is the task of a function's own ARN: its input is the payload, and
// its result is what the function answers.
func (i *integrations) function(arn string) (engine.IntegrationFunc, error) {
	_, qualified, _ := strings.Cut(arn, ":function:")
	name, _, _ := strings.Cut(qualified, ":")
	if !i.cloud.functions[name] {
		return nil, fmt.Errorf("the function does not run on this machine, expected a Go function of stack %s", i.cloud.template.Name)
	}
	return func(ctx context.Context, request *engine.Request) (any, error) {
		payload := request.Parameters
		switch payload.(type) {
		case nil, string: // which would not go as JSON
			payload = value.Text(payload)
		}
		asInvoke := *request
		asInvoke.Parameters = value.NewObject("FunctionName", arn, "Payload", payload)
		output, err := i.invoke(ctx, &asInvoke)
		if err != nil {
			return nil, err
		}
		answer, _ := output.(*value.Object)
		result, _ := answer.Get("Payload")
		return result, nil
	}, nil
}
