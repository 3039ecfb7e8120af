// Command consumer is the Lambda function that invoices the orders in a queue.
package main

import (
	"context"
	"log"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/mapjob/mapjob/job"
	"github.com/mapjob/mapjob/lambdas/invoicing"
)

func main() {
	settings, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	invoices := &invoicing.Invoices{
		Client: s3.NewFromConfig(settings),
		Bucket: os.Getenv("INVOICES_BUCKET"),
	}
	lambda.Start(job.Queue(job.IgnoreResult(invoices.Write), job.Concurrency(8)))
}
