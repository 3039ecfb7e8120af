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

// queue is a queue of the tests, whose time is that of a synctest bubble.
type queue struct {
	*testing.T
	*sqs.Service
	last []sqs.Message // that were received, the latest receive's
}

func newQueue(t *testing.T, attributes map[string]string) *queue {
	t.Helper()
	q := &queue{T: t, Service: sqs.New(sqs.Options{})}
	for name, attributes := range map[string]map[string]string{"q": attributes, "dead": nil} {
		if err := q.CreateQueue(name, attributes); err != nil {
			t.Fatal(err)
		}
	}
	return q
}

// do is one request of the API.
func (q *queue) do(operation, parameters string) (map[string]any, string) {
	q.Helper()
	answer, refused := q.Do(q.Context(), operation, []byte(parameters))
	if refused != nil {
		return nil, refused.Name
	}
	return asObject(q.T, answer), ""
}

func (q *queue) send(bodies ...string) {
	q.Helper()
	for _, body := range bodies {
		if _, err := q.Send("q", body, nil); err != nil {
			q.Fatal(err)
		}
	}
}

// receive receives up to ten messages of a queue, and returns their bodies with
// how often they were received.
func (q *queue) receive(name string, more string) string {
	q.Helper()
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
	q.Helper()
	if err := q.Delete(messages...); err != nil {
		q.Fatal(err)
	}
}

// counts are visible/in flight/delayed.
func (q *queue) counts(name string) string {
	q.Helper()
	c, err := q.Counts(name)
	if err != nil {
		q.Fatal(err)
	}
	return fmt.Sprintf("%d/%d/%d", c.Visible, c.InFlight, c.Delayed)
}

func (q *queue) expect(what, got, expected string) {
	q.Helper()
	if got != expected {
		q.Errorf("%s: got %q, expected %q", what, got, expected)
	}
}

func TestSemantics(t *testing.T) {
	redrive := map[string]string{"VisibilityTimeout": "30",
		"RedrivePolicy": `{"deadLetterTargetArn": "arn:aws:sqs:us-east-1:123456789012:dead", "maxReceiveCount": 2}`}
	for name, c := range map[string]struct {
		attributes map[string]string
		story      func(q *queue)
	}{
		"a message is invisible while it is worked on, and comes again": {nil, func(q *queue) {
			q.send("a", "b")
			q.expect("first", q.receive("q", ""), "a1 b1")
			q.expect("at once", q.receive("q", ""), "")
			q.expect("counts", q.counts("q"), "0/2/0")
			time.Sleep(30*time.Second - 1)
			q.expect("a moment before", q.receive("q", ""), "")
			time.Sleep(time.Nanosecond)
			q.expect("counts then", q.counts("q"), "2/0/0")
			q.expect("then", q.receive("q", ""), "a2 b2")
		}},
		"a deleted message does not come again": {nil, func(q *queue) {
			q.send("a", "b")
			q.receive("q", "")
			q.delete(q.last[0])
			q.delete(q.last[0]) // twice is not an error
			time.Sleep(time.Minute)
			q.expect("then", q.receive("q", ""), "b2")
		}},
		"a handle of an earlier delivery deletes nothing": {nil, func(q *queue) {
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
		"a handle stays good when the timeout is over and nobody has received": {nil, func(q *queue) {
			q.send("a")
			q.receive("q", "")
			time.Sleep(time.Minute)
			q.delete(q.last[0])
			q.expect("then", q.counts("q"), "0/0/0")
		}},
		"a handle of another queue is none": {nil, func(q *queue) {
			q.send("a")
			q.receive("q", "")
			for _, handle := range []string{"", "nonsense", q.last[0].Handle} {
				var e *sqs.Error
				if err := q.Delete(sqs.Message{Queue: "dead", Handle: handle}); !errors.As(err, &e) || e.Name != "ReceiptHandleIsInvalid" {
					q.Errorf("got %v for %q, expected ReceiptHandleIsInvalid", err, handle)
				}
			}
		}},
		"the visibility of a message can be changed": {nil, func(q *queue) {
			q.send("a")
			q.receive("q", `, "VisibilityTimeout": 100`)
			m := q.last[0]
			change := func(seconds int) string {
				_, refused := q.do("ChangeMessageVisibility", fmt.Sprintf(`{"QueueUrl": "http://x/q", "ReceiptHandle": %q, "VisibilityTimeout": %d}`, m.Handle, seconds))
				return refused
			}
			time.Sleep(99 * time.Second)
			q.expect("longer", change(60), "")
			time.Sleep(59 * time.Second)
			q.expect("longer than at first", q.receive("q", ""), "")
			q.expect("no longer than twelve hours in all", change(43200), "InvalidParameterValue")
			q.expect("at once", change(0), "")
			q.expect("it is visible", q.counts("q"), "1/0/0")
			q.expect("what is visible can't be changed", change(10), "MessageNotInflight")
			q.delete(m)
			q.expect("what is gone can't be changed", change(10), "InvalidParameterValue")
		}},
		"a message that was received too often is a dead letter": {redrive, func(q *queue) {
			q.send("a")
			q.expect("first", q.receive("q", ""), "a1")
			time.Sleep(time.Minute)
			q.expect("second", q.receive("q", ""), "a2")
			id := q.last[0].ID
			time.Sleep(time.Minute)
			q.expect("it is there until somebody receives", q.counts("q")+" "+q.counts("dead"), "1/0/0 0/0/0")
			q.expect("third", q.receive("q", ""), "")
			q.expect("it has moved", q.counts("q")+" "+q.counts("dead"), "0/0/0 1/0/0")
			dead, err := q.Messages("dead")
			if err != nil || dead[0].ID != id || dead[0].DeadLetterOf != q.ARN("q") {
				q.Errorf("got %+v and error %v, expected the message with its ID, and the queue that it comes from", dead, err)
			}
		}},
		"without its dead-letter queue a message stays": {map[string]string{"RedrivePolicy": `{"deadLetterTargetArn": "arn:aws:sqs:us-east-1:123456789012:gone", "maxReceiveCount": "1"}`}, func(q *queue) {
			q.send("a")
			q.receive("q", "")
			time.Sleep(time.Minute)
			q.expect("second", q.receive("q", ""), "a2")
		}},
		"a queue can delay": {map[string]string{"DelaySeconds": "10"}, func(q *queue) {
			q.send("a")
			q.do("SendMessage", `{"QueueUrl": "http://x/q", "MessageBody": "at once", "DelaySeconds": 0}`)
			q.do("SendMessage", `{"QueueUrl": "http://x/q", "MessageBody": "late", "DelaySeconds": 900}`)
			q.expect("counts", q.counts("q"), "1/0/2")
			q.expect("at once", q.receive("q", ""), "at once1")
			time.Sleep(10 * time.Second)
			q.expect("then", q.receive("q", ""), "a1")
		}},
		"messages expire, received or not": {map[string]string{"MessageRetentionPeriod": "60", "VisibilityTimeout": "100"}, func(q *queue) {
			q.send("a", "b")
			time.Sleep(30 * time.Second)
			q.send("c")
			q.receive("q", `, "MaxNumberOfMessages": 1`)
			time.Sleep(30 * time.Second)
			q.expect("after a minute", q.counts("q"), "1/0/0")
			time.Sleep(30 * time.Second)
			q.expect("after another half", q.counts("q"), "0/0/0")
		}},
		"a long poll ends with the first message": {map[string]string{"ReceiveMessageWaitTimeSeconds": "20"}, func(q *queue) {
			began := time.Now()
			go func() {
				time.Sleep(7 * time.Second)
				q.send("a")
				q.do("SendMessage", `{"QueueUrl": "http://x/q", "MessageBody": "b", "DelaySeconds": 1}`)
			}()
			got := q.receive("q", "")
			if took := time.Since(began); took != 7*time.Second || got == "" {
				q.Errorf("got %q after %s, expected a message after 7s", got, took)
			}
			synctest.Wait()
			q.delete(q.last...)
			q.expect("a short poll in spite of the queue", q.receive("q", `, "WaitTimeSeconds": 0`), "")
			began = time.Now()
			q.expect("a delay ends in a poll too", q.receive("q", `, "VisibilityTimeout": 1`), "b1")
			q.expect("and so does a visibility timeout", q.receive("q", ""), "b2")
			q.expect("an empty long poll", q.receive("q", `, "WaitTimeSeconds": 3`), "")
			if took := time.Since(began); took != 5*time.Second {
				q.Errorf("got an end after %s, expected a second, another, and three", took)
			}
		}},
		"a purged queue is empty": {nil, func(q *queue) {
			q.send("a", "b", "c")
			q.receive("q", `, "MaxNumberOfMessages": 2`)
			purge := func() string { _, refused := q.do("PurgeQueue", `{"QueueUrl": "http://x/q"}`); return refused }
			q.expect("purge", purge(), "")
			q.expect("then", q.counts("q"), "0/0/0")
			q.expect("again", purge(), "PurgeQueueInProgress")
			time.Sleep(time.Minute)
			q.expect("a minute later", purge(), "")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { c.story(newQueue(t, c.attributes)) })
		})
	}
}

func TestBadQueues(t *testing.T) {
	s := sqs.New(sqs.Options{})
	for name, attributes := range map[string]map[string]string{
		"a b": nil, "": nil, strings.Repeat("x", 81): nil, "x.fifo": nil,
		"fifo": {"FifoQueue": "true"}, "visibility": {"VisibilityTimeout": "43201"}, "delay": {"DelaySeconds": "901"}, "wait": {"ReceiveMessageWaitTimeSeconds": "21"},
		"short": {"MessageRetentionPeriod": "59"}, "long": {"MessageRetentionPeriod": "1209601"}, "number": {"DelaySeconds": "ten"},
		"size": {"MaximumMessageSize": "1048577"}, "redrive": {"RedrivePolicy": `{"deadLetterTargetArn": "arn:x:dead"}`}, "text": {"RedrivePolicy": "dead"},
	} {
		if err := s.CreateQueue(name, attributes); err == nil {
			t.Errorf("%q %v: got a queue, expected it to be refused", name, attributes)
		}
	}
	var e *sqs.Error
	if err := s.CreateQueue("x.fifo", nil); !errors.As(err, &e) || !strings.Contains(e.Message, "x.fifo is a FIFO queue") {
		t.Errorf("got %v, expected it to say that FIFO queues are not here", err)
	}
	if _, err := s.Send("x.fifo", "a", nil); !errors.As(err, &e) || e.Name != "UnsupportedOperation" {
		t.Errorf("got %v, expected it to say that FIFO queues are not here", err)
	}
	for range 2 {
		if err := s.CreateQueue("twice", nil); err != nil && !strings.Contains(err.Error(), "QueueNameExists") {
			t.Error(err)
		}
	}
}

// TestTimeJumpsWhileNothingIsUnderWay has its own visibility timeouts of hours
// take no time at all, in the time of this machine.
func TestTimeJumpsWhileNothingIsUnderWay(t *testing.T) {
	q := newQueue(t, map[string]string{"VisibilityTimeout": "21600", "DelaySeconds": "600",
		"RedrivePolicy": `{"deadLetterTargetArn": "arn:aws:sqs:us-east-1:123456789012:dead", "maxReceiveCount": 3}`})
	consumer, err := q.Consumer("q")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	deliveries, ended := 0, make(chan struct{})
	go func() {
		defer close(ended)
		defer consumer.Close()
		for {
			messages, err := consumer.Receive(ctx, sqs.Receive{Max: 10, Wait: sqs.Forever, Window: 300 * time.Second})
			if err != nil {
				return
			}
			deliveries++ // nobody deletes
			if len(messages) != 2 {
				t.Errorf("got %d messages, expected both in the window", len(messages))
			}
		}
	}()
	began, then := time.Now(), q.Now()
	q.send("a")
	hold := q.Hold()
	woken := make(chan error)
	go func() {
		err := hold.Sleep(ctx, 2*time.Minute) // less than the window
		q.send("b")
		hold.End()
		woken <- err
	}()
	go func() { woken <- q.Drain(ctx) }()
	for range 2 {
		if err := <-woken; err != nil {
			t.Fatal(err)
		}
	}
	if deliveries < 3 || q.counts("q") != "0/0/0" || q.counts("dead") != "2/0/0" {
		t.Errorf("got %d deliveries, and %s %s, expected three and both messages dead", deliveries, q.counts("q"), q.counts("dead"))
	}
	if passed, took := q.Now().Sub(then), time.Since(began); passed < 18*time.Hour || took > 5*time.Second {
		t.Errorf("%s passed in %s, expected three timeouts of six hours in no time", passed, took)
	}
	stop()
	<-ended
}

func TestTimeDoesNotJumpWhileSomethingIsUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(t, nil)
		q.send("a")
		q.receive("q", "")
		hold := q.Hold()
		drained := make(chan error)
		began := time.Now()
		go func() { drained <- q.Drain(t.Context()) }()
		time.Sleep(10 * time.Second)
		if q.Now() != time.Now() {
			t.Errorf("got a jump to %s, expected none", q.Now())
		}
		hold.End()
		if err := <-drained; err != nil || time.Since(began) != 10*time.Second || q.Now().Sub(began) != 30*time.Second {
			t.Errorf("got error %v at %s, expected the timeout of 30s to be jumped over from 10s on", err, q.Now().Sub(began))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		defer q.Hold().End()
		if err := q.Drain(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, expected the context's end", err)
		}
	})
}
