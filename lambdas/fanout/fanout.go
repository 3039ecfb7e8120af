// Package fanout sends what there is to do to an SQS queue, a message for each
// item.
//
// What stands between "// workflow {" and "// workflow }" is there because the
// work is spread: test/architectures/owned counts it.
package fanout

// workflow {
import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// maxBatch is how many messages one request takes ("Amazon SQS message quotas").
const maxBatch = 10

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

// Produce is a producer: find looks up what there is to do and yields it, one
// item after the other. An error ends it with what was sent until then: when
// Lambda tries again, those items are sent a second time.
func Produce[In, Item any](queue *Queue, find func(context.Context, In) iter.Seq2[Item, error]) func(context.Context, In) (Sent, error) {
	return func(ctx context.Context, in In) (Sent, error) {
		sent, err := Send(ctx, queue, find(ctx, in))
		return Sent{sent}, err
	}
}

// Send sends a message for each item, and says how many it has sent.
func Send[Item any](ctx context.Context, queue *Queue, items iter.Seq2[Item, error]) (sent int, err error) {
	var batch []types.SendMessageBatchRequestEntry
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		answer, err := queue.Client.SendMessageBatch(ctx, &sqs.SendMessageBatchInput{QueueUrl: &queue.URL, Entries: batch})
		if err != nil {
			return fmt.Errorf("sending messages after %d: %w", sent, err)
		}
		sent += len(answer.Successful)
		if len(answer.Failed) > 0 {
			first := answer.Failed[0]
			return fmt.Errorf("sending messages: %d sent, %d refused, the first as %s: %s",
				sent, len(answer.Failed), aws.ToString(first.Code), aws.ToString(first.Message))
		}
		batch = batch[:0]
		return nil
	}
	for item, err := range items {
		if err != nil {
			return sent, err
		}
		text, err := json.Marshal(item)
		if err != nil {
			return sent, err
		}
		batch = append(batch, types.SendMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(len(batch))), MessageBody: aws.String(string(text))})
		if len(batch) == maxBatch {
			if err := flush(); err != nil {
				return sent, err
			}
		}
	}
	return sent, flush()
}

// workflow }
