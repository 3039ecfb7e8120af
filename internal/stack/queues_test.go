package stack

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/invocation"
	"github.com/mapjob/mapjob/internal/sqs"
)

func getAtt(id, attribute string) object { return object{"Fn::GetAtt": []string{id, attribute}} }

// queue returns a queue of a template, with a visibility timeout of six minutes.
func queue(more object) object {
	properties := object{"VisibilityTimeout": 360}
	maps.Copy(properties, more)
	return object{"Type": "AWS::SQS::Queue", "Properties": properties}
}

// functionWith returns the function of testdata with an environment.
func functionWith(environment object, more object) object {
	f := function()
	properties := f["Properties"].(object)
	properties["Environment"] = object{"Variables": environment}
	maps.Copy(properties, more)
	return f
}

func mappingOf(more object) object {
	properties := object{"EventSourceArn": getAtt("Queue", "Arn"), "FunctionName": object{"Ref": "Worker"}, "FunctionResponseTypes": []string{"ReportBatchItemFailures"}}
	maps.Copy(properties, more)
	return object{"Type": "AWS::Lambda::EventSourceMapping", "Properties": properties}
}

// fanOut returns a function that sends orders to a queue, and one behind it.
func fanOut(receives int, mapping object) object {
	return object{
		"Dead":    queue(nil),
		"Queue":   queue(object{"RedrivePolicy": object{"deadLetterTargetArn": getAtt("Dead", "Arn"), "maxReceiveCount": receives}}),
		"Sender":  functionWith(object{"QUEUE_URL": object{"Ref": "Queue"}}, nil),
		"Worker":  functionWith(object{"ROLE": "worker"}, nil),
		"Mapping": mappingOf(mapping),
	}
}

// delivered counts deliveries by the order's ID.
type delivered struct {
	mutex   sync.Mutex
	orders  map[string]int
	batches []invocation.Delivery
}

func (d *delivered) add(delivery invocation.Delivery) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	d.batches = append(d.batches, delivery)
	for _, m := range delivery.Messages {
		d.orders[orderOf(m)]++
	}
}

func orderOf(m sqs.Message) string {
	var o struct{ ID string }
	_ = json.Unmarshal([]byte(m.Body), &o) // other messages have no ID
	return o.ID
}

// orders returns an event that makes the sender send n orders, of which one in
// bad fails.
func orders(n, bad int) []byte {
	var list []object
	for i := range n {
		list = append(list, object{"id": fmt.Sprint("ORD-", i), "bad": bad > 0 && i%bad == 0})
	}
	text, _ := json.Marshal(object{"send": list})
	return text
}

// invokeEvent invokes a function asynchronously and waits until all work is done.
func invokeEvent(t *testing.T, c *Stack, function string, payload []byte) invocation.EventResult {
	t.Helper()
	ended, err := c.InvokeEvent(function, payload)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := c.Drain(ctx); err != nil {
		t.Fatal(err)
	}
	select {
	case r := <-ended:
		return r
	default:
		t.Fatal("got no result, expected one after Drain")
		return invocation.EventResult{}
	}
}

// left returns the bodies of the messages in the queues, by the queues' IDs.
func left(t *testing.T, c *Stack) map[string][]string {
	t.Helper()
	queues, err := c.Queues()
	if err != nil {
		t.Fatal(err)
	}
	bodies := map[string][]string{}
	for _, q := range queues {
		bodies[q.ID] = []string{}
		for _, m := range q.Messages {
			bodies[q.ID] = append(bodies[q.ID], m.Body)
		}
		if q.Counts.Total() != len(q.Messages) {
			t.Errorf("%s: got a count of %d messages, expected %d", q.ID, q.Counts.Total(), len(q.Messages))
		}
	}
	return bodies
}

func TestQueuesInvokeFunctions(t *testing.T) {
	for name, mapping := range map[string]object{
		"batches of ten":                {"BatchSize": 10, "ScalingConfig": object{"MaximumConcurrency": 2}},
		"batches of a hundred, windows": {"BatchSize": 100, "MaximumBatchingWindowInSeconds": 300},
	} {
		t.Run(name, func(t *testing.T) {
			d := &delivered{orders: map[string]int{}}
			c, err := tryStart(t, fanOut(3, mapping), Options{Delivered: d.add})
			if err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			if r := invokeEvent(t, c, "Sender", orders(250, 25)); r.Condition != "Success" || r.Tries != 1 {
				t.Fatalf("got %s after %d tries with answer %s, expected success", r.Condition, r.Tries, r.Answer)
			}
			if took := time.Since(began); took > 30*time.Second {
				t.Errorf("got an end after %s, expected two visibility timeouts of six minutes to take no time", took)
			}
			for i := range 250 {
				expected := 1
				if i%25 == 0 {
					expected = 3
				}
				if got := d.orders[fmt.Sprint("ORD-", i)]; got != expected {
					t.Errorf("got %d deliveries of order %d, expected %d", got, i, expected)
				}
			}
			l := left(t, c)
			if len(l["Queue"]) != 0 || len(l["Dead"]) != 10 {
				t.Errorf("got %d messages left and %d dead, expected none and ten", len(l["Queue"]), len(l["Dead"]))
			}
			for _, batch := range d.batches {
				size := mapping["BatchSize"].(int)
				if len(batch.Messages) > size || batch.Queue != "Stack-Queue" || batch.Function != "Stack-Worker" || batch.FunctionError != "" || batch.Err != nil {
					t.Errorf("got %d messages of %s for %s with error %s %v, expected at most %d messages and an answer",
						len(batch.Messages), batch.Queue, batch.Function, batch.FunctionError, batch.Err, size)
				}
			}
			if mapping["BatchSize"] == 100 && len(d.batches) != 3+1+1 { // retries of a batch come together
				t.Errorf("got %d batches, expected three full ones and one for each other try", len(d.batches))
			}
		})
	}
}

func TestFaultsOfAQueueAreCounted(t *testing.T) {
	d := &delivered{orders: map[string]int{}}
	c, err := tryStart(t, fanOut(100, object{"BatchSize": 5}), Options{Delivered: d.add,
		QueueFaults: sqs.Faults{Seed: 42, Duplicate: 0.1, LostAnswer: 0.1}})
	if err != nil {
		t.Fatal(err)
	}
	if r := invokeEvent(t, c, "Sender", orders(300, 0)); r.Condition != "Success" {
		t.Fatalf("got %s, expected success", r.Condition)
	}
	expected := map[string]int{}
	for i := range 300 {
		expected[fmt.Sprint("ORD-", i)] = 1
	}
	for _, duplicate := range c.Duplicates() {
		expected[orderOf(duplicate.Message)]++
	}
	lost := 0
	for _, batch := range c.LostAnswers() {
		for _, m := range batch {
			expected[orderOf(m)]++
		}
	}
	for _, batch := range d.batches {
		if batch.Lost {
			lost++
		}
	}
	for id, n := range expected {
		if d.orders[id] != n {
			t.Errorf("got %d deliveries of %s, expected %d", d.orders[id], id, n)
		}
	}
	if n := len(c.Duplicates()); n < 15 || n > 50 || lost == 0 || lost != len(c.LostAnswers()) {
		t.Errorf("got %d duplicates and %d lost answers, %d of them in deliveries, expected about 30, and as many lost as counted", n, len(c.LostAnswers()), lost)
	}
}

func TestABatchFailsAsAWholeWithItsInvocation(t *testing.T) {
	resources := fanOut(2, nil)
	resources["Worker"] = function() // answers with the event, which has no failures
	c := start(t, resources)
	invokeEvent(t, c, "Sender", orders(20, 0))
	if l := left(t, c); len(l["Queue"])+len(l["Dead"]) != 0 {
		t.Errorf("got %v left, expected an answer that names no failure to be a success", l)
	}

	d := &delivered{orders: map[string]int{}}
	resources = fanOut(2, nil)
	resources["Worker"] = functionWith(object{"ROLE": "crash"}, nil)
	c, err := tryStart(t, resources, Options{Delivered: d.add})
	if err != nil {
		t.Fatal(err)
	}
	invokeEvent(t, c, "Sender", orders(20, 0))
	if l := left(t, c); len(l["Queue"]) != 0 || len(l["Dead"]) != 20 || d.orders["ORD-7"] != 2 || d.batches[0].FunctionError != "Unhandled" {
		t.Errorf("got %v left and %d deliveries of an order, expected all of them dead after two", l, d.orders["ORD-7"])
	}
}

// A visibility timeout is for the work: batches that wait for their turn on this
// machine are not received yet.
func TestMessagesAreNotReceivedBeforeTheirTurn(t *testing.T) {
	d := &delivered{orders: map[string]int{}}
	resources := fanOut(1, object{"BatchSize": 1, "ScalingConfig": object{"MaximumConcurrency": 100}})
	resources["Queue"].(object)["Properties"].(object)["VisibilityTimeout"] = 1
	resources["Worker"] = functionWith(object{"ROLE": "slow"}, object{"Timeout": 1})
	// Another mapping, which has messages to wait for, shares the one turn.
	resources["Other"] = queue(nil)
	resources["OtherSender"] = functionWith(object{"QUEUE_URL": object{"Ref": "Other"}}, nil)
	resources["OtherWorker"] = functionWith(object{"ROLE": "worker"}, nil)
	resources["OtherMapping"] = mappingOf(object{"EventSourceArn": getAtt("Other", "Arn"), "FunctionName": object{"Ref": "OtherWorker"}})
	c, err := tryStart(t, resources, Options{Delivered: d.add, Concurrency: 1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.InvokeEvent("OtherSender", []byte(`{"send": [{"id": "OTHER-1"}, {"id": "OTHER-2"}]}`)); err != nil {
		t.Fatal(err)
	}
	invokeEvent(t, c, "Sender", orders(8, 0)) // which take two seconds in all
	for id, n := range d.orders {
		if n != 1 {
			t.Errorf("got %d deliveries of %s, expected one", n, id)
		}
	}
	if l := left(t, c); len(d.orders) != 10 || len(l["Queue"])+len(l["Dead"])+len(l["Other"]) > 0 {
		t.Errorf("got %d orders delivered and %v left, expected ten and nothing", len(d.orders), l)
	}
}

func TestMappingsThatAWSRefuses(t *testing.T) {
	for expected, mapping := range map[string]object{
		"BatchSize: got 10001":                    {"BatchSize": 10001, "MaximumBatchingWindowInSeconds": 1},
		"MaximumBatchingWindowInSeconds: got 0":   {"BatchSize": 11},
		"MaximumBatchingWindowInSeconds: got 301": {"MaximumBatchingWindowInSeconds": 301},
		"MaximumConcurrency: got 1,":              {"ScalingConfig": object{"MaximumConcurrency": 1}},
		"does not exist":                          {"EventSourceArn": "arn:aws:sqs:us-east-1:123456789012:missing"},
		"got a visibility timeout of 6m0s":        {"FunctionName": object{"Ref": "Slow"}},
	} {
		resources := fanOut(3, mapping)
		resources["Slow"] = functionWith(object{}, object{"Timeout": 361})
		if _, err := tryStart(t, resources, Options{}); err == nil || !strings.Contains(err.Error(), expected) {
			t.Errorf("got %v for %v, expected %s", err, mapping, expected)
		}
	}
}

func TestMappingsThatDoNotRunAreAbsent(t *testing.T) {
	resources := fanOut(3, nil)
	delete(resources, "Mapping")
	resources["Ordered"] = queue(object{"FifoQueue": true})
	for id, mapping := range map[string]object{"Off": {"Enabled": false}, "Filtered": {"FilterCriteria": object{"Filters": []object{{"Pattern": "{}"}}}},
		"Stream": {"EventSourceArn": "arn:aws:dynamodb:us-east-1:123456789012:table/t/stream/s"}, "InOrder": {"EventSourceArn": getAtt("Ordered", "Arn")}, "Elsewhere": {"FunctionName": "other"}} {
		resources[id] = mappingOf(mapping)
	}
	c := start(t, resources)
	all := strings.Join(c.Absent(), "\n")
	for _, id := range []string{"Off", "Filtered", "Stream", "InOrder", "Elsewhere"} {
		if !strings.Contains(all, "event source mapping "+id+" (") {
			t.Errorf("got %s, expected %s to be absent", all, id)
		}
	}
	if !strings.Contains(all, "queue Ordered (FIFO") || len(c.Absent()) != 6 {
		t.Errorf("got %s, expected the FIFO queue to be absent too, and nothing else", all)
	}
}

func TestAStackWithoutQueuesHasNoSQS(t *testing.T) {
	c := start(t, object{"Table": table()})
	if c.sqsServer != nil || slices.ContainsFunc(c.Endpoints(), func(e string) bool { return strings.Contains(e, "SQS") }) {
		t.Errorf("got %v, expected no endpoint of SQS", c.Endpoints())
	}
	if err := c.Drain(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestTasksSendToQueuesOfTheStack(t *testing.T) {
	c := start(t, object{
		"Queue": queue(nil),
		"Send":  single("arn:aws:states:::sqs:sendMessage", object{"QueueUrl": "https://sqs.us-east-1.amazonaws.com/123456789012/Stack-Queue", "MessageBody": "hello"}, nil),
	})
	output(t, c, "Send", `{}`)
	if l := left(t, c); len(l["Queue"]) != 1 || l["Queue"][0] != "hello" {
		t.Errorf("got %v, expected the message in the queue", l)
	}
	if text, err := os.ReadFile(filepath.Join(c.options.Folder, "messages.jsonl")); err != nil || !strings.Contains(string(text), `"hello"`) {
		t.Errorf("got error %v and messages %s, expected the message kept in the folder", err, text)
	}
}
