// Command worker is a Lambda that does its items as often as they come.
package main

import (
	"context"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/mapjob/mapjob/job"
)

func main() {
	lambda.Start(job.Work(func(_ context.Context, n int) (int, error) { return n, nil }, job.Concurrency(8)))
}
