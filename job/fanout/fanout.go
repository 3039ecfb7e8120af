// Package fanout sends what there is to do to an SQS queue, a message for each
// item, whose body is the item's JSON: what [job.Queue] takes.
//
//	queue := &fanout.Queue{Client: sqs.NewFromConfig(settings), URL: os.Getenv("QUEUE_URL")}
//	lambda.Start(fanout.Produce(queue, orders.Due))
//
// It takes the permission for sqs:SendMessage. It is a package of its own so
// that functions that send nothing have no client of SQS in their binaries.
package fanout

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"strconv"

	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/mapjob/mapjob/job"
)

// What one request takes ("Amazon SQS message quotas"): of each message, and of
// all together.
const (
	maxEntries = 10
	maxBytes   = 1 << 20
)

// Queue is a queue to send to.
type Queue struct {
	Client interface {
		SendMessageBatch(context.Context, *sqs.SendMessageBatchInput, ...func(*sqs.Options)) (*sqs.SendMessageBatchOutput, error)
	}
	URL string
}

// Sent is what a producer answers.
type Sent struct {
	Sent int `json:"sent"` // messages
}

// Produce is a producer, for lambda.Start: find looks up what there is to do
// and yields it, one item after the other. An error fails the invocation by the
// name that [job.NameOf] has for it; what was sent until then stays sent, and
// when Lambda tries again all of it is sent once more.
func Produce[In, Item any](queue *Queue, find func(context.Context, In) iter.Seq2[Item, error]) func(context.Context, In) (Sent, error) {
	return func(ctx context.Context, in In) (Sent, error) {
		sent, err := Send(ctx, queue, find(ctx, in))
		if err != nil {
			return Sent{sent}, messages.InvokeResponse_Error{Type: job.NameOf(err), Message: err.Error()}
		}
		return Sent{sent}, nil
	}
}

// Send sends a message for each item, ten with a request, or as many as fit
// into 1 MiB, and says how many the queue has taken. Messages that it refuses
// for its own reasons are sent again, and no others: see [Queue].
//
// It ends with the first error, which says how many messages were sent before:
// one that items yield, an item that is no JSON or too large for a message, a
// request that failed, or a message that the queue did not take in the end.
func Send[Item any](ctx context.Context, queue *Queue, items iter.Seq2[Item, error]) (sent int, err error) {
	var batch []types.SendMessageBatchRequestEntry
	read, bytes := 0, 0
	flush := func() error {
		taken, err := queue.send(ctx, batch)
		sent += taken
		batch, bytes = batch[:0], 0
		return err
	}
	for item, err := range items {
		if err != nil {
			return sent, after(sent, err)
		}
		read++
		text, err := json.Marshal(item)
		if err == nil && len(text) > maxBytes {
			err = fmt.Errorf("got %d bytes of JSON, expected at most %d, which a message takes: send where the item is, in place of the item", len(text), maxBytes)
		}
		if err != nil {
			return sent, after(sent, fmt.Errorf("item %d, counted from 1: %w", read, err))
		}
		if len(batch) == maxEntries || bytes+len(text) > maxBytes {
			if err := flush(); err != nil {
				return sent, after(sent, err)
			}
		}
		bytes += len(text)
		batch = append(batch, types.SendMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(len(batch))), MessageBody: aws.String(string(text))})
	}
	if len(batch) > 0 {
		if err := flush(); err != nil {
			return sent, after(sent, err)
		}
	}
	return sent, nil
}

func after(sent int, err error) error { return fmt.Errorf("after %d messages: %w", sent, err) }
