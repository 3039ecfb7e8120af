// Command eventhandler is the Lambda function that finds the orders to invoice
// and invoices all of them in one invocation.
package main

import (
	"context"
	"log"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/mapjob/mapjob/job"
	"github.com/mapjob/mapjob/lambdas/eventhandler/invoiceall"
	"github.com/mapjob/mapjob/lambdas/invoicing"
)

func main() {
	slog.SetDefault(lambdacontext.NewLogger())
	settings, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	handler := &invoiceall.Handler{
		Orders: &invoicing.Orders{
			Client: dynamodb.NewFromConfig(settings),
			Table:  os.Getenv("ORDERS_TABLE"),
			Index:  os.Getenv("ORDERS_DUE_INDEX"),
		},
		Invoices: &invoicing.Invoices{
			Client: s3.NewFromConfig(settings),
			Bucket: os.Getenv("INVOICES_BUCKET"),
		},
	}
	lambda.Start(func(ctx context.Context, night invoicing.Night) error {
		err := handler.Handle(ctx, night)
		if err == nil {
			return nil
		}
		return messages.InvokeResponse_Error{Type: job.NameOf(err), Message: err.Error()} // without it, the error's name is its Go type
	})
}
