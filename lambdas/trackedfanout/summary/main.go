// Command trackedsummary is the Lambda that says what became of a night's
// orders when all of them were counted.
package main

import (
	"context"
	"log"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"           // workflow
	"github.com/mapjob/mapjob/job"                            // workflow
	"github.com/mapjob/mapjob/lambdas/trackedfanout/tracking" // workflow
)

func main() {
	settings, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	table := &tracking.Table{Client: dynamodb.NewFromConfig(settings), Name: os.Getenv("JOBS_TABLE")} // workflow
	summary := &tracking.Summary{Table: table}                                                        // workflow
	lambda.Start(job.Queue(summary.Handle))                                                           // workflow
}
