// Command bank answers the task tokens that come through a queue.
package main

import (
	"context"
	"log"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/mapjob/mapjob/examples/howto/shop"
	"github.com/mapjob/mapjob/job"
	"github.com/mapjob/mapjob/job/callback"
)

func main() {
	settings, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	bank := &shop.Bank{Tasks: callback.Client{API: sfn.NewFromConfig(settings)}}
	lambda.Start(job.Queue(bank.Answer))
}
