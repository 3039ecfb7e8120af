// Command echo returns the input of a Processor's states.
package main

import (
	"context"
	"encoding/json"

	"github.com/aws/aws-lambda-go/lambda"
)

func main() {
	lambda.Start(func(_ context.Context, input json.RawMessage) (json.RawMessage, error) { return input, nil })
}
