package invocation

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/mapjob/mapjob/internal/lambdahost"
	"github.com/mapjob/mapjob/internal/sqs"
)

// host answers one invocation after the other: with a throttle, with a
// function's error, or with success when the list is over.
type host struct{ answers []string }

func (h *host) Invoke(context.Context, string, []byte) (*lambdahost.Response, error) {
	if len(h.answers) == 0 {
		return &lambdahost.Response{Payload: []byte(`"done"`)}, nil
	}
	answer := h.answers[0]
	h.answers = h.answers[1:]
	switch answer {
	case "throttle":
		return nil, &lambdahost.Error{Code: "TooManyRequestsException"}
	case "fail":
		return &lambdahost.Response{FunctionError: "Unhandled", Payload: []byte(`{"errorMessage": "no luck"}`)}, nil
	}
	return nil, errors.New(answer)
}

func newInvoker(t *testing.T, h *host) *Invoker {
	t.Helper()
	queues := sqs.New(sqs.Options{})
	if err := queues.CreateQueue("Queue", nil); err != nil {
		t.Fatal(err)
	}
	v := New(Options{Host: h, Queues: queues, Concurrency: 1})
	t.Cleanup(v.Close)
	return v
}

func TestTriesOfAnEvent(t *testing.T) {
	for name, test := range map[string]struct {
		answers  []string
		retries  int
		expected EventResult
		took     time.Duration
	}{
		"success":               {nil, 2, EventResult{Condition: "Success", Tries: 1, Answer: []byte(`"done"`)}, 0},
		"the last retry":        {[]string{"fail", "fail"}, 2, EventResult{Condition: "Success", Tries: 3, Answer: []byte(`"done"`)}, 3 * time.Minute},
		"a throttle is no try":  {[]string{"throttle", "throttle", "fail", "throttle"}, 1, EventResult{Condition: "Success", Tries: 2, Answer: []byte(`"done"`)}, 1*time.Second + 2*time.Second + time.Minute + 4*time.Second},
		"no host":               {[]string{"closed"}, 2, EventResult{Err: errors.New("closed")}, 0},
		"a failure, no retries": {[]string{"fail"}, 0, EventResult{Condition: "RetriesExhausted", Tries: 1, FunctionError: "Unhandled", Answer: []byte(`{"errorMessage": "no luck"}`)}, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			v := newInvoker(t, &host{answers: test.answers})
			ended, err := v.Event(EventConfig{Function: "f", Retries: test.retries, MaxAge: time.Hour}, []byte(`{}`))
			if err != nil {
				t.Fatal(err)
			}
			if err := v.queues.Drain(t.Context()); err != nil {
				t.Fatal(err)
			}
			r := <-ended
			sameError := cmp.Comparer(func(x, y error) bool { return (x == nil) == (y == nil) && (x == nil || x.Error() == y.Error()) })
			if diff := cmp.Diff(test.expected, r, cmpopts.IgnoreFields(EventResult{}, "Began", "Ended"), sameError); diff != "" {
				t.Errorf("%s (-expected +got):\n%s", name, diff)
			}
			if took := r.Ended.Sub(r.Began); took != test.took {
				t.Errorf("%s: got an end after %s, expected %s", name, took, test.took)
			}
		})
	}
}

func TestAnEventThatIsTooOldIsNotRetried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newInvoker(t, &host{answers: []string{"fail", "fail", "fail"}})
		ended, err := v.Event(EventConfig{Function: "f", ARN: "arn", Retries: 2, MaxAge: 90 * time.Second, OnFailure: "arn:aws:sqs:us-east-1:123456789012:Queue"}, []byte(`{"n":1}`))
		if err != nil {
			t.Fatal(err)
		}
		if err := v.queues.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		if r := <-ended; r.Condition != "EventAgeExceeded" || r.Tries != 2 {
			t.Errorf("got %s after %d tries, expected EventAgeExceeded after two", r.Condition, r.Tries)
		}
		messages, err := v.queues.Messages("Queue")
		if err != nil || len(messages) != 1 {
			t.Fatalf("got %d messages and error %v, expected the record", len(messages), err)
		}
		var record struct {
			RequestPayload  any
			ResponsePayload struct{ ErrorMessage string }
			RequestContext  struct {
				FunctionArn, Condition string
				ApproximateInvokeCount int
			}
		}
		if err := json.Unmarshal([]byte(messages[0].Body), &record); err != nil {
			t.Fatal(err)
		}
		if record.ResponsePayload.ErrorMessage != "no luck" || record.RequestContext.FunctionArn != "arn:$LATEST" ||
			record.RequestContext.Condition != "EventAgeExceeded" || record.RequestContext.ApproximateInvokeCount != 2 {
			t.Errorf("got the record %s, expected the event and its end", messages[0].Body)
		}
	})
}

func TestMessagesWaitForAFunctionThatIsThrottled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newInvoker(t, &host{answers: []string{"throttle", "throttle"}})
		var deliveries []Delivery
		v.delivered = func(d Delivery) { deliveries = append(deliveries, d) }
		if _, err := v.queues.Send("Queue", "hello", nil); err != nil {
			t.Fatal(err)
		}
		if err := v.Poll(Mapping{Queue: "Queue", Function: "f"}); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if err := v.queues.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(deliveries) != 1 || len(deliveries[0].Failed) != 0 || deliveries[0].Err != nil || time.Since(began) < 150*time.Millisecond {
			t.Errorf("got %v after %s, expected one delivery after two throttles", deliveries, time.Since(began))
		}
		v.Close() // in the bubble
	})
}
