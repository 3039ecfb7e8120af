// Command consumer is the Lambda that invoices the orders of a queue.
package main

import (
	"context"
	"log"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/mapjob/mapjob/lambdas/fanout" // workflow
	"github.com/mapjob/mapjob/lambdas/invoicing"
)

func main() {
	slog.SetDefault(lambdacontext.NewLogger())
	settings, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	invoices := &invoicing.Invoices{
		Client: s3.NewFromConfig(settings),
		Bucket: os.Getenv("INVOICES_BUCKET"),
	}
	lambda.Start(fanout.Consume(func(ctx context.Context, order invoicing.Order) error { // workflow
		_, err := invoices.Write(ctx, order)
		return err
	})) // workflow
}
