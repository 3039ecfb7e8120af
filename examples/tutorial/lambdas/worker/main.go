// Command worker is the Lambda function that sends the bill for a reading.
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
	lambda.Start(job.Work(meters.Send))
}
