package job_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mapjob/mapjob/job"
	"github.com/mapjob/mapjob/job/jobtest"
)

func TestEachMessageFailsOnItsOwn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		log := &bytes.Buffer{}
		var tries atomic.Int32
		h := job.Queue(func(ctx context.Context, deed string) error {
			switch deed {
			case "panic":
				panic("boom")
			case "named":
				return job.Errorf("InvalidOrder", "quantity must be positive, got %d", -3)
			case "busy":
				tries.Add(1)
				return job.Retryable(errors.New("busy"))
			case "info":
				if i := job.InfoOf(ctx); i.Name != "test" || i.Index != 4 || i.Execution != "arn:aws:sqs:us-east-1:123456789012:test" {
					return job.Errorf("WrongInfo", "got %+v", i)
				}
			}
			return nil
		}, job.Tries(2), job.WithLogger(slog.New(slog.NewJSONHandler(log, nil))))
		if failed := jobtest.Queue(t, h, "a", "panic", "named", "busy", "info", 7, "b"); !slices.Equal(failed, []int{1, 2, 3, 5}) {
			t.Errorf("got %v failed, expected 1, 2, 3 and 5", failed)
		}
		if tries.Load() != 2 {
			t.Errorf("got %d tries of what is retryable, expected two", tries.Load())
		}
		names := map[string]string{}
		for line := range strings.Lines(log.String()) {
			var entry struct{ Msg, Error, MessageID, ReceiveCount string }
			if err := json.Unmarshal([]byte(line), &entry); err != nil {
				t.Fatalf("%v in %s", err, line)
			}
			if entry.Msg == "item failed" && entry.ReceiveCount == "1" {
				names[entry.MessageID] = entry.Error
			}
		}
		for id, expected := range map[string]string{"message-1": "MapJob.Panic", "message-2": "InvalidOrder", "message-3": "Error", "message-5": "MapJob.InvalidInput"} {
			if names[id] != expected {
				t.Errorf("got %q in the log for %s, expected %s", names[id], id, expected)
			}
		}
		if failed := jobtest.Queue(t, h, "a", "b"); failed != nil {
			t.Errorf("got %v failed, expected none", failed)
		}
	})
}

func TestAQueueWorkerAnswersBeforeTheDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		defer outlast()
		h := job.Queue(job.IgnoreResult(func(ctx context.Context, deed string) (string, error) {
			if deed == "slow" {
				time.Sleep(time.Minute)
			}
			return deed, nil
		}), silent)
		if failed := (jobtest.Call{Timeout: time.Second}).Queue(t, h, "quick", "slow", "never begun"); !slices.Equal(failed, []int{1, 2}) {
			t.Errorf("got %v failed, expected those that were not done", failed)
		}
	})
}

func TestAQueueWorkerWorksConcurrently(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var running, most atomic.Int32
		h := job.Queue(func(context.Context, int) error {
			most.Store(max(most.Load(), running.Add(1)))
			time.Sleep(5 * time.Millisecond)
			running.Add(-1)
			return nil
		}, job.Concurrency(4), silent)
		jobtest.Queue(t, h, 0, 1, 2, 3, 4, 5, 6, 7)
		if n := most.Load(); n != 4 {
			t.Errorf("got %d items at once, expected four", n)
		}
	})
}

func TestAQueueWorkerAnswersInTheFormThatLambdaReads(t *testing.T) {
	t.Parallel()
	h := job.Queue(func(_ context.Context, n int) error {
		if n < 0 {
			return errors.New("negative")
		}
		return nil
	}, silent)
	for bodies, expected := range map[string]string{
		`{"messageId": "a", "body": "1"}`:                                   `{"batchItemFailures":[]}`,
		`{"messageId": "a", "body": "-1"}, {"messageId": "b", "body": "2"}`: `{"batchItemFailures":[{"itemIdentifier":"a"}]}`,
		`{"messageId": "a", "body": "not JSON"}`:                            `{"batchItemFailures":[{"itemIdentifier":"a"}]}`,
	} {
		if got := invoke(t, h, `{"Records": [`+bodies+`]}`); got != expected {
			t.Errorf("%s: got %s, expected %s", bodies, got, expected)
		}
	}
	for _, payload := range []string{`"hello"`, `{}`, `{"Records": []}`, `{"Records": [{"body": "1"}]}`, `[`} {
		if err := refused(t, h, payload); err.Type != job.ErrorInvalidInput || !strings.Contains(err.Message, "the event of an SQS queue") {
			t.Errorf("%s: got %s: %s, expected %s and what is expected", payload, err.Type, err.Message, job.ErrorInvalidInput)
		}
	}
}
