// Command worker is the Lambda function that invoices orders.
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
	lambda.Start(job.Work(invoices.Write, job.Concurrency(8)))
}
