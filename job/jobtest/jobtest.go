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
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/job"
	"github.com/mapjob/mapjob/job/report"
)

// Call holds what a handler gets beside its payload. The zero Call is of a job
// named "test", whose functions have no timeout.
type Call struct {
	Job       string        // name; "" for "test"
	Execution string        // ARN; "" for that of an execution named "test"
	StartedAt time.Time     // when the execution started
	RequestID string        // of the invocation
	Timeout   time.Duration // of the function; 0 if there is none
	First     int           // index of the first item of a batch

	// Context is the parent of the handler's context; nil for
	// context.Background().
	Context context.Context
}

// Account is the answer of a summary to the state machine.
type Account struct {
	report.Items
	Errors map[string]int  // failed items by the error's name
	Output json.RawMessage // what the function gave to Summary.Output
}

// Start calls a job start with the input of an execution and returns its items.
// It fails the test if the job start fails.
func Start[Item any](t testing.TB, starter job.Handler, input any) []Item {
	t.Helper()
	text, err := json.Marshal(input)
	if err != nil {
		t.Fatalf("writing the input: %v", err)
	}
	c := Call{}
	var answer struct{ Items []Item }
	c.must(t, starter, protocol.StartRequest{Job: c.job(), Execution: c.execution(), Input: text}, &answer)
	return answer.Items
}

// Work calls a worker with a batch of the items and returns an outcome for each,
// in order. It fails the test if the invocation fails; items that fail have
// outcomes.
func Work(t testing.TB, worker job.Handler, items ...any) []job.Outcome {
	t.Helper()
	return Call{}.Work(t, worker, items...)
}

// Work calls a worker with a batch of the items and returns an outcome for each,
// in order. It fails the test if the invocation fails; items that fail have
// outcomes.
func (c Call) Work(t testing.TB, worker job.Handler, items ...any) []job.Outcome {
	t.Helper()
	batch := protocol.Batch[any]{BatchInput: c.batchInput(), Items: make([]protocol.Indexed[any], len(items))}
	for i, item := range items {
		batch.Items[i] = protocol.Indexed[any]{Index: c.First + i, Item: item}
	}
	var outcomes []job.Outcome
	c.must(t, worker, batch, &outcomes)
	return outcomes
}

// Summarize calls a summary of a job with a number of items, some of which have
// outcomes, and returns its account. The summary writes no report, but it writes
// metrics: see job.WithMetrics. Summarize fails the test if the summary fails.
func Summarize(t testing.TB, summary job.Handler, items int, outcomes ...job.Outcome) Account {
	t.Helper()
	return Call{}.Summarize(t, summary, items, outcomes...)
}

// Summarize calls a summary of a job with a number of items, some of which have
// outcomes, and returns its account. The summary writes no report, but it writes
// metrics: see job.WithMetrics. Summarize fails the test if the summary fails.
func (c Call) Summarize(t testing.TB, summary job.Handler, items int, outcomes ...job.Outcome) Account {
	t.Helper()
	results, err := json.Marshal(append([]job.Outcome{}, outcomes...))
	if err != nil {
		t.Fatalf("writing the outcomes: %v", err)
	}
	var account Account
	c.must(t, summary, protocol.SummaryRequest{Job: c.job(), Execution: c.execution(), Input: json.RawMessage("{}"),
		Items: protocol.Items{Count: &items}, Results: results}, &account)
	return account
}

func (c Call) job() protocol.Job {
	return protocol.Job{Name: cmp.Or(c.Job, "test"), StartedAt: c.StartedAt}
}

func (c Call) execution() string {
	return cmp.Or(c.Execution, "arn:aws:states:us-east-1:123456789012:execution:test:test")
}

func (c Call) batchInput() protocol.BatchInput {
	return protocol.BatchInput{Job: c.job(), Execution: c.execution()}
}

// must invokes a handler that is expected to answer.
func (c Call) must(t testing.TB, h job.Handler, payload, into any) {
	t.Helper()
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

// Invoke invokes a handler with a payload, as Lambda does: with a request ID, with
// a deadline if there is a Timeout, and with a name for every error. [job.NameOf]
// returns that name.
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
		e := end{nil, messages.InvokeResponse_Error{Type: "Runtime.ExitError", Message: "the handler ended its goroutine"}}
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

// Queue calls a worker behind a queue with a batch of messages, one for each
// item, and returns the positions of those that failed. It fails the test if the
// invocation fails.
func Queue(t testing.TB, worker job.Handler, items ...any) (failed []int) {
	t.Helper()
	return Call{}.Queue(t, worker, items...)
}

// Queue calls a worker behind a queue with a batch of messages, one for each
// item, and returns the positions of those that failed. It fails the test if the
// invocation fails.
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
	var response events.SQSEventResponse
	c.must(t, worker, event, &response)
	for _, failure := range response.BatchItemFailures {
		var i int
		if _, err := fmt.Sscanf(failure.ItemIdentifier, "message-%d", &i); err != nil {
			t.Fatalf("got the failure of %q, expected one of a message of the batch", failure.ItemIdentifier)
		}
		failed = append(failed, i)
	}
	return failed
}
