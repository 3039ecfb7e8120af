// Command once charges an order once, however often the order comes.
package main

import (
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/mapjob/mapjob/examples/howto/shop"
	"github.com/mapjob/mapjob/job"
)

func main() {
	charged := job.Once(os.Getenv("CHARGED_TABLE"), func(o shop.Order) string { return o.ID })
	lambda.Start(job.Work(shop.Charge, charged))
}
