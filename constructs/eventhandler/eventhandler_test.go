package eventhandler_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/eventhandler"
	"github.com/mapjob/mapjob/constructs/gofunction"
	"github.com/mapjob/mapjob/constructs/observe"
	"github.com/mapjob/mapjob/test/synthesis"
)

func TestMain(m *testing.M) { synthesis.Main(m) }

func seconds(n float64) awscdk.Duration { return awscdk.Duration_Seconds(jsii.Number(n)) }

func function(stack awscdk.Stack) awslambda.Function {
	return gofunction.New(stack, jsii.String("Function"), &gofunction.Props{Entry: jsii.String("lambdas/worker")})
}

func nightly() *eventhandler.Schedule {
	return &eventhandler.Schedule{Expression: jsii.String("cron(0 2 * * ? *)"), TimeZone: jsii.String("Europe/Zurich")}
}

func orders() *eventhandler.Events {
	return &eventhandler.Events{Pattern: &awsevents.EventPattern{Source: jsii.Strings("shop.orders")}}
}

// everything sets every prop except DeadLetterQueue, which others exclude.
func everything(stack awscdk.Stack) *eventhandler.Props {
	key := awskms.NewKey(stack, jsii.String("Key"), &awskms.KeyProps{EnableKeyRotation: jsii.Bool(true)})
	return &eventhandler.Props{
		Function: function(stack),
		Schedule: &eventhandler.Schedule{Expression: nightly().Expression, TimeZone: nightly().TimeZone,
			Input: map[string]any{"at": "<aws.scheduler.scheduled-time>", "dryRun": false}},
		Events:        &eventhandler.Events{Pattern: orders().Pattern, EventBus: awsevents.NewEventBus(stack, jsii.String("Bus"), nil)},
		FunctionURL:   jsii.Bool(true),
		RetryAttempts: jsii.Number(0),
		MaxEventAge:   awscdk.Duration_Hours(jsii.Number(1)),
		RemovalPolicy: awscdk.RemovalPolicy_RETAIN,
		EncryptionKey: key,
		Topic:         observe.NewTopic(stack, jsii.String("Alerts"), &observe.TopicProps{EncryptionKey: key}),
		EventAgeAlarm: awscdk.Duration_Minutes(jsii.Number(10)),
		Without:       []eventhandler.Alarm{eventhandler.AlarmThrottles},
	}
}

func TestSnapshots(t *testing.T) {
	for name, props := range map[string]func(awscdk.Stack) *eventhandler.Props{
		"minimal":    func(s awscdk.Stack) *eventhandler.Props { return &eventhandler.Props{Function: function(s)} },
		"everything": everything,
	} {
		t.Run(name, func(t *testing.T) {
			stack := synthesis.Stack(t)
			eventhandler.New(stack, jsii.String("Nightly"), props(stack))
			synthesis.Snapshot(t, name, synthesis.Reviewed(t, name, stack).Resources)
		})
	}
}

// Events that Lambda, Scheduler and EventBridge can't deliver go to one queue, which
// takes messages from these three only, over TLS.
func TestUnhandledEventsGoToOneQueue(t *testing.T) {
	stack := synthesis.Stack(t)
	handler := eventhandler.New(stack, jsii.String("Nightly"), &eventhandler.Props{Function: function(stack), Schedule: nightly(), Events: orders()})
	queue := fmt.Sprint(stack.Resolve(handler.DeadLetterQueue().QueueArn()))
	template := synthesis.Synthesize(t, stack)

	async := template.Only(t, "AWS::Lambda::EventInvokeConfig").Properties
	if got := fmt.Sprint(async["DestinationConfig"].(map[string]any)["OnFailure"].(map[string]any)["Destination"]); got != queue {
		t.Errorf("got the destination %s, expected %s", got, queue)
	}
	target := template.Only(t, "AWS::Scheduler::Schedule").Properties["Target"].(map[string]any)
	if got := fmt.Sprint(target["DeadLetterConfig"].(map[string]any)["Arn"]); got != queue {
		t.Errorf("got the schedule's dead letters in %s, expected them in %s", got, queue)
	}
	target = template.Only(t, "AWS::Events::Rule").Properties["Targets"].([]any)[0].(map[string]any)
	if got := fmt.Sprint(target["DeadLetterConfig"].(map[string]any)["Arn"]); got != queue {
		t.Errorf("got the rule's dead letters in %s, expected them in %s", got, queue)
	}
	for _, role := range []string{"Function", "NightlyScheduleRole"} {
		if !slices.ContainsFunc(template.Statements(role), func(s string) bool {
			return strings.Contains(s, `"Action":"sqs:SendMessage"`) && strings.Contains(s, "NightlyFailures")
		}) {
			t.Errorf("got %v for %s, expected it to send to the queue, and no more", template.Statements(role), role)
		}
	}
	var effects []string
	policy := template.Only(t, "AWS::SQS::QueuePolicy").Properties["PolicyDocument"].(map[string]any)
	for _, s := range policy["Statement"].([]any) {
		s := s.(map[string]any)
		effects = append(effects, fmt.Sprint(s["Effect"], " ", s["Action"], " to ", s["Principal"]))
	}
	expected := []string{"Deny sqs:* to map[AWS:*]", "Allow sqs:SendMessage to map[Service:events.amazonaws.com]"}
	if !slices.Equal(effects, expected) {
		t.Errorf("got the policy %v, expected %v", effects, expected)
	}
	if got := template.Only(t, "AWS::SQS::Queue").Properties["SqsManagedSseEnabled"]; got != true {
		t.Errorf("got SqsManagedSseEnabled %v, expected the queue to be encrypted", got)
	}
}

// Lambda, Scheduler and EventBridge each have a maximum age, and the last two would
// retry for a day.
func TestMaxEventAgeHoldsForEverySource(t *testing.T) {
	for expected, age := range map[float64]awscdk.Duration{6 * 3600: nil, 3600: awscdk.Duration_Hours(jsii.Number(1))} {
		stack := synthesis.Stack(t)
		eventhandler.New(stack, jsii.String("Nightly"), &eventhandler.Props{Function: function(stack), Schedule: nightly(), Events: orders(), MaxEventAge: age})
		template := synthesis.Synthesize(t, stack)
		retries := func(target any) any {
			policy, _ := target.(map[string]any)["RetryPolicy"].(map[string]any)
			return policy["MaximumEventAgeInSeconds"]
		}
		for who, got := range map[string]any{
			"Lambda":      template.Only(t, "AWS::Lambda::EventInvokeConfig").Properties["MaximumEventAgeInSeconds"],
			"Scheduler":   retries(template.Only(t, "AWS::Scheduler::Schedule").Properties["Target"]),
			"EventBridge": retries(template.Only(t, "AWS::Events::Rule").Properties["Targets"].([]any)[0]),
		} {
			if got != expected {
				t.Errorf("%s: got %v s, expected %v s", who, got, expected)
			}
		}
	}
}

func TestGivenQueueReplacesTheOwnOne(t *testing.T) {
	stack := synthesis.Stack(t)
	lost := awssqs.NewQueue(stack, jsii.String("Lost"), nil)
	handler := eventhandler.New(stack, jsii.String("Nightly"), &eventhandler.Props{Function: function(stack), DeadLetterQueue: lost})
	if got := synthesis.Synthesize(t, stack).OfType("AWS::SQS::Queue"); len(got) != 1 || *handler.DeadLetterQueue().Node().Path() != *lost.Node().Path() {
		t.Errorf("got %d queues and failures in %s, expected the given one only", len(got), *handler.DeadLetterQueue().Node().Path())
	}
}

func TestAliasIsInvokedByName(t *testing.T) {
	stack := synthesis.Stack(t)
	f := function(stack)
	for _, c := range []struct {
		function  awslambda.IFunction
		qualifier string
	}{
		{f, "$LATEST"},
		{f.CurrentVersion(), fmt.Sprint(stack.Resolve(f.CurrentVersion().Version()))},
		{f.AddAlias(jsii.String("live"), nil), "live"},
	} {
		handler := eventhandler.New(stack, jsii.Sprintf("Nightly%d", len(*stack.Node().Children())), &eventhandler.Props{Function: c.function})
		config := handler.Node().FindChild(jsii.String("Async")).(awslambda.CfnEventInvokeConfig)
		name, expected := fmt.Sprint(stack.Resolve(config.FunctionName())), fmt.Sprint(stack.Resolve(f.FunctionName()))
		if got := fmt.Sprint(stack.Resolve(config.Qualifier())); got != c.qualifier || name != expected {
			t.Errorf("got %s of %s, expected %s of %s", got, name, c.qualifier, expected)
		}
	}
}

// alarms describes the alarms of a handler.
func alarms(t *testing.T, change func(*eventhandler.Props)) map[eventhandler.Alarm]string {
	t.Helper()
	stack := synthesis.Stack(t)
	props := &eventhandler.Props{Function: function(stack)}
	change(props)
	handler := eventhandler.New(stack, jsii.String("Nightly"), props)
	template := synthesis.Synthesize(t, stack)
	found := map[eventhandler.Alarm]string{}
	for kind, alarm := range handler.Alarms() {
		p := template.Resources[stack.Resolve(alarm.AlarmName()).(map[string]any)["Ref"].(string)].Properties
		found[kind] = fmt.Sprintf("%v of %v %v over %v s, %v %v, missing %v", p["Statistic"], p["Namespace"], p["MetricName"], p["Period"],
			p["ComparisonOperator"], p["Threshold"], p["TreatMissingData"])
	}
	return found
}

func TestAlarms(t *testing.T) {
	const from = ", GreaterThanOrEqualToThreshold %d, missing notBreaching"
	one := fmt.Sprintf(from, 1)
	expected := map[eventhandler.Alarm]string{
		eventhandler.AlarmErrors:      "Sum of AWS/Lambda Errors over 300 s" + one,
		eventhandler.AlarmThrottles:   "Sum of AWS/Lambda Throttles over 300 s" + one,
		eventhandler.AlarmDropped:     "Sum of AWS/Lambda AsyncEventsDropped over 300 s" + one,
		eventhandler.AlarmDeadLetters: "Maximum of AWS/SQS ApproximateNumberOfMessagesVisible over 300 s" + one,
		eventhandler.AlarmEventAge:    "Maximum of AWS/Lambda AsyncEventAge over 300 s, GreaterThanOrEqualToThreshold 1.08e+07, missing notBreaching", // three hours in ms
	}
	got := alarms(t, func(*eventhandler.Props) {})
	for kind, text := range expected {
		if got[kind] != text {
			t.Errorf("%s: got %q, expected %q", kind, got[kind], text)
		}
	}
	got = alarms(t, func(p *eventhandler.Props) { p.MaxEventAge = seconds(60) })
	if text := fmt.Sprintf("Maximum of AWS/Lambda AsyncEventAge over 300 s"+from, 30_000); got[eventhandler.AlarmEventAge] != text {
		t.Errorf("got %q, expected %q", got[eventhandler.AlarmEventAge], text)
	}
	got = alarms(t, func(p *eventhandler.Props) {
		p.EventAgeAlarm = seconds(45)
		p.Without = []eventhandler.Alarm{eventhandler.AlarmErrors, eventhandler.AlarmThrottles, eventhandler.AlarmDropped, eventhandler.AlarmDeadLetters}
	})
	if text := fmt.Sprintf("Maximum of AWS/Lambda AsyncEventAge over 300 s"+from, 45_000); len(got) != 1 || got[eventhandler.AlarmEventAge] != text {
		t.Errorf("got %v, expected %q only", got, text)
	}
}

func TestBadPropsAreRefused(t *testing.T) {
	stack := synthesis.Stack(t)
	key, lost, f := awskms.NewKey(stack, jsii.String("Key"), nil), awssqs.NewQueue(stack, jsii.String("Lost"), nil), function(stack)
	for name, c := range map[string]struct {
		change   func(*eventhandler.Props)
		expected []string
	}{
		"nothing": {func(p *eventhandler.Props) { *p = eventhandler.Props{} }, []string{"Test/Nightly: Function: got nothing, expected the function to invoke"}},
		"all at once": {func(p *eventhandler.Props) {
			p.Schedule = &eventhandler.Schedule{Input: 1}
			p.Events = &eventhandler.Events{Pattern: &awsevents.EventPattern{}}
			p.RetryAttempts = jsii.Number(3)
			p.MaxEventAge = seconds(59)
			p.Without = []eventhandler.Alarm{"Aborted"}
		}, []string{
			"Schedule.Expression: got nothing, expected cron(…), rate(…) or at(…)",
			"Events.Pattern: got nothing, expected at least one member",
			"RetryAttempts: got 3, expected a whole number from 0 to 2",
			"MaxEventAge: got 59 s, expected whole seconds from 60 s to 21600 s",
			`Without: got "Aborted", expected one of "Errors", "Throttles", "Dropped", "DeadLetters", "EventAge"`,
		}},
		"no JSON": {func(p *eventhandler.Props) {
			p.Schedule = &eventhandler.Schedule{Expression: nightly().Expression, Input: math.Inf(1)}
		}, []string{"Schedule.Input: got a value that is not JSON"}},
		"a cron expression of five fields": {func(p *eventhandler.Props) {
			p.Schedule = &eventhandler.Schedule{Expression: jsii.String("cron(0 2 * * ?)"), TimeZone: jsii.String("CEST")}
		}, []string{`Schedule.Expression: got "cron(0 2 * * ?)": got 5 fields, expected six`, `Schedule.TimeZone: got "CEST", expected a name of the time zone database`}},
		"a bus without a pattern": {func(p *eventhandler.Props) {
			p.Events = &eventhandler.Events{EventBus: awsevents.EventBus_FromEventBusName(stack, jsii.String("Bus"), jsii.String("ours"))}
		}, []string{"Events.Pattern: got nothing"}},
		"half a retry": {func(p *eventhandler.Props) { p.RetryAttempts = jsii.Number(0.5) }, []string{"RetryAttempts: got 0.5, expected a whole number from 0 to 2"}},
		"too old":      {func(p *eventhandler.Props) { p.MaxEventAge = seconds(21_601) }, []string{"MaxEventAge: got 21601 s"}},
		"a fraction": {func(p *eventhandler.Props) { p.MaxEventAge = awscdk.Duration_Millis(jsii.Number(60_500)) },
			[]string{"MaxEventAge: got 60.5 s, expected whole seconds"}},
		"an alarm after the end": {func(p *eventhandler.Props) { p.MaxEventAge, p.EventAgeAlarm = seconds(60), seconds(60) },
			[]string{"EventAgeAlarm: got 60 s, expected less than the MaxEventAge of 60 s"}},
		"a queue of its own": {func(p *eventhandler.Props) { p.DeadLetterQueue, p.RemovalPolicy = lost, awscdk.RemovalPolicy_RETAIN },
			[]string{`RemovalPolicy: got "RETAIN" with a DeadLetterQueue, which has its own; expected one of them`}},
		"an alarm at once": {func(p *eventhandler.Props) { p.EventAgeAlarm = seconds(0) }, []string{"EventAgeAlarm: got 0 s"}},
		"a token": {func(p *eventhandler.Props) {
			p.MaxEventAge = seconds(*awscdk.Token_AsNumber(map[string]string{"Ref": "Age"}))
			p.EventAgeAlarm = p.MaxEventAge
		}, []string{"MaxEventAge: got a token", "EventAgeAlarm: got a token"}},
		"a key without a use": {func(p *eventhandler.Props) { p.EncryptionKey, p.DeadLetterQueue = key, lost },
			[]string{"EncryptionKey: got a key with a DeadLetterQueue"}},
	} {
		t.Run(name, func(t *testing.T) {
			before := len(*stack.Node().Children())
			props := &eventhandler.Props{Function: f}
			c.change(props)
			after := len(*stack.Node().Children()) - before // of the change's own
			message := synthesis.Panics(t, func() { eventhandler.New(stack, jsii.String("Nightly"), props) })
			for _, expected := range c.expected {
				if !strings.Contains(message, expected) {
					t.Errorf("got %q, expected it to contain %q", message, expected)
				}
			}
			if children := len(*stack.Node().Children()) - before; children != after {
				t.Errorf("got %d children of the stack, expected none to be created from bad props", children-after)
			}
		})
	}
}
