// Command summary is the Lambda function that summarizes a night when all of its
// orders have been counted.
package main

import (
	"context"
	"log"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/mapjob/mapjob/job"
	"github.com/mapjob/mapjob/lambdas/trackedfanout/tracking"
)

func main() {
	settings, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	table := &tracking.Table{Client: dynamodb.NewFromConfig(settings), Name: os.Getenv("JOBS_TABLE")}
	summary := &tracking.Summary{Table: table}
	lambda.Start(job.Queue(summary.Handle))
}
