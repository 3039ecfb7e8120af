package job

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"

	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/job/internal/batch"
	"github.com/mapjob/mapjob/job/internal/message"
)

// What Lambda sends to a function behind an SQS queue, and the answer to it
// (Lambda developer guide, "Using Lambda with Amazon SQS" and "Handling errors
// for an SQS event source in Lambda").

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

// Queue returns the handler of a worker behind an SQS queue. handle gets the item
// that is the body of a message, as JSON. The options are those of [Work], and
// so is what happens to an item: it fails alone. For a handler that has a result,
// use [IgnoreResult].
//
// The function answers with the messages that failed. They come again when
// their visibility timeout is over, until the queue's redrive policy moves them;
// the others are deleted. For this, FunctionResponseTypes of the event source
// mapping must have ReportBatchItemFailures: without it, Lambda deletes the
// failed messages too. Why a message failed is in the log only, because a queue
// keeps no results: the error's name, and with [LogData] its cause.
//
// SQS delivers at least once, so an item that is done may be delivered again. [Once]
// prevents that it is done again. As there are no executions, its keys belong to
// the queue, for as long as they are remembered. It does not prevent SQS's retries
// nor a redrive from the dead-letter queue: a failure is forgotten, unless it is
// marked with [Final].
//
// A FIFO queue loses its order: if a message fails, those that follow in its
// group are done before it comes again.
//
// [InfoOf] has the queue's name and ARN in place of those of a job and an
// execution, and as the index the message's position in its batch.
func Queue[Item any](handle func(context.Context, Item) error, options ...WorkOption) Handler {
	return &queueWorker[Item]{newWorker(func(ctx context.Context, item Item) (any, error) { return nil, handle(ctx, item) }, options)}
}

// IgnoreResult makes a handler for [Queue] from one for [Work]:
//
//	lambda.Start(job.Queue(job.IgnoreResult(invoices.Write)))
func IgnoreResult[Item, Result any](handle func(context.Context, Item) (Result, error)) func(context.Context, Item) error {
	return func(ctx context.Context, item Item) error {
		_, err := handle(ctx, item)
		return err
	}
}

type queueWorker[Item any] struct{ worker *worker[Item, any] }

// Invoke answers one invocation with the messages that failed.
func (q *queueWorker[Item]) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	invocation := q.worker.begin(ctx)
	answer, err := q.answer(invocation, payload)
	if err != nil {
		return nil, q.worker.failed(invocation, err)
	}
	return answer, nil
}

func (q *queueWorker[Item]) answer(invocation *infoContext, payload []byte) ([]byte, error) {
	const expected = `{"Records": [{"messageId": …, "body": …}, …]}, the event of an SQS queue`
	var event queueEvent
	if err := message.Decode(payload, &event, expected); err != nil {
		return nil, err
	}
	if len(event.Records) == 0 {
		return nil, invalidInput("no Records in %s, expected %s", protocol.Excerpt(payload), expected)
	}
	log := q.worker.log()
	arn := event.Records[0].EventSourceARN
	invocation.about(protocol.Job{Name: arn[strings.LastIndex(arn, ":")+1:]}, arn)
	invocation.info.queue = true
	b := &batch.Batch[Item]{}
	for i, r := range event.Records {
		if r.MessageID == "" { // the answer could not say that it failed
			return nil, invalidInput("a record without a messageId in %s, expected %s", protocol.Excerpt(payload), expected)
		}
		b.Add(invocation, log, i, i, []byte(r.Body))
	}
	answer := queueAnswer{Failures: []queueFailure{}}
	about := func(at int) []slog.Attr {
		r := &event.Records[at]
		return []slog.Attr{slog.String("messageId", r.MessageID), slog.String("receiveCount", r.Attributes["ApproximateReceiveCount"])}
	}
	for i, o := range q.worker.outcomes(invocation, b, nil, about) {
		if o.Status == protocol.Failed {
			answer.Failures = append(answer.Failures, queueFailure{event.Records[i].MessageID})
		}
	}
	return json.Marshal(answer)
}
