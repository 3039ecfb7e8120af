package trigger_test

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/trigger"
)

// nightly returns the state machine that the examples start.
func nightly(stack awscdk.Stack) awsstepfunctions.IStateMachine {
	return awsstepfunctions.StateMachine_FromStateMachineName(stack, jsii.String("Job"), jsii.String("nightly"))
}

func ExampleNewSchedule() {
	stack := newStack()
	schedule := trigger.NewSchedule(stack, jsii.String("AtTwo"), &trigger.ScheduleProps{
		StateMachine: nightly(stack),
		Expression:   jsii.String("cron(0 2 * * ? *)"),
		TimeZone:     jsii.String("Europe/Zurich"),
		Input:        map[string]string{"date": "<aws.scheduler.scheduled-time>"},
	})
	fmt.Println(*schedule.DeadLetterQueue().Node().Path())
	// Output: Shop/AtTwo/DeadLetters
}

func ExampleNewEvent() {
	stack := newStack()
	event := trigger.NewEvent(stack, jsii.String("OrdersClosed"), &trigger.EventProps{
		StateMachine: nightly(stack),
		Pattern:      &awsevents.EventPattern{Source: jsii.Strings("shop.orders"), DetailType: jsii.Strings("Closed")},
		Input:        awsevents.RuleTargetInput_FromObject(map[string]any{"order": awsevents.EventField_FromPath(jsii.String("$.detail.id"))}),
		Claim:        &trigger.Claim{Members: []string{"$.detail.id"}}, // an order that is closed twice starts one execution
	})
	fmt.Println(*event.Rule().Node().Path())
	// Output: Shop/OrdersClosed/Rule
}

// Each file that a partner drops becomes the items of an execution.
func ExampleNewObjectCreated() {
	stack := newStack()
	drop := awss3.NewBucket(stack, jsii.String("Drop"), nil)
	dropped := trigger.NewObjectCreated(stack, jsii.String("Dropped"), &trigger.ObjectCreatedProps{
		StateMachine: nightly(stack),
		Bucket:       drop,
		Suffix:       jsii.String(".jsonl"),
	})
	fmt.Println(*dropped.Rule().Node().Path())
	// Output: Shop/Dropped/Rule
}

// A webhook whose senders sign with a shared secret. The delivery's ID is the
// member id of the body.
func ExampleNewWebhook() {
	stack := newStack()
	webhook := trigger.NewWebhook(stack, jsii.String("Partner"), &trigger.WebhookProps{
		StateMachine:  nightly(stack),
		Authorization: &trigger.HMAC{DeliveryID: trigger.InBody("id")},
	})
	fmt.Println(*webhook.Secret().Node().Path())
	// Output: Shop/Partner/Secret
}

// newStack returns a stack of an app. The context skips the build of functions:
// leave it out in your own app.
func newStack() awscdk.Stack {
	app := awscdk.NewApp(&awscdk.AppProps{Context: &map[string]any{"aws:cdk:bundling-stacks": []string{}}})
	return awscdk.NewStack(app, jsii.String("Shop"), nil)
}
