// Command accountant is the Lambda that is the summary of a job which was given
// none: it accounts for every item and reports.
package main

import (
	"context"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/mapjob/mapjob/job"
)

func main() {
	slog.SetDefault(job.NewLogger(os.Stdout))
	lambda.Start(job.Summarize(func(context.Context, *job.Summary) error { return nil }))
}
