// Command accountant is the summary of a job without a Summary: it accounts for
// every item and writes the report.
package main

import (
	"context"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/mapjob/mapjob/job"
)

func main() {
	lambda.Start(job.Summarize(func(context.Context, *job.Summary) error { return nil }))
}
