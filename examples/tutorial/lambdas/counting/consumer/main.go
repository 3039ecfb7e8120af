// Command consumer is a Lambda function that sends a bill for each reading in a queue,
// and counts it.
package main

import (
	"context"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/mapjob/mapjob/job"

	"example.com/water/meters"
	"example.com/water/tally"
)

func main() {
	slog.SetDefault(job.NewLogger(os.Stdout))
	lambda.Start(job.Queue(consume))
}

func consume(ctx context.Context, reading meters.Reading) error {
	if _, err := meters.Send(ctx, reading); err != nil {
		slog.WarnContext(ctx, "not sent", "error", err)
		return tally.Add(ctx, "failed", 1)
	}
	return tally.Add(ctx, "sent", 1)
}
