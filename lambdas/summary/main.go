// Command summary is the Lambda that reports what was invoiced.
package main

import (
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/mapjob/mapjob/job" // workflow
	"github.com/mapjob/mapjob/lambdas/invoicing"
)

func main() { lambda.Start(job.Summarize(invoicing.Revenues)) } // workflow
