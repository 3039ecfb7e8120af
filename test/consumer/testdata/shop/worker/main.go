// Command worker greets the customer of an order.
package main

import (
	"context"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/mapjob/mapjob/job"
)

type order struct {
	Customer string `json:"customer"`
}

func main() {
	slog.SetDefault(job.NewLogger(os.Stdout))
	lambda.Start(job.Work(func(_ context.Context, o order) (string, error) {
		if o.Customer == "" {
			return "", job.Errorf("NobodyToGreet", "the order has no customer")
		}
		return "Hello, " + o.Customer + "!", nil
	}))
}
