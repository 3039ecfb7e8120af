package trigger_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/trigger"
	"github.com/mapjob/mapjob/test/synthesis"
)

// The app names the members of an execution's input, unless it allows the sender
// of an event to.
func TestSendersNameNoMembers(t *testing.T) {
	field := func(path string) *string { return awsevents.EventField_FromPath(jsii.String(path)) }
	path := func(path string) awsevents.RuleTargetInput {
		return awsevents.RuleTargetInput_FromEventPath(jsii.String(path))
	}
	of := func(value any) awsevents.RuleTargetInput { return awsevents.RuleTargetInput_FromObject(value) }
	type made = map[string]any
	for name, c := range map[string]struct {
		input   awsevents.RuleTargetInput
		refused string // a part of the message; "": it is not refused
		fromS3  string // the same of an object's trigger
	}{
		"the whole event":                    {path("$"), "", ""},
		"its id":                             {path("$.id"), "", ""},
		"its resources":                      {path("$.resources"), "", ""},
		"the detail":                         {path("$.detail"), "got $.detail, in which the sender", ""},
		"an object in the detail":            {path("$.detail.order"), "got $.detail.order, in which the sender", ""},
		"a text in the detail":               {path("$.detail.order.id"), "got $.detail.order.id, in which the sender", ""},
		"an element of a list":               {path("$.detail.orders[0]"), "got $.detail.orders[0], in which the sender", ""},
		"everything in the event":            {path("$.*"), "got $.*, in which the sender", "got $.*, in which the sender"},
		"a path in another form":             {path("$['detail']"), "got $['detail'], in which the sender", "got $['detail'], in which the sender"},
		"members that the app names":         {of(made{"order": field("$.detail.id"), "all": field("$.detail")}), "", ""},
		"members with names of the stack":    {of(made{"stack": awscdk.Aws_STACK_NAME(), "order": field("$.detail.id")}), "", ""},
		"the detail as a template":           {of(field("$.detail")), "got the template <", ""},
		"a rerun that the app takes over":    {of(made{"mapjobRerun": field("$.detail.rerun")}), "got the member mapjobRerun, which steers the job", "got the member mapjobRerun"},
		"a rerun of the app, the same again": {of(made{"mapjobRerun": made{"count": 1}}), "got the member mapjobRerun, which steers the job", "got the member mapjobRerun"},
		"in another case":                    {of(made{"order": 1, "MAPJOBRerun": field("$.detail.rerun")}), "got the member MAPJOBRerun", "got the member MAPJOBRerun"},
		"a rerun further down":               {of(made{"order": made{"mapjobRerun": field("$.detail.rerun")}}), "", ""},
		"a text":                             {awsevents.RuleTargetInput_FromText(jsii.String("mapjobRerun")), "", ""},
		"a text with a value":                {awsevents.RuleTargetInput_FromText(jsii.String("order " + *field("$.detail.id"))), "", ""},
		"a list":                             {of([]any{field("$.detail")}), "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			stack := synthesis.Stack(t)
			m, drop := machine(stack), bucket(stack)
			triggers := func(id string, allow *bool) map[string]func() {
				return map[string]func(){
					c.refused: func() {
						trigger.NewEvent(stack, jsii.String("Event"+id), &trigger.EventProps{StateMachine: m, Pattern: orders(), Input: c.input, AllowControl: allow})
					},
					c.fromS3 + " ": func() {
						trigger.NewObjectCreated(stack, jsii.String("Object"+id), &trigger.ObjectCreatedProps{StateMachine: m, Bucket: drop, Input: c.input, AllowControl: allow})
					},
				}
			}
			for expected, create := range triggers("", nil) {
				expected = strings.TrimSpace(expected)
				if expected == "" {
					create()
				} else if message := synthesis.Panics(t, create); !strings.Contains(message, "Input: "+expected) || !strings.Contains(message, "AllowControl") {
					t.Errorf("got %q, expected it to refuse the input: %s", message, expected)
				}
			}
			for _, create := range triggers("Allowed", jsii.Bool(true)) {
				create()
			}
			for _, child := range *stack.Node().Children() {
				if id := *child.Node().Id(); !slices.Contains([]string{"Machine", "Drop", "Event", "Object", "EventAllowed", "ObjectAllowed"}, id) {
					t.Errorf("got the construct %s, expected triggers only", id)
				}
			}
			synthesis.Synthesize(t, stack)
		})
	}
}

// EventBridge refuses a template with a variable that it does not know, and Step
// Functions an input that is not JSON.
func TestInputsThatCannotBeDelivered(t *testing.T) {
	field := *awsevents.EventField_FromPath(jsii.String("$.detail.id"))
	text := func(text string) awsevents.RuleTargetInput { return awsevents.RuleTargetInput_FromText(&text) }
	lines := func(text string) awsevents.RuleTargetInput {
		return awsevents.RuleTargetInput_FromMultilineText(&text)
	}
	of := func(value any) awsevents.RuleTargetInput { return awsevents.RuleTargetInput_FromObject(value) }
	type made = map[string]any
	for name, c := range map[string]struct {
		input   awsevents.RuleTargetInput
		refused string // a part of the message; "": it is not refused
	}{
		"markup beside a value":              {of(made{"id": field, "html": "<b>bold"}), "got <b>, which EventBridge takes for a variable"},
		"markup in a text with a value":      {text("<i>" + field), "got <i>, which EventBridge takes for a variable"},
		"markup in the name of a member":     {of(made{"id": field, "<b>": 1}), "got <b>, which EventBridge takes for a variable"},
		"a variable of EventBridge":          {of(made{"id": field, "rule": "<aws.events.rule-name>"}), ""},
		"comparisons beside a value":         {of(made{"id": field, "rule": "1 < 2 and 3 > 2"}), ""},
		"markup alone":                       {of(made{"html": "<b>bold</b>"}), ""},
		"lines":                              {lines("one\ntwo"), "expected one JSON value"},
		"lines with a value":                 {lines("one\ntwo " + field), "expected one JSON value"},
		"a value in a text, and in a list":   {of(made{"text": "order " + field, "list": []any{field, 1, true}}), ""},
		"a number that is known at last":     {of(made{"n": awscdk.Token_AsNumber(awscdk.Fn_Ref(jsii.String("AWS::StackName")))}), ""},
		"a number of them beside the values": {of(made{"n": awscdk.Token_AsNumber(awscdk.Fn_Ref(jsii.String("AWS::StackName"))), "id": field}), ""},
	} {
		t.Run(name, func(t *testing.T) {
			for _, claim := range []*trigger.Claim{nil, {}} {
				for _, allow := range []bool{false, true} {
					stack := synthesis.Stack(t)
					m := machine(stack)
					create := func() {
						trigger.NewEvent(stack, jsii.String("Orders"), &trigger.EventProps{StateMachine: m, Pattern: orders(), Input: c.input, Claim: claim, AllowControl: &allow})
					}
					if c.refused == "" {
						create()
						synthesis.Synthesize(t, stack)
					} else if message := synthesis.Panics(t, create); !strings.Contains(message, "Input: ") || !strings.Contains(message, c.refused) {
						t.Errorf("got %q, expected it to refuse the input: %s", message, c.refused)
					}
				}
			}
		})
	}
}
