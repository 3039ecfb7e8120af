// Command producer is the Lambda function that finds the orders to invoice, sends
// each of them to a queue and records their number.
package main

import (
	"context"
	"log"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/mapjob/mapjob/job/fanout"
	"github.com/mapjob/mapjob/lambdas/invoicing"
	"github.com/mapjob/mapjob/lambdas/trackedfanout/tracking"
)

func main() {
	slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: lambdacontext.ReplaceAttr})))
	settings, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	database := dynamodb.NewFromConfig(settings)
	queues := sqs.NewFromConfig(settings)
	producer := &tracking.Producer{
		Orders:    &invoicing.Orders{Client: database, Table: os.Getenv("ORDERS_TABLE"), Index: os.Getenv("ORDERS_DUE_INDEX")},
		Queue:     &fanout.Queue{API: queues, URL: os.Getenv("QUEUE_URL")},
		Table:     &tracking.Table{Client: database, Name: os.Getenv("JOBS_TABLE")},
		Summaries: &fanout.Queue{API: queues, URL: os.Getenv("SUMMARY_QUEUE_URL")},
	}
	lambda.Start(producer.Handle)
}
