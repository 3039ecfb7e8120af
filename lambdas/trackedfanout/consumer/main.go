// Command consumer is the Lambda function that invoices the orders in a queue and
// counts them.
package main

import (
	"context"
	"log"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/mapjob/mapjob/job"
	"github.com/mapjob/mapjob/job/fanout"
	"github.com/mapjob/mapjob/lambdas/invoicing"
	"github.com/mapjob/mapjob/lambdas/trackedfanout/tracking"
)

func main() {
	settings, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	consumer := &tracking.Consumer{
		Invoices:  &invoicing.Invoices{Client: s3.NewFromConfig(settings), Bucket: os.Getenv("INVOICES_BUCKET")},
		Table:     &tracking.Table{Client: dynamodb.NewFromConfig(settings), Name: os.Getenv("JOBS_TABLE")},
		Summaries: &fanout.Queue{API: sqs.NewFromConfig(settings), URL: os.Getenv("SUMMARY_QUEUE_URL")},
	}
	lambda.Start(job.Queue(consumer.Handle, job.Concurrency(8)))
}
