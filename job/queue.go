package job

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"
)

// What Lambda and a function behind an SQS queue say to each other (Lambda
// developer guide, "Using Lambda with Amazon SQS" and "Handling errors for an
// SQS event source in Lambda").

type queueEvent struct {
	Records []queueRecord
}

type queueRecord struct {
	MessageID      string            `json:"messageId"`
	Body           string            `json:"body"`
	Attributes     map[string]string `json:"attributes"`
	EventSourceARN string            `json:"eventSourceARN"`
}

type queueAnswer struct {
	Failures []queueFailure `json:"batchItemFailures"`
}

type queueFailure struct {
	MessageID string `json:"itemIdentifier"`
}

// Queue is the worker behind an SQS queue: handle gets the item that is the
// body of a message, as JSON. The options are those of [Work], and so is what
// happens to an item: its error, panic or lateness is its own.
//
// The function answers with the messages that have failed, which come again
// when their visibility timeout is over, until the queue's redrive policy takes
// them out; the others are deleted. That takes ReportBatchItemFailures among
// the FunctionResponseTypes of the event source mapping: without it, Lambda
// deletes those that failed too. Why a message failed is in the log alone: a
// queue keeps no results, and nobody counts.
//
// SQS delivers at least once, so handle has to bear with an item that was done
// before. [Once] helps; its keys are those of the queue, for as long as they
// are remembered, as there are no executions.
//
// A FIFO queue loses its order behind it: of a message that failed, the ones
// that follow in its group are done before it comes again.
//
// [InfoOf] has the queue's name and ARN in place of those of a job and its
// execution, and in place of the item's index that of the message in its batch.
//
// A handler with a result goes behind a queue by [IgnoreResult].
func Queue[Item any](handle func(context.Context, Item) error, options ...WorkOption) Handler {
	work := Work(func(ctx context.Context, item Item) (any, error) { return nil, handle(ctx, item) }, options...)
	return &queueWorker[Item]{work.(*worker[Item, any])}
}

// IgnoreResult makes a handler for [Queue] of one for [Work]:
//
//	lambda.Start(job.Queue(job.IgnoreResult(invoices.Write)))
func IgnoreResult[Item, Result any](handle func(context.Context, Item) (Result, error)) func(context.Context, Item) error {
	return func(ctx context.Context, item Item) error {
		_, err := handle(ctx, item)
		return err
	}
}

type queueWorker[Item any] struct{ *worker[Item, any] }

// Invoke answers one invocation with the messages that have failed.
func (w *queueWorker[Item]) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	const expected = `{"Records": [{"messageId": …, "body": …}, …]}, the event of an SQS queue`
	var event queueEvent
	if err := decode(payload, &event, expected); err != nil {
		return nil, err
	}
	if len(event.Records) == 0 {
		return nil, invalidInput("no Records in %s, expected %s", excerpt(payload), expected)
	}
	items := make([]indexed[Item], len(event.Records))
	for i, r := range event.Records {
		if r.MessageID == "" { // there would be no way to say that it failed
			return nil, invalidInput("a record without a messageId in %s, expected %s", excerpt(payload), expected)
		}
		items[i] = readItem[Item](ctx, i, []byte(r.Body))
	}
	arn := event.Records[0].EventSourceARN
	within, info, end := begin(ctx, jobData{Name: arn[strings.LastIndex(arn, ":")+1:]}, arn)
	defer end()
	answer := queueAnswer{Failures: []queueFailure{}}
	for i, o := range w.outcomes(within, items, info, nil) {
		if o.Status == Succeeded {
			continue
		}
		r := &event.Records[i]
		answer.Failures = append(answer.Failures, queueFailure{r.MessageID})
		info.Index = i
		slog.ErrorContext(&infoContext{ctx, info}, "item failed", "error", o.Error, "cause", o.Cause,
			"messageId", r.MessageID, "receiveCount", r.Attributes["ApproximateReceiveCount"])
	}
	return json.Marshal(answer)
}
