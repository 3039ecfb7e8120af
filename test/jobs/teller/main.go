// Command teller is the worker of a job whose items are finished by another
// system, which here is a goroutine of its own.
package main

import (
	"context"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/mapjob/mapjob/job"
	"github.com/mapjob/mapjob/job/callback"
)

type payment struct{ Do string }

func main() {
	lambda.Start(job.Callback(func(ctx context.Context, p payment, token callback.Token) error {
		switch p.Do {
		case "succeed":
			return token.Succeed(ctx, map[string]int{"receipt": 7})
		case "decline":
			return token.Fail(ctx, job.Fail("Declined", "the bank says no"))
		case "refuse":
			return job.Fail("Refused", "nobody was asked")
		}
		return nil // and nobody answers
	}))
}
