// Command worker takes every item for good.
package main

import (
	"context"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/mapjob/mapjob/job"
)

type order struct{ ID string }

func main() {
	lambda.Start(job.Work(func(_ context.Context, o order) (order, error) { return o, nil }))
}
