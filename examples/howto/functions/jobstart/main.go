// Command jobstart finds the orders of a day.
package main

import (
	"context"
	"log"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/mapjob/mapjob/examples/howto/shop"
	"github.com/mapjob/mapjob/job"
)

func main() {
	settings, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	orders := &shop.Orders{Client: dynamodb.NewFromConfig(settings), Table: os.Getenv("ORDERS_TABLE")}
	lambda.Start(job.Start(orders.Due))
}
