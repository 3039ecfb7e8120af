// Command producer is a Lambda function that sends the readings of a night to a queue,
// and notes how many there are.
package main

import (
	"context"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/mapjob/mapjob/job/fanout"

	"example.com/water/meters"
	"example.com/water/tally"
)

func main() { lambda.Start(produce) }

func produce(ctx context.Context, night meters.Night) error {
	settings, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return err
	}
	queue := &fanout.Queue{API: sqs.NewFromConfig(settings), URL: os.Getenv("QUEUE_URL")}
	sent, err := fanout.Send(ctx, queue, meters.Readings(ctx, night))
	if err != nil {
		return err
	}
	return tally.Add(ctx, "expected", sent)
}
