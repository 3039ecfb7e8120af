// Command consumer is a Lambda function that sends a bill for each reading in a queue.
package main

import (
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/mapjob/mapjob/job"

	"example.com/water/meters"
)

func main() {
	slog.SetDefault(job.NewLogger(os.Stdout))
	lambda.Start(job.Queue(job.IgnoreResult(meters.Send)))
}
