package sqs_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mapjob/mapjob/internal/sqs"
)

// queue is the queue "q" of a service, whose dead-letter queue is "dead".
type queue struct {
	t       *testing.T
	service *sqs.Service
	last    []sqs.Message // the messages of the latest receive
}

func newQueue(t *testing.T, attributes map[string]string) *queue {
	t.Helper()
	q := &queue{t: t, service: sqs.New(sqs.Options{})}
	for name, attributes := range map[string]map[string]string{"q": attributes, "dead": nil} {
		if err := q.service.CreateQueue(name, attributes); err != nil {
			t.Fatal(err)
		}
	}
	return q
}

// do performs one request of the API. It returns the answer or the name of the
// error.
func (q *queue) do(operation, parameters string) (map[string]any, string) {
	q.t.Helper()
	answer, refused := q.service.Do(q.t.Context(), operation, []byte(parameters))
	if refused != nil {
		return nil, refused.Name
	}
	return asObject(q.t, answer), ""
}

func (q *queue) send(bodies ...string) {
	q.t.Helper()
	for _, body := range bodies {
		if _, err := q.service.Send("q", body, nil); err != nil {
			q.t.Fatal(err)
		}
	}
}

// receive receives up to ten messages of a queue and returns, of each, the body
// followed by the number of receives. more holds further parameters.
func (q *queue) receive(name string, more string) string {
	q.t.Helper()
	answer, refused := q.do("ReceiveMessage", `{"QueueUrl": "http://x/1/`+name+`", "MaxNumberOfMessages": 10, "MessageSystemAttributeNames": ["All"]`+more+`}`)
	if refused != "" {
		return refused
	}
	q.last = nil
	var texts []string
	for _, m := range answer["Messages"].([]any) {
		m := m.(map[string]any)
		q.last = append(q.last, sqs.Message{Queue: name, Handle: m["ReceiptHandle"].(string), ID: m["MessageId"].(string)})
		texts = append(texts, fmt.Sprint(m["Body"], m["Attributes"].(map[string]any)["ApproximateReceiveCount"]))
	}
	return strings.Join(texts, " ")
}

func (q *queue) delete(messages ...sqs.Message) {
	q.t.Helper()
	if err := q.service.Delete(messages...); err != nil {
		q.t.Fatal(err)
	}
}

// counts returns the numbers of messages: visible/in flight/delayed.
func (q *queue) counts(name string) string {
	q.t.Helper()
	c, err := q.service.Counts(name)
	if err != nil {
		q.t.Fatal(err)
	}
	return fmt.Sprintf("%d/%d/%d", c.Visible, c.InFlight, c.Delayed)
}

func (q *queue) expect(what, got, expected string) {
	q.t.Helper()
	if got != expected {
		q.t.Errorf("%s: got %q, expected %q", what, got, expected)
	}
}

func TestSemantics(t *testing.T) {
	t.Parallel()
	redrive := map[string]string{"VisibilityTimeout": "30",
		"RedrivePolicy": `{"deadLetterTargetArn": "arn:aws:sqs:us-east-1:123456789012:dead", "maxReceiveCount": 2}`}
	for name, c := range map[string]struct {
		attributes map[string]string
		story      func(q *queue)
	}{
		"a received message is invisible until its visibility timeout ends": {nil, func(q *queue) {
			q.send("a", "b")
			q.expect("first", q.receive("q", ""), "a1 b1")
			q.expect("at once", q.receive("q", ""), "")
			q.expect("counts", q.counts("q"), "0/2/0")
			time.Sleep(30*time.Second - time.Nanosecond)
			q.expect("just before the timeout", q.receive("q", ""), "")
			time.Sleep(time.Nanosecond)
			q.expect("counts after the timeout", q.counts("q"), "2/0/0")
			q.expect("after the timeout", q.receive("q", ""), "a2 b2")
		}},
		"a deleted message does not come again": {nil, func(q *queue) {
			q.send("a", "b")
			q.receive("q", "")
			q.delete(q.last[0])
			q.delete(q.last[0]) // a second delete is no error
			time.Sleep(time.Minute)
			q.expect("after the timeout", q.receive("q", ""), "b2")
		}},
		"the handle of an earlier delivery deletes nothing": {nil, func(q *queue) {
			q.send("a")
			q.receive("q", "")
			stale := q.last[0]
			time.Sleep(time.Minute)
			q.expect("again", q.receive("q", ""), "a2")
			q.delete(stale)
			q.expect("after the stale delete", q.counts("q"), "0/1/0")
			q.delete(q.last[0])
			q.expect("after the delete", q.counts("q"), "0/0/0")
		}},
		"a handle is valid after the timeout until the message is received again": {nil, func(q *queue) {
			q.send("a")
			q.receive("q", "")
			time.Sleep(time.Minute)
			q.delete(q.last[0])
			q.expect("after the delete", q.counts("q"), "0/0/0")
		}},
		"a handle of another queue is not valid": {nil, func(q *queue) {
			q.send("a")
			q.receive("q", "")
			for _, handle := range []string{"", "nonsense", q.last[0].Handle} {
				var e *sqs.Error
				if err := q.service.Delete(sqs.Message{Queue: "dead", Handle: handle}); !errors.As(err, &e) || e.Name != "ReceiptHandleIsInvalid" {
					q.t.Errorf("got %v for %q, expected ReceiptHandleIsInvalid", err, handle)
				}
			}
		}},
		"the visibility timeout of a message can be changed": {nil, func(q *queue) {
			q.send("a")
			q.receive("q", `, "VisibilityTimeout": 100`)
			m := q.last[0]
			change := func(seconds int) string {
				_, refused := q.do("ChangeMessageVisibility", fmt.Sprintf(`{"QueueUrl": "http://x/q", "ReceiptHandle": %q, "VisibilityTimeout": %d}`, m.Handle, seconds))
				return refused
			}
			time.Sleep(99 * time.Second)
			q.expect("extend the timeout", change(60), "")
			time.Sleep(59 * time.Second)
			q.expect("after the first timeout", q.receive("q", ""), "")
			q.expect("more than twelve hours in all", change(43200), "InvalidParameterValue")
			q.expect("end the timeout", change(0), "")
			q.expect("counts", q.counts("q"), "1/0/0")
			q.expect("change a visible message", change(10), "MessageNotInflight")
			q.delete(m)
			q.expect("change a deleted message", change(10), "InvalidParameterValue")
		}},
		"a message that was received too often moves to the dead-letter queue": {redrive, func(q *queue) {
			q.send("a")
			q.expect("first", q.receive("q", ""), "a1")
			time.Sleep(time.Minute)
			q.expect("second", q.receive("q", ""), "a2")
			id := q.last[0].ID
			time.Sleep(time.Minute)
			q.expect("before the next receive", q.counts("q")+" "+q.counts("dead"), "1/0/0 0/0/0")
			q.expect("third", q.receive("q", ""), "")
			q.expect("after the third receive", q.counts("q")+" "+q.counts("dead"), "0/0/0 1/0/0")
			dead, err := q.service.Messages("dead")
			if err != nil || dead[0].ID != id || dead[0].DeadLetterOf != q.service.ARN("q") {
				q.t.Errorf("got %+v and error %v, expected the message with its ID and the ARN of its queue", dead, err)
			}
		}},
		"a message stays if the dead-letter queue does not exist": {map[string]string{"RedrivePolicy": `{"deadLetterTargetArn": "arn:aws:sqs:us-east-1:123456789012:gone", "maxReceiveCount": "1"}`}, func(q *queue) {
			q.send("a")
			q.receive("q", "")
			time.Sleep(time.Minute)
			q.expect("second", q.receive("q", ""), "a2")
		}},
		"a queue can delay messages": {map[string]string{"DelaySeconds": "10"}, func(q *queue) {
			q.send("a")
			q.do("SendMessage", `{"QueueUrl": "http://x/q", "MessageBody": "at once", "DelaySeconds": 0}`)
			q.do("SendMessage", `{"QueueUrl": "http://x/q", "MessageBody": "late", "DelaySeconds": 900}`)
			q.expect("counts", q.counts("q"), "1/0/2")
			q.expect("at once", q.receive("q", ""), "at once1")
			time.Sleep(10 * time.Second)
			q.expect("after the delay", q.receive("q", ""), "a1")
		}},
		"messages expire even if they were received": {map[string]string{"MessageRetentionPeriod": "60", "VisibilityTimeout": "100"}, func(q *queue) {
			q.send("a", "b")
			time.Sleep(30 * time.Second)
			q.send("c")
			q.receive("q", `, "MaxNumberOfMessages": 1`)
			time.Sleep(30 * time.Second)
			q.expect("after a minute", q.counts("q"), "1/0/0")
			time.Sleep(30 * time.Second)
			q.expect("after another half minute", q.counts("q"), "0/0/0")
		}},
		"a long poll ends at the first message": {map[string]string{"ReceiveMessageWaitTimeSeconds": "20"}, func(q *queue) {
			began := time.Now()
			go func() {
				time.Sleep(7 * time.Second)
				q.send("a")
				q.do("SendMessage", `{"QueueUrl": "http://x/q", "MessageBody": "b", "DelaySeconds": 1}`)
			}()
			got := q.receive("q", "")
			if took := time.Since(began); took != 7*time.Second || got == "" {
				q.t.Errorf("got %q after %s, expected a message after 7s", got, took)
			}
			synctest.Wait()
			q.delete(q.last...)
			q.expect("a short poll, although the queue has long polls", q.receive("q", `, "WaitTimeSeconds": 0`), "")
			began = time.Now()
			q.expect("a delay that ends during a poll", q.receive("q", `, "VisibilityTimeout": 1`), "b1")
			q.expect("a visibility timeout that ends during a poll", q.receive("q", ""), "b2")
			q.expect("an empty long poll", q.receive("q", `, "WaitTimeSeconds": 3`), "")
			if took := time.Since(began); took != 5*time.Second {
				q.t.Errorf("got an end after %s, expected 5s: one, one and three", took)
			}
		}},
		"a purged queue is empty": {nil, func(q *queue) {
			q.send("a", "b", "c")
			q.receive("q", `, "MaxNumberOfMessages": 2`)
			purge := func() string { _, refused := q.do("PurgeQueue", `{"QueueUrl": "http://x/q"}`); return refused }
			q.expect("purge", purge(), "")
			q.expect("after the purge", q.counts("q"), "0/0/0")
			q.expect("purge again at once", purge(), "PurgeQueueInProgress")
			time.Sleep(time.Minute)
			q.expect("purge after a minute", purge(), "")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { c.story(newQueue(t, c.attributes)) })
		})
	}
}

func TestCreateQueueRefusesBadAttributes(t *testing.T) {
	t.Parallel()
	s := sqs.New(sqs.Options{})
	for name, attributes := range map[string]map[string]string{
		"a b": nil, "": nil, strings.Repeat("x", 81): nil, "x.fifo": nil,
		"fifo": {"FifoQueue": "true"}, "visibility": {"VisibilityTimeout": "43201"}, "delay": {"DelaySeconds": "901"}, "wait": {"ReceiveMessageWaitTimeSeconds": "21"},
		"short": {"MessageRetentionPeriod": "59"}, "long": {"MessageRetentionPeriod": "1209601"}, "number": {"DelaySeconds": "ten"},
		"size": {"MaximumMessageSize": "1048577"}, "redrive": {"RedrivePolicy": `{"deadLetterTargetArn": "arn:x:dead"}`}, "text": {"RedrivePolicy": "dead"},
	} {
		if err := s.CreateQueue(name, attributes); err == nil {
			t.Errorf("%q %v: got a queue, expected an error", name, attributes)
		}
	}
	var e *sqs.Error
	if err := s.CreateQueue("x.fifo", nil); !errors.As(err, &e) || !strings.Contains(e.Message, "x.fifo is a FIFO queue") {
		t.Errorf("got %v, expected an error that says that FIFO queues are not supported", err)
	}
	if _, err := s.Send("x.fifo", "a", nil); !errors.As(err, &e) || e.Name != "UnsupportedOperation" {
		t.Errorf("got %v, expected an error that says that FIFO queues are not supported", err)
	}
	for range 2 {
		if err := s.CreateQueue("twice", nil); err != nil && !strings.Contains(err.Error(), "QueueNameExists") {
			t.Error(err)
		}
	}
}

// TestTimeJumpsWhileNothingIsUnderWay runs in real time: visibility timeouts of
// hours must take seconds.
func TestTimeJumpsWhileNothingIsUnderWay(t *testing.T) {
	t.Parallel()
	q := newQueue(t, map[string]string{"VisibilityTimeout": "21600", "DelaySeconds": "600",
		"RedrivePolicy": `{"deadLetterTargetArn": "arn:aws:sqs:us-east-1:123456789012:dead", "maxReceiveCount": 3}`})
	consumer, err := q.service.Consumer("q")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	deliveries, ended := 0, make(chan struct{})
	go func() {
		defer close(ended)
		defer consumer.Close()
		for {
			messages, err := consumer.Receive(ctx, sqs.Receive{Max: 10, Wait: -1, Window: 300 * time.Second})
			if err != nil {
				return
			}
			deliveries++ // but deletes nothing
			if len(messages) != 2 {
				t.Errorf("got %d messages, expected both in the window", len(messages))
			}
		}
	}()
	began, then := time.Now(), q.service.Now()
	q.send("a")
	hold := q.service.Hold()
	woken := make(chan error)
	go func() {
		err := hold.Sleep(ctx, 2*time.Minute) // less than the window
		q.send("b")
		hold.End()
		woken <- err
	}()
	go func() { woken <- q.service.Drain(ctx) }()
	for range 2 {
		if err := <-woken; err != nil {
			t.Fatal(err)
		}
	}
	if deliveries < 3 || q.counts("q") != "0/0/0" || q.counts("dead") != "2/0/0" {
		t.Errorf("got %d deliveries, and %s %s, expected three and both messages in the dead-letter queue", deliveries, q.counts("q"), q.counts("dead"))
	}
	if passed, took := q.service.Now().Sub(then), time.Since(began); passed < 18*time.Hour || took > 5*time.Second {
		t.Errorf("got %s in %s, expected three timeouts of six hours in less than 5s", passed, took)
	}
	stop()
	<-ended
}

func TestTimeDoesNotJumpWhileSomethingIsUnderWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(t, nil)
		q.send("a")
		q.receive("q", "")
		hold := q.service.Hold()
		drained := make(chan error)
		began := time.Now()
		go func() { drained <- q.service.Drain(t.Context()) }()
		time.Sleep(10 * time.Second)
		if q.service.Now() != time.Now() {
			t.Errorf("got a jump to %s, expected none", q.service.Now())
		}
		hold.End()
		if err := <-drained; err != nil || time.Since(began) != 10*time.Second || q.service.Now().Sub(began) != 30*time.Second {
			t.Errorf("got error %v at %s, expected a jump from 10s to the end of the timeout at 30s", err, q.service.Now().Sub(began))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		defer q.service.Hold().End()
		if err := q.service.Drain(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, expected context.DeadlineExceeded", err)
		}
	})
}
