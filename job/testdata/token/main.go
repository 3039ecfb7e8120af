// Command token is a Lambda that answers a token itself.
package main

import (
	"context"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/mapjob/mapjob/job"
	"github.com/mapjob/mapjob/job/callback"
)

func main() {
	lambda.Start(job.Callback(func(ctx context.Context, n int, token callback.Token) error { return token.Succeed(ctx, n) }))
}
