// Command producer is the Lambda function that finds the orders to invoice and
// sends each of them to a queue.
package main

import (
	"context"
	"log"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/mapjob/mapjob/job/fanout"
	"github.com/mapjob/mapjob/lambdas/invoicing"
)

func main() {
	settings, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	orders := &invoicing.Orders{
		Client: dynamodb.NewFromConfig(settings),
		Table:  os.Getenv("ORDERS_TABLE"),
		Index:  os.Getenv("ORDERS_DUE_INDEX"),
	}
	queue := &fanout.Queue{API: sqs.NewFromConfig(settings), URL: os.Getenv("QUEUE_URL")}
	lambda.Start(fanout.Produce(queue, orders.Due))
}
