// Command once is a Lambda that does its items once.
package main

import (
	"context"
	"strconv"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/mapjob/mapjob/job"
)

func main() {
	lambda.Start(job.Work(func(_ context.Context, n int) (int, error) { return n, nil }, job.Once("Table", strconv.Itoa)))
}
