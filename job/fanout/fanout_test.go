package fanout_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/mapjob/mapjob/internal/number"
	"github.com/mapjob/mapjob/job"
	"github.com/mapjob/mapjob/job/fanout"
)

const url = "https://queue"

// queue refuses messages so many times each, by their bodies, and keeps the others.
type queue struct {
	refusals map[string]int
	blame    bool // the sender's
	sizes    []int
	taken    []string
}

func (q *queue) SendMessageBatch(_ context.Context, in *sqs.SendMessageBatchInput, _ ...func(*sqs.Options)) (*sqs.SendMessageBatchOutput, error) {
	if aws.ToString(in.QueueUrl) != url {
		return nil, errors.New("no such queue")
	}
	answer := &sqs.SendMessageBatchOutput{}
	var ids []string
	bytes := 0
	for _, entry := range in.Entries {
		body := *entry.MessageBody
		if slices.Contains(ids, *entry.Id) {
			return nil, errors.New("two entries with one ID")
		}
		ids = append(ids, *entry.Id)
		bytes += len(body)
		if q.refusals[body] > 0 {
			q.refusals[body]--
			answer.Failed = append(answer.Failed, types.BatchResultErrorEntry{Id: entry.Id, Code: aws.String("InternalError"), Message: aws.String("try again"), SenderFault: q.blame})
			continue
		}
		q.taken = append(q.taken, body)
		answer.Successful = append(answer.Successful, types.SendMessageBatchResultEntry{Id: entry.Id})
	}
	if len(in.Entries) > 10 || bytes > 1<<20 {
		return nil, fmt.Errorf("got %d entries with %d bytes", len(in.Entries), bytes)
	}
	q.sizes = append(q.sizes, len(in.Entries))
	return answer, nil
}

// count yields the numbers below n, and an error in place of one of them.
func count(n, bad int) func(context.Context, string) iter.Seq2[int, error] {
	return func(context.Context, string) iter.Seq2[int, error] {
		return func(yield func(int, error) bool) {
			for i := range n {
				var err error
				if i == bad {
					err = job.Errorf("NoConnection", "no connection")
				}
				if !yield(i, err) {
					return
				}
			}
		}
	}
}

// produce invokes a producer.
func produce(ctx context.Context, to *fanout.Queue, find func(context.Context, string) iter.Seq2[int, error]) (sent fanout.Sent, err error) {
	answer, err := fanout.Produce(to, find, silent).Invoke(ctx, []byte(`"tonight"`))
	if err != nil {
		return fanout.Sent{}, err
	}
	return sent, json.Unmarshal(answer, &sent)
}

var silent = job.WithLogger(slog.New(slog.DiscardHandler))

func TestAProducerFailsByNameWhateverItsFunctionDoes(t *testing.T) {
	for expected, find := range map[string]func(context.Context, string) iter.Seq2[int, error]{
		job.ErrorPanic:         func(context.Context, string) iter.Seq2[int, error] { panic("no database") },
		job.ErrorHandlerExited: func(context.Context, string) iter.Seq2[int, error] { runtime.Goexit(); return nil },
		job.ErrorDeadline: func(ctx context.Context, _ string) iter.Seq2[int, error] {
			return func(func(int, error) bool) { time.Sleep(time.Hour) }
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			if _, err := produce(ctx, &fanout.Queue{API: &queue{}, URL: url}, find); job.NameOf(err) != expected {
				t.Errorf("got %v, expected %s", err, expected)
			}
			if ctx.Err() != nil {
				t.Errorf("%s: got an error after the deadline, expected one before", expected)
			}
			time.Sleep(2 * time.Hour) // for the function that ignores its context
		})
	}
	if _, err := fanout.Produce(&fanout.Queue{API: &queue{}, URL: url}, count(1, -1), silent).Invoke(t.Context(), []byte(`7`)); job.NameOf(err) != job.ErrorInvalidInput {
		t.Errorf("got %v of a payload of another type, expected %s", err, job.ErrorInvalidInput)
	}
}

func TestItemsAreSentTenAtATime(t *testing.T) {
	for n, expected := range map[int][]int{0: nil, 1: {1}, 10: {10}, 25: {10, 10, 5}} {
		client := &queue{}
		sent, err := produce(t.Context(), &fanout.Queue{API: client, URL: url}, count(n, -1))
		if err != nil || sent.Sent != n || !slices.Equal(client.sizes, expected) {
			t.Errorf("%d items: got %d sent in requests of %v, and %v, expected requests of %v", n, sent.Sent, client.sizes, err, expected)
		}
		for i, body := range client.taken {
			if body != strconv.Itoa(i) {
				t.Errorf("got %s as message %d, expected the item's JSON", body, i)
			}
		}
	}
}

func TestARequestHasAtMostOneMebibyte(t *testing.T) {
	client := &queue{}
	sent, err := fanout.Send(context.Background(), &fanout.Queue{API: client, URL: url}, func(yield func(string, error) bool) {
		for _, bytes := range []int{1 << 20, 1, 600_000, 400_000, 100_000} {
			if !yield(strings.Repeat("x", bytes-len(`""`)+bytes%2), nil) { // the odd one is 2 bytes long
				return
			}
		}
	})
	if expected := []int{1, 3, 1}; err != nil || sent != 5 || !slices.Equal(client.sizes, expected) {
		t.Errorf("got %d sent in requests of %v and %v, expected requests of %v", sent, client.sizes, err, expected)
	}
}

func TestOnlyRefusedMessagesAreSentAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := &queue{refusals: map[string]int{"3": 1, "7": 2, "12": 5}}
		began := time.Now()
		sent, err := produce(t.Context(), &fanout.Queue{API: client, URL: url}, count(15, -1))
		if expected := []int{10, 2, 1, 5, 1, 1, 1, 1, 1}; err != nil || sent.Sent != 15 || !slices.Equal(client.sizes, expected) {
			t.Errorf("got %d sent in requests of %v and %v, expected requests of %v", sent.Sent, client.sizes, err, expected)
		}
		slices.Sort(client.taken)
		if len(slices.Compact(client.taken)) != 15 {
			t.Errorf("got %v, expected each message once", client.taken)
		}
		if took, expected := time.Since(began), 3400*time.Millisecond; took != expected { // 0.1 and 0.2, then 0.1 to 1.6
			t.Errorf("got pauses of %s, expected %s", took, expected)
		}
	})
}

func TestSendReturnsTheErrorAndHowManyWereSent(t *testing.T) {
	for name, c := range map[string]struct {
		client         *queue
		url            string
		bad            int
		sent, requests int
		kind, expected string
	}{
		"of the items":                     {&queue{}, url, 15, 10, 1, "NoConnection", "after 10 messages: no connection"},
		"of a message to the last try":     {&queue{refusals: map[string]int{"12": 6}}, url, -1, 19, 7, "", "after 19 messages: sending 1 more to https://queue: 1 refused at attempt 6, one of them with InternalError: try again"},
		"of a message that is never taken": {&queue{refusals: map[string]int{"12": 1}, blame: true}, url, -1, 19, 2, "", "1 refused at attempt 1"},
		"of a request":                     {&queue{}, "https://other", -1, 0, 0, "", "after 0 messages: sending 10 more to https://other: no such queue"},
	} {
		synctest.Test(t, func(t *testing.T) {
			_, err := produce(t.Context(), &fanout.Queue{API: c.client, URL: c.url}, count(25, c.bad))
			named, ok := errors.AsType[messages.InvokeResponse_Error](err)
			if !ok || c.kind != "" && named.Type != c.kind {
				t.Fatalf("%s: got the error %v, expected one with the type %q", name, err, c.kind)
			}
			if prefix := "after " + number.Of(c.sent, "message") + ": "; !strings.HasPrefix(named.Message, prefix) || !strings.Contains(named.Message, c.expected) || len(c.client.sizes) != c.requests {
				t.Errorf("%s: got %q by %d requests, expected %q and %q by %d", name, named.Message, len(c.client.sizes), prefix, c.expected, c.requests)
			}
		})
	}
}

func TestAnItemThatIsNoMessageIsNamed(t *testing.T) {
	for expected, item := range map[string]any{
		"after 0 messages: item 2, counted from 1: got 1048579 bytes of JSON, expected at most 1048576": strings.Repeat("x", 1<<20+1),
		"after 0 messages: item 2, counted from 1: json: unsupported type":                              func() {},
	} {
		sent, err := fanout.Send(context.Background(), &fanout.Queue{API: &queue{}, URL: url}, func(yield func(any, error) bool) {
			_ = yield(1, nil) && yield(item, nil)
		})
		if sent != 0 || err == nil || !strings.HasPrefix(err.Error(), expected) {
			t.Errorf("got %d sent and %v, expected %q", sent, err, expected)
		}
	}
}

func TestSendEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 150*time.Millisecond)
		defer cancel()
		client := &queue{refusals: map[string]int{"0": 9}}
		sent, err := fanout.Send(ctx, &fanout.Queue{API: client, URL: url}, count(3, -1)(ctx, ""))
		if sent != 2 || !errors.Is(err, context.DeadlineExceeded) || !slices.Equal(client.sizes, []int{3, 1}) {
			t.Errorf("got %d sent by requests of %v and %v, expected two, and the end of the time", sent, client.sizes, err)
		}
	})
}
