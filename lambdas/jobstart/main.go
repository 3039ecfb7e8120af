// Command jobstart is the Lambda function that finds the orders to invoice.
package main

import (
	"context"
	"log"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/mapjob/mapjob/job"
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
	lambda.Start(job.Start(orders.Due))
}
