// Command producer sends the orders of a day to a queue.
package main

import (
	"context"
	"log"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/mapjob/mapjob/examples/howto/shop"
	"github.com/mapjob/mapjob/job/fanout"
)

func main() {
	settings, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	orders := &shop.Orders{Client: dynamodb.NewFromConfig(settings), Table: os.Getenv("ORDERS_TABLE")}
	queue := &fanout.Queue{API: sqs.NewFromConfig(settings), URL: os.Getenv("QUEUE_URL")}
	lambda.Start(fanout.Produce(queue, orders.Due))
}
