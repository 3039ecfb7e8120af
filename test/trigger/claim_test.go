package trigger

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/trigger"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/test/running"
)

// claimed creates a state machine that publishes its input, and fails if that says so,
// and triggers that claim their events.
func claimed(s awscdk.Stack) {
	publish := object{"Type": "Task", "Resource": "arn:aws:states:::sns:publish", "Output": "{% $states.input %}",
		"Arguments": object{"TopicArn": "arn:aws:sns:us-east-1:123456789012:started", "Message": "{% $type($states.input) = 'string' ? $string([$states.input]) : $string($states.input) %}"}}
	check := object{"Type": "Pass", "Output": "{% $states.input.detail.fail ? $error('told to fail') : $states.input %}"}
	m := machine(s, "Echo", publish, check)
	orders := &awsevents.EventPattern{Source: jsii.Strings("shop.orders")}
	lost := awssqs.NewQueue(s, jsii.String("Lost"), nil)
	order := awsevents.RuleTargetInput_FromObject(object{"order": awsevents.EventField_FromPath(jsii.String("$.detail.order"))})
	trigger.NewEvent(s, jsii.String("Whole"), &trigger.EventProps{StateMachine: m, Pattern: orders, DeadLetterQueue: lost, Claim: &trigger.Claim{}})
	trigger.NewEvent(s, jsii.String("Other"), &trigger.EventProps{StateMachine: m, Pattern: orders, DeadLetterQueue: lost, Claim: &trigger.Claim{}})
	trigger.NewEvent(s, jsii.String("Orders"), &trigger.EventProps{StateMachine: m, Pattern: orders, DeadLetterQueue: lost, Input: order,
		Claim: &trigger.Claim{Members: []string{"$.detail.EVENT-id", "$.detail.revision"}}})
	trigger.NewEvent(s, jsii.String("Path"), &trigger.EventProps{StateMachine: m, Pattern: orders, DeadLetterQueue: lost, AllowControl: jsii.Bool(true),
		Input: awsevents.RuleTargetInput_FromEventPath(jsii.String("$.detail")), Claim: &trigger.Claim{}})
	trigger.NewEvent(s, jsii.String("Text"), &trigger.EventProps{StateMachine: m, Pattern: orders, DeadLetterQueue: lost,
		Input: awsevents.RuleTargetInput_FromText(jsii.String(`an "order"`)), Claim: &trigger.Claim{}})
	trigger.NewEvent(s, jsii.String("Constant"), &trigger.EventProps{StateMachine: m, Pattern: orders, DeadLetterQueue: lost,
		Input: awsevents.RuleTargetInput_FromObject(constant), Claim: &trigger.Claim{}})
	trigger.NewEvent(s, jsii.String("Named"), &trigger.EventProps{StateMachine: m, Pattern: orders, DeadLetterQueue: lost,
		Input: awsevents.RuleTargetInput_FromObject(object{"stack": awscdk.Aws_STACK_NAME()}), Claim: &trigger.Claim{}})
	trigger.NewObjectCreated(s, jsii.String("Dropped"), &trigger.ObjectCreatedProps{StateMachine: m, Bucket: awss3.NewBucket(s, jsii.String("Drop"), nil),
		DeadLetterQueue: lost, Claim: &trigger.Claim{}})
	trigger.NewSchedule(s, jsii.String("Nightly"), &trigger.ScheduleProps{StateMachine: m, Expression: jsii.String("rate(1 day)"), DeadLetterQueue: lost,
		Input: object{"date": "<aws.scheduler.scheduled-time>"}, Claim: &trigger.Claim{}})
}

// constant is an input without a part of the event, in which some texts look like
// variables of a template, or like expressions.
var constant = object{"markup": "<b>it's \"urgent\"</b>", "event": "<aws.events.event.json>", "path": "<mapjobInput>", "expression": "{% $states.input %}", "n": 1.5}

// ruleOf returns the target of a trigger's rule.
func (r *world) ruleOf(t *testing.T, id string) object {
	t.Helper()
	for rule, resource := range r.Template.OfType("AWS::Events::Rule") {
		if strings.HasPrefix(rule, id) {
			target := resource.Properties["Targets"].([]any)[0].(object)
			r.startsWithItsRole(t, target)
			return target
		}
	}
	t.Fatalf("got no rule of %s", id)
	return nil
}

// deliver delivers an event to a trigger, and returns the ending of its claim.
func (r *world) deliver(t *testing.T, id string, event object) *engine.Execution {
	t.Helper()
	return r.execute(t, id+".Claim", inputOf(t, r.ruleOf(t, id), event))
}

// inputs returns the inputs of the executions that have started, in their order.
func (r *world) inputs(t *testing.T) []string {
	t.Helper()
	return slices.DeleteFunc(r.Messages(t), func(text string) bool { return text == "" }) // those to the queue have another member
}

// lost returns the events in the dead-letter queue, with their errors, and empties
// it.
func (r *world) lost(t *testing.T) (lost []string) {
	t.Helper()
	client := sqs.NewFromConfig(r.Client(t, "SQS"))
	queues, err := r.Queues()
	if err != nil {
		t.Fatal(err)
	}
	for _, queue := range queues {
		got, err := client.GetQueueUrl(context.Background(), &sqs.GetQueueUrlInput{QueueName: &queue.Name})
		if err != nil {
			t.Fatal(err)
		}
		url := *got.QueueUrl
		for {
			got, err := client.ReceiveMessage(context.Background(), &sqs.ReceiveMessageInput{QueueUrl: &url, MaxNumberOfMessages: 10, MessageAttributeNames: []string{"All"}})
			if err != nil {
				t.Fatal(err)
			}
			if len(got.Messages) == 0 {
				break
			}
			for _, m := range got.Messages {
				lost = append(lost, *m.MessageAttributes["ERROR_CODE"].StringValue+" "+*m.Body)
				if _, err := client.DeleteMessage(context.Background(), &sqs.DeleteMessageInput{QueueUrl: &url, ReceiptHandle: m.ReceiptHandle}); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	return lost
}

func event(id string, detail object) object {
	return object{"version": "0", "id": id, "detail-type": "Closed", "source": "shop.orders", "time": "2026-11-01T02:00:00Z", "resources": []any{}, "detail": detail}
}

// written is an event of S3 (Amazon S3 user guide, "EventBridge event message
// structure").
func written(id, key string, object map[string]any) object {
	described := map[string]any{"key": key, "size": 22.0}
	maps.Copy(described, object)
	return map[string]any{"version": "0", "id": id, "detail-type": "Object Created", "source": "aws.s3", "detail": map[string]any{
		"version": "0", "bucket": map[string]any{"name": "drop"}, "object": described, "reason": "PutObject"}}
}

func TestClaims(t *testing.T) {
	r := &world{running.Start(t, claimed)}
	started := func() int {
		t.Helper()
		return len(r.inputs(t))
	}
	type delivery struct {
		trigger string
		event   object
		starts  bool
	}
	order := func(id, revision any, more string) object {
		return event(more, object{"EVENT-id": id, "revision": revision, "order": more})
	}
	r.deliver(t, "Whole", event("the file of messages exists from here on", object{}))
	for name, deliveries := range map[string][]delivery{
		"an event twice": {
			{"Whole", event("a", object{"n": 1}), true}, {"Whole", event("a", object{"n": 1}), false}},
		"an event many times": {
			{"Whole", event("b", object{}), true}, {"Whole", event("b", object{}), false}, {"Whole", event("b", object{}), false}, {"Whole", event("b", object{}), false}},
		"an event whose id does not tell how it differs": {
			{"Whole", event("c", object{"n": 1}), true}, {"Whole", event("c", object{"n": 2}), false}},
		"two events that are alike but for their ids": {
			{"Whole", event("d", object{}), true}, {"Whole", event("e", object{}), true}},
		"ids that differ in case": {
			{"Whole", event("f", object{}), true}, {"Whole", event("F", object{}), true}},
		"one event for two triggers": {
			{"Whole", event("g", object{}), true}, {"Other", event("g", object{}), true}, {"Other", event("g", object{}), false}},
		"an event whose execution failed": {
			{"Whole", event("h", object{"fail": true}), true}, {"Whole", event("h", object{"fail": true}), false}},
		"an id that looks like an expression": {
			{"Whole", event("{% $states.input %}", object{}), true}, {"Whole", event("{% $states.input %}", object{}), false}},
		"members, of two events": {
			{"Orders", order("1", 1.0, "first"), true}, {"Orders", order("1", 1.0, "second"), false}},
		"members that differ in one": {
			{"Orders", order("2", 1.0, "first"), true}, {"Orders", order("2", 2.0, "second"), true}},
		"a number and its text": {
			{"Orders", order("3", 7.0, "first"), true}, {"Orders", order("3", "7", "second"), true}},
		"texts that are alike when they are joined": {
			{"Orders", order("4,5", "6", "first"), true}, {"Orders", order("4", "5,6", "second"), true}, {"Orders", order("4\",\"5", "6", "third"), true}},
		"the largest number, and the negative one": {
			{"Orders", order("7", 999999999999999.0, "first"), true}, {"Orders", order("7", -999999999999999.0, "second"), true},
			{"Orders", order("7", 999999999999998.0, "third"), true}, {"Orders", order("7", 999999999999999.0, "fourth"), false}},
		"a path as the input": {
			{"Path", event("a", object{"order": 1}), true}, {"Path", event("a", object{"order": 1}), false}},
		"a text as the input": {
			{"Text", event("a", object{}), true}, {"Text", event("a", object{}), false}},
		"the write of an object, twice with one id": {
			{"Dropped", written("a", "a.jsonl", object{"sequencer": "01"}), true}, {"Dropped", written("a", "a.jsonl", object{"sequencer": "01"}), false}},
		"the write of an object, twice with two ids": {
			{"Dropped", written("a", "b.jsonl", object{"sequencer": "01"}), true}, {"Dropped", written("b", "b.jsonl", object{"sequencer": "01"}), false}},
		"two writes of a key": {
			{"Dropped", written("a", "c.jsonl", object{"sequencer": "01"}), true}, {"Dropped", written("a", "c.jsonl", object{"sequencer": "02"}), true}},
		"two writes of a key with versions": {
			{"Dropped", written("a", "d.jsonl", object{"version-id": "v1", "sequencer": "01"}), true},
			{"Dropped", written("b", "d.jsonl", object{"version-id": "v2", "sequencer": "02"}), true},
			{"Dropped", written("c", "d.jsonl", object{"version-id": "v1", "sequencer": "01"}), false}},
		"a version that is named like a sequencer": {
			{"Dropped", written("a", "e.jsonl", object{"version-id": "01"}), true}, {"Dropped", written("a", "e.jsonl", object{"sequencer": "01"}), true}},
		"keys that S3's notifications would encode": {
			{"Dropped", written("a", `f "März" +.jsonl`, object{"sequencer": "01"}), true}, {"Dropped", written("a", `f "März" %2B.jsonl`, object{"sequencer": "01"}), true}},
	} {
		t.Run(name, func(t *testing.T) {
			for i, d := range deliveries {
				before := started()
				x := r.deliver(t, d.trigger, d.event)
				if x.Status != engine.Succeeded || strings.Contains(string(x.Output), `"repeated":true`) == d.starts || started()-before != map[bool]int{true: 1}[d.starts] {
					t.Errorf("delivery %d: got %s (%s: %s) with %s and %d executions, expected one to start: %t", i, x.Status, x.Error, x.Cause, x.Output, started()-before, d.starts)
				}
			}
			if lost := r.lost(t); len(lost) > 0 {
				t.Errorf("got %v in the dead-letter queue, expected nothing", lost)
			}
		})
	}

	for name, d := range map[string]delivery{
		"an event without an id":          {"Whole", object{"detail": object{}}, false},
		"an empty id":                     {"Whole", event("", object{}), false},
		"one member of two":               {"Orders", event("x", object{"EVENT-id": "1"}), false},
		"null":                            {"Orders", order(nil, 1.0, ""), false},
		"true":                            {"Orders", order(true, 1.0, ""), false},
		"a list":                          {"Orders", order([]any{"1"}, 1.0, ""), false},
		"an object":                       {"Orders", order(object{"a": "1"}, 1.0, ""), false},
		"a part of a number":              {"Orders", order("1", 1.5, ""), false},
		"a number that may be two":        {"Orders", order("1", 1000000000000001.0, ""), false},
		"a detail that is a text":         {"Orders", object{"id": "x", "detail": "text"}, false},
		"an object that is not described": {"Dropped", object{"id": "x", "detail": object{}}, false},
		"a write without its number":      {"Dropped", written("x", "x.jsonl", nil), false},
		"a key that is a number":          {"Dropped", object{"detail": object{"bucket": object{"name": "b"}, "object": object{"key": 1, "sequencer": "01"}}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			before := started()
			x := r.deliver(t, d.trigger, d.event)
			if x.Error != "MapJob.InvalidInput" || started() != before {
				t.Errorf("got %s (%s: %s) and %d executions, expected MapJob.InvalidInput and none", x.Status, x.Error, x.Cause, started()-before)
			}
			if lost := r.lost(t); len(lost) != 1 || !strings.HasPrefix(lost[0], "MapJob.InvalidInput ") || !sameJSON(lost[0], d.event) {
				t.Errorf("got %v in the dead-letter queue, expected the event, %s", lost, encode(t, d.event))
			}
		})
	}

	t.Run("the input", func(t *testing.T) {
		for id, expected := range map[string]string{
			"Whole": string(encode(t, event("input", object{"order": "o"}))), "Orders": `{"order":"o"}`,
			"Constant": string(encode(t, constant)), "Named": `{"stack":"Test"}`,
			"Path": `{"EVENT-id":"input","order":"o","revision":1.25}`, "Text": `["an \"order\""]`,
		} {
			e := event("input", object{"EVENT-id": "input", "revision": 1.25, "order": "o"})
			if id == "Orders" {
				e["detail"].(object)["revision"] = 1.0
			}
			if id == "Whole" {
				e = event("input", object{"order": "o"})
			}
			r.deliver(t, id, e)
			all := r.inputs(t)
			if got := all[len(all)-1]; !equalJSON(got, expected) {
				t.Errorf("%s: got the input %s, expected %s", id, got, expected)
			}
		}
	})

	t.Run("at once", func(t *testing.T) {
		before, target := started(), r.ruleOf(t, "Whole")
		input := inputOf(t, target, event("at once", object{}))
		var all sync.WaitGroup
		var starts sync.Map
		for i := range 8 {
			all.Go(func() {
				if x := r.execute(t, "Whole.Claim", input); !strings.Contains(string(x.Output), `"repeated":true`) {
					starts.Store(i, true)
				}
			})
		}
		all.Wait()
		n := 0
		starts.Range(func(any, any) bool { n++; return true })
		if n != 1 || started()-before != 1 {
			t.Errorf("got %d deliveries that start and %d executions, expected one", n, started()-before)
		}
	})

	t.Run("a time of a schedule", func(t *testing.T) {
		target := r.Template.Only(t, "AWS::Scheduler::Schedule").Properties["Target"].(object)
		r.startsWithItsRole(t, target)
		for i, c := range []struct {
			time   string
			starts bool
		}{{"2026-11-01T02:00:00Z", true}, {"2026-11-01T02:00:00Z", false}, {"2026-11-02T02:00:00Z", true}} {
			before := started()
			x := r.execute(t, "Nightly.Claim", []byte(strings.ReplaceAll(target["Input"].(string), "<aws.scheduler.scheduled-time>", c.time)))
			all := r.inputs(t)
			if x.Status != engine.Succeeded || (len(all)-before == 1) != c.starts || !equalJSON(all[len(all)-1], fmt.Sprintf(`{"date":%q}`, c.time)) {
				t.Errorf("%d: got %s with %s, the last input %s, expected an execution: %t", i, x.Status, x.Output, all[len(all)-1], c.starts)
			}
		}
	})
}

// sameJSON reports whether a lost event is that event. The integration leaves out
// members that are null.
func sameJSON(lost string, e object) bool {
	_, text, _ := strings.Cut(lost, " ")
	e = maps.Clone(e)
	if detail, ok := e["detail"].(object); ok {
		detail = maps.Clone(detail)
		maps.DeleteFunc(detail, func(_ string, v any) bool { return v == nil })
		e["detail"] = detail
	}
	expected, err := json.Marshal(e)
	return err == nil && equalJSON(text, string(expected))
}

func equalJSON(a, b string) bool {
	var one, other any
	return json.Unmarshal([]byte(a), &one) == nil && json.Unmarshal([]byte(b), &other) == nil && fmt.Sprint(one) == fmt.Sprint(other)
}
