// Package eventhandler is a Lambda function behind an event: a schedule, a
// pattern of events on a bus, or a URL. It is enough for a job that one
// invocation gets done within fifteen minutes.
//
//	eventhandler.New(stack, jsii.String("Nightly"), &eventhandler.Props{
//		Function: function,
//		Schedule: awsscheduler.ScheduleExpression_Cron(&awsscheduler.CronOptionsWithTimezone{
//			Minute: jsii.String("0"), Hour: jsii.String("2"), TimeZone: awscdk.TimeZone_EUROPE_ZURICH(),
//		}),
//	})
//
// A schedule and a pattern invoke the function asynchronously: Lambda keeps the
// event in a queue of its own, tries again when the function fails, and sends
// what it gives up to the failure queue. A URL invokes it synchronously: its
// caller waits, gets the error, and tries again by itself.
//
// Events come at least once: now and then one starts the function twice. And
// nobody is told when the work is done: what there is to know of it, the
// function has to say.
package eventhandler

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsscheduler"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/internal/undelivered"
)

// EventHandler is a function behind an event in a stack.
type EventHandler interface {
	constructs.Construct

	// Function is what the events invoke.
	Function() awslambda.IFunction

	// FailureQueue has the events that were given up: watch it.
	FailureQueue() awssqs.IQueue

	// Schedule is nil where the props have none.
	Schedule() awsscheduler.Schedule

	// Rule is nil where the props have no pattern.
	Rule() awsevents.Rule

	// FunctionUrl is nil where the props don't ask for one. Its GrantInvokeUrl
	// lets a principal use it.
	FunctionUrl() awslambda.FunctionUrl

	// Alarms are those that there are, by what they tell.
	Alarms() map[Alarm]awscloudwatch.Alarm
}

type eventHandler struct {
	constructs.Construct
	function     awslambda.IFunction
	failureQueue awssqs.IQueue
	schedule     awsscheduler.Schedule
	rule         awsevents.Rule
	url          awslambda.FunctionUrl
	alarms       map[Alarm]awscloudwatch.Alarm
}

func (h *eventHandler) Function() awslambda.IFunction         { return h.function }
func (h *eventHandler) FailureQueue() awssqs.IQueue           { return h.failureQueue }
func (h *eventHandler) Schedule() awsscheduler.Schedule       { return h.schedule }
func (h *eventHandler) Rule() awsevents.Rule                  { return h.rule }
func (h *eventHandler) FunctionUrl() awslambda.FunctionUrl    { return h.url }
func (h *eventHandler) Alarms() map[Alarm]awscloudwatch.Alarm { return h.alarms }

// New puts the function in props behind its events. It panics with every
// problem of the props at once, before it creates anything.
func New(scope constructs.Construct, id *string, props *Props) EventHandler {
	var settings Props
	if props != nil {
		settings = *props
	}
	input, found := settings.validate()
	found.Refuse(scope, id)
	h := &eventHandler{function: settings.Function, failureQueue: settings.OnFailure}
	constructs.NewConstruct_Override(h, scope, id)
	if h.failureQueue == nil {
		h.failureQueue = undelivered.NewQueue(h, "Failures", settings.EncryptionKey)
	}
	h.invokeAsynchronously(&settings)
	if settings.Schedule != nil {
		h.addSchedule(&settings, input)
	}
	if settings.Pattern != nil {
		h.addRule(&settings)
	}
	if settings.FunctionURL != nil && *settings.FunctionURL {
		h.url = awslambda.NewFunctionUrl(h, jsii.String("Url"), &awslambda.FunctionUrlProps{
			Function: settings.Function, AuthType: awslambda.FunctionUrlAuthType_AWS_IAM,
		})
	}
	h.alarms = newAlarms(h, &settings)
	return h
}

// invokeAsynchronously says what Lambda does with an event until the function
// has succeeded. The CDK's own destination would grant more than is needed.
func (h *eventHandler) invokeAsynchronously(settings *Props) {
	h.failureQueue.Grant(h.function, jsii.String("sqs:SendMessage"))
	undelivered.LetSend(h.function, h.failureQueue)
	name, qualifier := qualified(h.function)
	config := awslambda.NewCfnEventInvokeConfig(h, jsii.String("Async"), &awslambda.CfnEventInvokeConfigProps{
		FunctionName:             name,
		Qualifier:                qualifier,
		MaximumRetryAttempts:     settings.RetryAttempts,
		MaximumEventAgeInSeconds: jsii.Number(settings.maxEventAgeSeconds()),
		DestinationConfig: &awslambda.CfnEventInvokeConfig_DestinationConfigProperty{
			OnFailure: &awslambda.CfnEventInvokeConfig_OnFailureProperty{Destination: h.failureQueue.QueueArn()},
		},
	})
	// Lambda checks that the function may send there (AWS Lambda developer
	// guide, "Capturing records of Lambda asynchronous invocations").
	if role := h.function.Role(); role != nil {
		config.Node().AddDependency(role)
	}
}

// qualified is a function's name, and which version of it is invoked.
func qualified(function awslambda.IFunction) (name, qualifier *string) {
	switch f := function.(type) {
	case awslambda.IAlias:
		return f.Version().Lambda().FunctionName(), f.AliasName()
	case awslambda.IVersion:
		return f.Lambda().FunctionName(), f.Version()
	}
	return function.FunctionName(), jsii.String("$LATEST")
}
