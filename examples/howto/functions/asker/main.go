// Command asker sends an order and its task token to the bank.
package main

import (
	"context"
	"log"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/mapjob/mapjob/examples/howto/shop"
	"github.com/mapjob/mapjob/job"
)

func main() {
	settings, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	asker := &shop.Asker{Client: sqs.NewFromConfig(settings), Queue: os.Getenv("QUEUE_URL")}
	lambda.Start(job.Callback(asker.Ask))
}
