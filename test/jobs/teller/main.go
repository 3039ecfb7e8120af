// Command teller is the worker of a job whose items are finished by another
// system, which here is a goroutine of its own.
package main

import (
	"context"
	"log"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/mapjob/mapjob/job"
	"github.com/mapjob/mapjob/job/callback"
	"github.com/mapjob/mapjob/test/jobs/rounds"
)

type payment struct{ Do, Errors string }

func main() {
	settings, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	tasks := callback.Client{API: sfn.NewFromConfig(settings)}
	lambda.Start(job.Callback(func(ctx context.Context, p payment, token callback.Token) error {
		if name := rounds.Error(ctx, p.Errors, nil); name != "" {
			return tasks.Fail(ctx, token, job.Errorf(name, "in this round"))
		}
		switch p.Do {
		case "succeed":
			return tasks.Succeed(ctx, token, map[string]int{"receipt": 7})
		case "decline":
			return tasks.Fail(ctx, token, job.Errorf("Declined", "the bank says no"))
		case "refuse":
			return job.Errorf("Refused", "the bank was not asked")
		}
		return nil // without an answer
	}))
}
