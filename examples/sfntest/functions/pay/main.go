package main

import (
	"context"
	"log"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/mapjob/mapjob/examples/sfntest/refund"
)

func main() {
	settings, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	lambda.Start(refund.Payer{Client: dynamodb.NewFromConfig(settings), Table: os.Getenv("ACCOUNTS")}.Pay)
}
