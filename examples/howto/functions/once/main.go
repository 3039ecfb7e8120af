// Command once charges an order once, however often the order comes.
package main

import (
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/mapjob/mapjob/examples/howto/shop"
	"github.com/mapjob/mapjob/job"
)

func main() { lambda.Start(job.Work(shop.Charge, shop.Charged(os.Getenv("CHARGED_TABLE")))) }
