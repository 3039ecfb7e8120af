// Command summary is the Lambda function that adds the water of a night to the report.
package main

import (
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/mapjob/mapjob/job"

	"example.com/water/meters"
)

func main() { lambda.Start(job.Summarize(meters.Total)) }
