// Command asker keeps the tokens that it gets to itself: somebody else answers them.
package main

import (
	"context"
	"encoding/json"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/mapjob/mapjob/job"
	"github.com/mapjob/mapjob/job/callback"
)

func main() {
	lambda.Start(job.Callback(func(context.Context, json.RawMessage, callback.Token) error { return nil }))
}
