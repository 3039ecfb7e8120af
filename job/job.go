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
	"github.com/aws/aws-lambda-go/lambdacontext"
)

// Handler is one of the three functions, for lambda.Start.
type Handler = lambda.Handler

// Info says which execution of which job a function works for.
type Info struct {
	Name      string    // the job's name
	Execution string    // the ARN of the execution
	StartedAt time.Time // when the execution started
	RequestID string    // of the invocation
	Index     int       // the item's index, counted from 0; -1 where there is no item

	deadline time.Time // of the invocation; zero: there is none
}

// noIndex is the Index outside a worker.
const noIndex = -1

// InfoOf is the Info of the context that a function was called with. Outside
// of one it is empty.
func InfoOf(ctx context.Context) Info {
	if info, ok := ctx.Value(infoKey{}).(*Info); ok {
		return *info
	}
	return Info{Index: noIndex}
}

type infoKey struct{}

// infoContext is a context with an Info; every item has one of its own.
type infoContext struct {
	context.Context
	info Info
}

func (c *infoContext) Value(key any) any {
	if key == (infoKey{}) {
		return &c.info
	}
	return c.Context.Value(key)
}

// begin is the start of an invocation: its Info, in the context and for the
// log. The function that it returns ends it.
func begin(ctx context.Context, job jobData, execution string) (context.Context, Info, func()) {
	info := Info{Name: job.Name, Execution: execution, StartedAt: job.StartedAt, Index: noIndex}
	if lambda, ok := lambdacontext.FromContext(ctx); ok {
		info.RequestID = lambda.AwsRequestID
	}
	info.deadline, _ = ctx.Deadline()
	within := &infoContext{ctx, info}
	current.Store(&within.info)
	return within, info, func() { current.Store(nil) }
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
