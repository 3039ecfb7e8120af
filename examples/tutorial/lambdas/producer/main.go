// Command producer is a Lambda function that sends the readings of a night to a queue.
package main

import (
	"context"
	"log"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/mapjob/mapjob/job/fanout"

	"example.com/water/meters"
)

func main() {
	settings, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	queue := &fanout.Queue{API: sqs.NewFromConfig(settings), URL: os.Getenv("QUEUE_URL")}
	lambda.Start(fanout.Produce(queue, meters.Readings))
}
