package trigger_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/trigger"
	"github.com/mapjob/mapjob/test/synthesis"
)

// What AWS would refuse when the stack is deployed is refused before, and what it takes
// is not.
func TestTextsHaveLimits(t *testing.T) {
	stack := synthesis.Stack(t)
	m, b := machine(stack), bucket(stack)
	text := func(n int) *string { return jsii.String(strings.Repeat("é", n)) }
	// {"a":"…"} has eight characters beside the text.
	object := func(n int) awsevents.RuleTargetInput {
		return awsevents.RuleTargetInput_FromObject(map[string]any{"a": *text(n - 8)})
	}
	for name, c := range map[string]struct {
		most     int
		create   func(id *string, n int)
		expected string // of most + 1
	}{
		"an event's description": {512, func(id *string, n int) {
			trigger.NewEvent(stack, id, &trigger.EventProps{StateMachine: m, Pattern: orders(), Description: text(n)})
		}, "Description: got 513 characters, expected at most 512"},
		"an object's description": {512, func(id *string, n int) {
			trigger.NewObjectCreated(stack, id, &trigger.ObjectCreatedProps{StateMachine: m, Bucket: b, Description: text(n)})
		}, "Description: got 513 characters, expected at most 512"},
		"a schedule's description": {512, func(id *string, n int) {
			trigger.NewSchedule(stack, id, &trigger.ScheduleProps{StateMachine: m, Expression: jsii.String("rate(1 day)"), Description: text(n)})
		}, "Description: got 513 characters, expected at most 512"},
		"a webhook's description": {256, func(id *string, n int) {
			trigger.NewWebhook(stack, id, &trigger.WebhookProps{StateMachine: m, Description: text(n)})
		}, "Description: got 257 characters, expected at most 256"},
		"an event's input": {8192, func(id *string, n int) {
			trigger.NewEvent(stack, id, &trigger.EventProps{StateMachine: m, Pattern: orders(), Input: object(n)})
		}, "Input: got 8193 characters, expected at most 8192: store more in S3"},
		"an object's input": {8192, func(id *string, n int) {
			trigger.NewObjectCreated(stack, id, &trigger.ObjectCreatedProps{StateMachine: m, Bucket: b, Input: object(n)})
		}, "Input: got 8193 characters, expected at most 8192: store more in S3"},
		"a schedule's input": {262_144, func(id *string, n int) {
			trigger.NewSchedule(stack, id, &trigger.ScheduleProps{StateMachine: m, Expression: jsii.String("rate(1 day)"), Input: strings.Repeat("x", n-2)})
		}, "Input: got 262145 bytes of JSON, expected at most 262144"},
	} {
		id := strings.NewReplacer(" ", "", "'", "").Replace(name)
		c.create(&id, c.most)
		message := synthesis.Panics(t, func() { c.create(jsii.String(fmt.Sprint(id, "More")), c.most+1) })
		if !strings.Contains(message, c.expected) {
			t.Errorf("%s: got %q, expected it to contain %q", name, message, c.expected)
		}
	}
}
