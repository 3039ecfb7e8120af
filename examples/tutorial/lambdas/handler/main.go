// Command handler is a Lambda function that sends the bills of a night.
package main

import (
	"context"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/mapjob/mapjob/job"

	"example.com/water/meters"
)

// Answer says how many bills were sent.
type Answer struct {
	Sent   int `json:"sent"`
	Failed int `json:"failed"`
}

func main() {
	slog.SetDefault(job.NewLogger(os.Stdout))
	lambda.Start(bill)
}

func bill(ctx context.Context, night meters.Night) (Answer, error) {
	var answer Answer
	for reading, err := range meters.Readings(ctx, night) {
		if err != nil {
			return answer, err
		}
		if _, err := meters.Send(ctx, reading); err != nil {
			slog.WarnContext(ctx, "not sent", "error", err)
			answer.Failed++
		} else {
			answer.Sent++
		}
	}
	return answer, nil
}
