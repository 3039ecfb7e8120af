package fanout

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// Refused messages are sent again after a pause that doubles. The SDK retries
// requests that fail as a whole.
const (
	maxTries   = 6
	firstPause = 100 * time.Millisecond
)

// send sends a batch of at most ten messages and 1 MiB, and returns how many the
// queue has accepted. A successful answer may list refused messages. send retries
// only those, because a message that is sent twice is delivered twice, and gives
// up if the sender is at fault.
func (q *Queue) send(ctx context.Context, batch []types.SendMessageBatchRequestEntry) (taken int, err error) {
	pause := firstPause
	for try := 1; ; try++ {
		answer, err := q.API.SendMessageBatch(ctx, &sqs.SendMessageBatchInput{QueueUrl: &q.URL, Entries: batch})
		if err != nil {
			return taken, fmt.Errorf("sending %d more to %s: %w", len(batch), q.URL, err)
		}
		taken += len(answer.Successful)
		if len(answer.Failed) == 0 {
			return taken, nil
		}
		refused := answer.Failed[0]
		if i := slices.IndexFunc(answer.Failed, func(e types.BatchResultErrorEntry) bool { return e.SenderFault }); i >= 0 {
			refused = answer.Failed[i]
		}
		if refused.SenderFault || try == maxTries {
			return taken, fmt.Errorf("sending %d more to %s: %d refused at attempt %d, one of them with %s: %s",
				len(batch), q.URL, len(answer.Failed), try, aws.ToString(refused.Code), aws.ToString(refused.Message))
		}
		batch = slices.DeleteFunc(slices.Clone(batch), func(e types.SendMessageBatchRequestEntry) bool {
			return !slices.ContainsFunc(answer.Failed, func(f types.BatchResultErrorEntry) bool { return aws.ToString(f.Id) == aws.ToString(e.Id) })
		})
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return taken, fmt.Errorf("sending %d more to %s: %w, after a refusal with %s: %s",
				len(batch), q.URL, context.Cause(ctx), aws.ToString(refused.Code), aws.ToString(refused.Message))
		}
		pause *= 2
	}
}
