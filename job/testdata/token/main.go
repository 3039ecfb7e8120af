// Command token is a Lambda that answers a token itself.
package main

import (
	"context"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/mapjob/mapjob/job"
	"github.com/mapjob/mapjob/job/callback"
)

func main() {
	tasks := callback.Client{API: sfn.New(sfn.Options{Region: "us-east-1"})}
	lambda.Start(job.Callback(func(ctx context.Context, n int, token callback.Token) error { return tasks.Succeed(ctx, token, n) }))
}
