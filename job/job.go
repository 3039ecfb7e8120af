// Package job is what a job's Lambda functions are written with. A function
// sees one thing: the job start yields items, the worker handles one item, the
// summary looks at the outcomes. Batches, indexes, S3 and Step Functions are
// this package's business.
//
//	lambda.Start(job.Start(func(ctx context.Context, in Input) iter.Seq2[Order, error] { … }))
//	lambda.Start(job.Work(func(ctx context.Context, order Order) (Invoice, error) { … }))
//	lambda.Start(job.Summarize(func(ctx context.Context, summary *job.Summary) error { … }))
package job

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
)

// Handler is one of the three functions, for lambda.Start.
type Handler = lambda.Handler

// Info says which execution of which job a function works for.
type Info struct {
	Name      string    // the job's name
	Execution string    // the ARN of the execution
	StartedAt time.Time // when the execution started
	Index     int       // the item's index, counted from 0; in a worker only
}

// InfoOf is the Info of the context that a function was called with. Outside
// of one it is zero.
func InfoOf(ctx context.Context) Info {
	info, _ := ctx.Value(infoKey{}).(Info)
	return info
}

type infoKey struct{}

func withInfo(ctx context.Context, info Info) context.Context {
	return context.WithValue(ctx, infoKey{}, info)
}

// decode reads what the state machine sent. What cannot be read is refused by
// a name on which the state machine does not try again.
func decode(payload []byte, into any, expected string) error {
	if err := json.Unmarshal(payload, into); err != nil {
		return invalidInput("%v in %s, expected %s", err, excerpt(payload), expected)
	}
	return nil
}

// excerpt is the beginning of a text, for a message.
func excerpt(text []byte) string {
	const most = 200
	if len(text) > most {
		return fmt.Sprintf("%s… (%d bytes)", text[:most], len(text))
	}
	return string(text)
}
