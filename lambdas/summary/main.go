// Command summary is the Lambda function that reports the revenue.
package main

import (
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/mapjob/mapjob/job"
	"github.com/mapjob/mapjob/lambdas/invoicing"
)

func main() { lambda.Start(job.Summarize(invoicing.Revenues)) }
