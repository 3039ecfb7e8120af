// Command charge charges an order. It is no worker: it gets the order alone.
package main

import (
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/mapjob/mapjob/examples/howto/shop"
	"github.com/mapjob/mapjob/job"
)

func main() { lambda.Start(job.Function(shop.Charge)) }
