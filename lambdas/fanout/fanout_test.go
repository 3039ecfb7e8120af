package fanout_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/mapjob/mapjob/lambdas/fanout"
)

// requests are those to a queue that refuses the message of one item.
type requests struct {
	bodies [][]string
	refuse string
}

func (r *requests) SendMessageBatch(_ context.Context, in *sqs.SendMessageBatchInput, _ ...func(*sqs.Options)) (*sqs.SendMessageBatchOutput, error) {
	if aws.ToString(in.QueueUrl) != "https://queue" {
		return nil, errors.New("no such queue")
	}
	answer := &sqs.SendMessageBatchOutput{}
	var bodies, ids []string
	for _, entry := range in.Entries {
		if slices.Contains(ids, *entry.Id) {
			return nil, errors.New("two entries with one ID")
		}
		ids, bodies = append(ids, *entry.Id), append(bodies, *entry.MessageBody)
		if *entry.MessageBody == r.refuse {
			answer.Failed = append(answer.Failed, types.BatchResultErrorEntry{Id: entry.Id, Code: aws.String("InternalError"), Message: aws.String("try again")})
		} else {
			answer.Successful = append(answer.Successful, types.SendMessageBatchResultEntry{Id: entry.Id})
		}
	}
	r.bodies = append(r.bodies, bodies)
	return answer, nil
}

// count yields the numbers below n, and an error in place of one of them.
func count(n, bad int) func(context.Context, string) iter.Seq2[int, error] {
	return func(context.Context, string) iter.Seq2[int, error] {
		return func(yield func(int, error) bool) {
			for i := range n {
				var err error
				if i == bad {
					err = errors.New("no connection")
				}
				if !yield(i, err) {
					return
				}
			}
		}
	}
}

func TestItemsAreSentTenAtATime(t *testing.T) {
	for n, expected := range map[int][]int{0: nil, 1: {1}, 10: {10}, 25: {10, 10, 5}} {
		client := &requests{}
		sent, err := fanout.Produce(&fanout.Queue{Client: client, URL: "https://queue"}, count(n, -1))(context.Background(), "")
		if err != nil || sent.Sent != n {
			t.Errorf("got %d sent and %v, expected %d", sent.Sent, err, n)
		}
		var sizes []int
		var all []string
		for _, bodies := range client.bodies {
			sizes, all = append(sizes, len(bodies)), append(all, bodies...)
		}
		if !slices.Equal(sizes, expected) {
			t.Errorf("%d items: got requests of %v, expected %v", n, sizes, expected)
		}
		for i, body := range all {
			if body != fmt.Sprint(i) {
				t.Errorf("got %s as message %d, expected the item's JSON", body, i)
			}
		}
	}
}

func TestSendingEndsWithTheError(t *testing.T) {
	for name, c := range map[string]struct {
		client   *requests
		url      string
		bad      int
		sent     int
		expected string
	}{
		"of the items": {&requests{}, "https://queue", 15, 10, "no connection"},
		"of a message": {&requests{refuse: "12"}, "https://queue", -1, 19, "19 sent, 1 refused, the first as InternalError: try again"},
		"of a request": {&requests{}, "https://other", -1, 0, "sending messages after 0: no such queue"},
	} {
		sent, err := fanout.Produce(&fanout.Queue{Client: c.client, URL: c.url}, count(25, c.bad))(context.Background(), "")
		if err == nil || !strings.Contains(err.Error(), c.expected) || sent.Sent != c.sent {
			t.Errorf("%s: got %d sent and %v, expected %d and %q", name, sent.Sent, err, c.sent, c.expected)
		}
	}
}
