package trigger

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/gofunction"
	"github.com/mapjob/mapjob/constructs/mapjob"
	"github.com/mapjob/mapjob/constructs/trigger"
	"github.com/mapjob/mapjob/internal/engine"
)

// inputOf returns the input that EventBridge makes from an event for a target
// (EventBridge API reference, "Target": Input, InputPath, InputTransformer).
func inputOf(t *testing.T, target, event object) []byte {
	t.Helper()
	if input, ok := target["Input"].(string); ok {
		return []byte(input)
	}
	if path, ok := target["InputPath"].(string); ok {
		return encode(t, member(event, path))
	}
	transformer, ok := target["InputTransformer"].(object)
	if !ok {
		return encode(t, event)
	}
	paths, _ := transformer["InputPathsMap"].(object)
	return variable.ReplaceAllFunc([]byte(transformer["InputTemplate"].(string)), func(found []byte) []byte {
		name := strings.Trim(string(found), "<>")
		path, ok := paths[name].(string)
		switch {
		case name == "aws.events.event.json":
			return encode(t, event)
		case !ok:
			t.Fatalf("got the variable %s in a template, expected one of %v", found, paths)
		}
		return encode(t, member(event, path))
	})
}

// variable matches the variables of a template.
var variable = regexp.MustCompile(`<[A-Za-z0-9_.-]+>`)

// member returns the value at a path of names, $.a.b.
func member(v any, path string) any {
	for _, name := range strings.Split(path, ".")[1:] {
		o, _ := v.(object)
		v = o[name]
	}
	return v
}

func encode(t *testing.T, v any) []byte {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// target returns the only target of the stack's only rule.
func (r *world) target(t *testing.T) object {
	t.Helper()
	rule := r.Template.Only(t, "AWS::Events::Rule")
	target := rule.Properties["Targets"].([]any)[0].(object)
	r.startsWithItsRole(t, target)
	return target
}

func TestEventIsTheInput(t *testing.T) {
	event := object{"version": "0", "source": "shop.orders", "detail": object{"id": "ORD-1", "lines": []any{1.0, 2.0}}}
	for name, test := range map[string]struct {
		input    awsevents.RuleTargetInput
		expected any
	}{
		"as a whole": {nil, event},
		"in part":    {awsevents.RuleTargetInput_FromEventPath(jsii.String("$.detail")), event["detail"]},
		"made of it": {awsevents.RuleTargetInput_FromObject(object{"order": awsevents.EventField_FromPath(jsii.String("$.detail.id"))}), object{"order": "ORD-1"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := run(t, func(stack awscdk.Stack) {
				trigger.NewEvent(stack, jsii.String("Orders"), &trigger.EventProps{
					StateMachine: machine(stack, "Echo", pass), Pattern: &awsevents.EventPattern{Source: jsii.Strings("shop.orders")},
					Input: test.input, AllowControl: jsii.Bool(true)})
			})
			x := r.execute(t, "", inputOf(t, r.target(t), event))
			var got any
			if err := json.Unmarshal(x.Output, &got); err != nil || fmt.Sprint(got) != fmt.Sprint(test.expected) {
				t.Errorf("got %s, expected %v", x.Output, test.expected)
			}
			if absent := r.Absent(); len(absent) != 0 {
				t.Errorf("got %v said to be absent, expected nothing that works here by other means", absent)
			}
		})
	}
}

func TestObjectHasTheItemsOfAJob(t *testing.T) {
	r := run(t, func(stack awscdk.Stack) {
		drop := awss3.NewBucket(stack, jsii.String("Drop"), nil)
		job := mapjob.New(stack, jsii.String("Job"), &mapjob.Props{
			Worker: gofunction.New(stack, jsii.String("Worker"), &gofunction.Props{Entry: jsii.String("test/trigger/testdata/worker")}),
			Source: &mapjob.JSONLines{Bucket: drop},
		})
		trigger.NewObjectCreated(stack, jsii.String("Dropped"), &trigger.ObjectCreatedProps{StateMachine: job.StateMachine(), Bucket: drop})
	})
	drop := ""
	for _, bucket := range r.Buckets() {
		if bucket.ID == "Drop" {
			drop = bucket.Name
		}
	}
	// A key that needs quotes in JSON, and that S3's notifications would encode.
	const key = `in/orders "März" + 1.jsonl`
	client := s3.NewFromConfig(r.Client(t, "S3"), func(o *s3.Options) { o.UsePathStyle = true })
	_, err := client.PutObject(context.Background(), &s3.PutObjectInput{Bucket: &drop, Key: aws.String(key), Body: bytes.NewReader([]byte("{\"id\":\"1\"}\n{\"id\":\"2\"}\n"))})
	if err != nil {
		t.Fatal(err)
	}
	// Amazon S3 user guide, "EventBridge event message structure".
	event := object{"version": "0", "detail-type": "Object Created", "source": "aws.s3", "detail": object{
		"version": "0", "bucket": object{"name": drop}, "object": object{"key": key, "size": 22.0, "sequencer": "00"}, "reason": "PutObject"}}
	target := r.target(t)
	if x := r.execute(t, "Job", inputOf(t, target, event)); x.Status != engine.Succeeded {
		t.Errorf("got %s with %s: %s, expected the job to take the object for its items", x.Status, x.Error, x.Cause)
	}
	// Without an object, or if the object does not exist, the execution fails.
	delete(event["detail"].(object), "object")
	if x := r.execute(t, "Job", inputOf(t, target, event)); x.Error != "MapJob.InvalidInput" {
		t.Errorf("got %s with %s, expected MapJob.InvalidInput", x.Status, x.Error)
	}
	event["detail"].(object)["object"] = object{"key": "gone.jsonl"}
	if x := r.execute(t, "Job", inputOf(t, target, event)); x.Error != "States.ItemReaderFailed" {
		t.Errorf("got %s with %s, expected States.ItemReaderFailed", x.Status, x.Error)
	}
}
