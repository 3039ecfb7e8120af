// Command consumer charges the orders of a queue.
package main

import (
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/mapjob/mapjob/examples/howto/shop"
	"github.com/mapjob/mapjob/job"
)

func main() { lambda.Start(job.Queue(job.IgnoreResult(shop.Charge))) }
