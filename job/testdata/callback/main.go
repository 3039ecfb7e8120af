// Command callback is a Lambda that only passes a token on.
package main

import (
	"context"
	"fmt"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/mapjob/mapjob/job"
)

func main() {
	lambda.Start(job.Callback(func(_ context.Context, n int, token string) error {
		_, err := fmt.Println(n, token)
		return err
	}))
}
