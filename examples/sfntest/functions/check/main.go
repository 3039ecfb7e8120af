package main

import (
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/mapjob/mapjob/examples/sfntest/refund"
)

func main() { lambda.Start(refund.Check) }
