// Package jobtest calls a job's handlers as Lambda and Step Functions would,
// from a plain Go test:
//
//	outcomes := jobtest.Work(t, job.Work(invoices.Write), order, badOrder)
//
// It needs no AWS: the items and the results are in the payloads, as in an
// Inline job.
package jobtest

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/mapjob/mapjob/job"
	"github.com/mapjob/mapjob/job/report"
)

// Call is what a handler is told beside its payload. The zero Call is for a
// job "test" whose time is not limited.
type Call struct {
	Job       string
	Execution string        // the ARN
	StartedAt time.Time     // when the execution started
	RequestID string        // of the invocation
	Timeout   time.Duration // the function's; 0: there is none
	First     int           // the index of the first item of a batch

	// Context is what the handler's context is made of, with its values and
	// its end; nil: the background.
	Context context.Context
}

// Work has a worker handle the items as one batch.
func Work(t testing.TB, worker job.Handler, items ...any) []job.Outcome {
	t.Helper()
	return Call{}.Work(t, worker, items...)
}

// Start has a job start find the items for an execution with this input.
func Start[Item any](t testing.TB, starter job.Handler, input any) []Item {
	t.Helper()
	var answer struct{ Items []Item }
	Call{}.must(t, starter, map[string]any{"input": input}, &answer)
	return answer.Items
}

// Account is what a summary tells the state machine.
type Account struct {
	report.Items
	Errors map[string]int
	Output json.RawMessage // what the function gave to Summary.Output
}

// Summarize has a summary look at the outcomes of so many items.
func Summarize(t testing.TB, summary job.Handler, total int, outcomes ...job.Outcome) Account {
	t.Helper()
	var account Account
	Call{}.must(t, summary, map[string]any{
		"items": map[string]int{"count": total}, "results": append([]job.Outcome{}, outcomes...)}, &account)
	return account
}

// Work has a worker handle the items as one batch.
func (c Call) Work(t testing.TB, worker job.Handler, items ...any) []job.Outcome {
	t.Helper()
	list := make([]map[string]any, len(items))
	for i, item := range items {
		list[i] = map[string]any{"index": c.First + i, "item": item}
	}
	var outcomes []job.Outcome
	c.must(t, worker, map[string]any{"BatchInput": c.about(), "Items": list}, &outcomes)
	return outcomes
}

// about is what every function is told of the job.
func (c Call) about() map[string]any {
	name := c.Job
	if name == "" {
		name = "test"
	}
	return map[string]any{"job": map[string]any{"name": name, "startedAt": c.StartedAt}, "execution": c.Execution}
}

// must invokes a handler that is expected to answer.
func (c Call) must(t testing.TB, h job.Handler, payload map[string]any, into any) {
	t.Helper()
	if payload["BatchInput"] == nil {
		for name, v := range c.about() {
			payload[name] = v
		}
	}
	text, err := json.Marshal(payload)
	if err != nil {
		t.Fatalf("writing the payload: %v", err)
	}
	answer, err := c.Invoke(h, text)
	if err != nil {
		t.Fatalf("got error %v, expected an answer", err)
	}
	if err := json.Unmarshal(answer, into); err != nil {
		t.Fatalf("reading the answer %s: %v", answer, err)
	}
}

// Invoke invokes a handler with a payload, as Lambda does: with a request id,
// with a deadline where there is a Timeout, and with a name for every error.
func (c Call) Invoke(h job.Handler, payload []byte) ([]byte, error) {
	ctx := lambdacontext.NewContext(cmp.Or(c.Context, context.Background()), &lambdacontext.LambdaContext{AwsRequestID: c.RequestID})
	var over <-chan time.Time
	if c.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.Timeout)
		defer cancel()
		over = time.After(c.Timeout)
	}
	type end struct {
		answer []byte
		err    error
	}
	ended := make(chan end, 1)
	go func() {
		var e end
		defer func() {
			if p := recover(); p != nil {
				e = end{nil, messages.InvokeResponse_Error{Type: "Runtime.Panic", Message: fmt.Sprint(p)}}
			}
			ended <- e
		}()
		e.answer, e.err = h.Invoke(ctx, payload)
	}()
	select {
	case e := <-ended:
		return e.answer, e.err
	case <-over:
		return nil, messages.InvokeResponse_Error{Type: "Sandbox.Timedout",
			Message: fmt.Sprintf("Task timed out after %.2f seconds", c.Timeout.Seconds())}
	}
}

// Queue has a worker behind a queue handle the items as one batch of messages,
// and returns the indexes of those that failed.
func Queue(t testing.TB, worker job.Handler, items ...any) (failed []int) {
	t.Helper()
	return Call{}.Queue(t, worker, items...)
}

// Queue has a worker behind a queue handle the items as one batch of messages,
// and returns the indexes of those that failed.
func (c Call) Queue(t testing.TB, worker job.Handler, items ...any) (failed []int) {
	t.Helper()
	var event events.SQSEvent
	for i, item := range items {
		body, err := json.Marshal(item)
		if err != nil {
			t.Fatalf("writing item %d: %v", i, err)
		}
		event.Records = append(event.Records, events.SQSMessage{MessageId: fmt.Sprint("message-", i), Body: string(body), EventSource: "aws:sqs",
			EventSourceARN: "arn:aws:sqs:us-east-1:123456789012:test", Attributes: map[string]string{"ApproximateReceiveCount": "1"}})
	}
	payload, err := json.Marshal(event)
	if err != nil {
		t.Fatalf("writing the event: %v", err)
	}
	answer, err := c.Invoke(worker, payload)
	if err != nil {
		t.Fatalf("got error %v, expected an answer", err)
	}
	var response events.SQSEventResponse
	if err := json.Unmarshal(answer, &response); err != nil {
		t.Fatalf("reading the answer %s: %v", answer, err)
	}
	for _, failure := range response.BatchItemFailures {
		var i int
		if _, err := fmt.Sscanf(failure.ItemIdentifier, "message-%d", &i); err != nil {
			t.Fatalf("got the failure of %q, expected one of a message of the batch", failure.ItemIdentifier)
		}
		failed = append(failed, i)
	}
	return failed
}
