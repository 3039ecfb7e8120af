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

// Messages that a queue refuses are sent again after a pause, which doubles.
// Requests that fail as a whole are the SDK's to try again.
const (
	maxTries   = 6
	firstPause = 100 * time.Millisecond
)

// send sends a batch of at most ten messages and 1 MiB, and says how many the
// queue has taken. A queue may take some of them and refuse others, in an answer
// that is no error; those alone are sent again, because a message that is sent
// twice is there twice. What the sender is to blame for stays refused.
func (q *Queue) send(ctx context.Context, batch []types.SendMessageBatchRequestEntry) (taken int, err error) {
	pause := firstPause
	for try := 1; ; try++ {
		answer, err := q.Client.SendMessageBatch(ctx, &sqs.SendMessageBatchInput{QueueUrl: &q.URL, Entries: batch})
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
			return taken, fmt.Errorf("sending %d more to %s: %d refused at try %d, one of them as %s: %s",
				len(batch), q.URL, len(answer.Failed), try, aws.ToString(refused.Code), aws.ToString(refused.Message))
		}
		batch = slices.DeleteFunc(slices.Clone(batch), func(e types.SendMessageBatchRequestEntry) bool {
			return !slices.ContainsFunc(answer.Failed, func(f types.BatchResultErrorEntry) bool { return aws.ToString(f.Id) == aws.ToString(e.Id) })
		})
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return taken, fmt.Errorf("sending %d more to %s: %w, the last one refused as %s: %s",
				len(batch), q.URL, context.Cause(ctx), aws.ToString(refused.Code), aws.ToString(refused.Message))
		}
		pause *= 2
	}
}
