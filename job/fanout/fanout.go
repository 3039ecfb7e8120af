package fanout

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/mapjob/mapjob/internal/number"
	"github.com/mapjob/mapjob/job"
)

// The limits of a request ("Amazon SQS message quotas"). maxBytes is the limit of
// a message, and of all messages of a request together.
const (
	maxEntries = 10
	maxBytes   = 1 << 20
)

// API is the part of the SQS API that sends messages. An *sqs.Client has it.
type API interface {
	SendMessageBatch(context.Context, *sqs.SendMessageBatchInput, ...func(*sqs.Options)) (*sqs.SendMessageBatchOutput, error)
}

// Queue sends messages to a queue.
type Queue struct {
	API API    // required
	URL string // required
}

// Sent is the answer of a producer.
type Sent struct {
	Sent int `json:"sent"` // messages
}

// Produce returns the handler of a function that sends each item that find yields.
// In is the payload. An error or a panic of find, and the end of its context, a
// little before the invocation's time is up, fail the invocation by the error's
// name (see [job.NameOf]). Messages sent before it stay in the queue, and a retry
// sends them again.
func Produce[In, Item any](queue *Queue, find func(context.Context, In) iter.Seq2[Item, error], options ...job.Option) job.Handler {
	return job.Function(func(ctx context.Context, in In) (Sent, error) {
		sent, err := Send(ctx, queue, find(ctx, in))
		return Sent{sent}, err
	}, options...)
}

// Send sends a message for each item and returns how many the queue has accepted.
// A request has up to ten messages and 1 MiB. Send retries only messages that the
// queue refused and that the sender is not at fault for.
//
// Send returns at the first error, which says how many messages were sent before:
// an error that items yields, an item that cannot be JSON or exceeds the size of a
// message, a failed request, or a message that is still refused after all retries.
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
			err = fmt.Errorf("got %d bytes of JSON, expected at most %d: store the item and send its address", len(text), maxBytes)
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

func after(sent int, err error) error {
	return fmt.Errorf("after %s: %w", number.Of(sent, "message"), err)
}
