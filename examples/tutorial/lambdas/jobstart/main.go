// Command jobstart is the Lambda function that finds the readings of a night.
package main

import (
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/mapjob/mapjob/job"

	"example.com/water/meters"
)

func main() { lambda.Start(job.Start(meters.Readings)) }
