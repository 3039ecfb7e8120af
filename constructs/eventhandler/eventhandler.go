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

// EventHandler is a function in a stack that events invoke.
type EventHandler interface {
	constructs.Construct

	// Function returns the function that the events invoke.
	Function() awslambda.IFunction

	// DeadLetterQueue returns the queue of the events that the function did not
	// handle. Watch it.
	DeadLetterQueue() awssqs.IQueue

	// Schedule returns the schedule. It is nil without Props.Schedule.
	Schedule() awsscheduler.Schedule

	// Rule returns the rule of EventBridge. It is nil without Props.Events.
	Rule() awsevents.Rule

	// FunctionURL returns the function's URL, whose GrantInvokeUrl lets a
	// principal use it. It is nil without Props.FunctionURL.
	FunctionURL() awslambda.FunctionUrl

	// Alarms returns the alarms by their kinds.
	Alarms() map[Alarm]awscloudwatch.Alarm
}

type eventHandler struct {
	constructs.Construct
	function    awslambda.IFunction
	deadLetters awssqs.IQueue
	schedule    awsscheduler.Schedule
	rule        awsevents.Rule
	url         awslambda.FunctionUrl
	alarms      map[Alarm]awscloudwatch.Alarm
}

func (h *eventHandler) Function() awslambda.IFunction         { return h.function }
func (h *eventHandler) DeadLetterQueue() awssqs.IQueue        { return h.deadLetters }
func (h *eventHandler) Schedule() awsscheduler.Schedule       { return h.schedule }
func (h *eventHandler) Rule() awsevents.Rule                  { return h.rule }
func (h *eventHandler) FunctionURL() awslambda.FunctionUrl    { return h.url }
func (h *eventHandler) Alarms() map[Alarm]awscloudwatch.Alarm { return h.alarms }

// New creates the schedule, the rule and the URL that invoke the function in props,
// its dead-letter queue and its alarms. It panics with every problem of the props
// at once, before it creates anything.
func New(scope constructs.Construct, id *string, props *Props) EventHandler {
	var settings Props
	if props != nil {
		settings = *props
	}
	input, found := settings.validate()
	found.Refuse(scope, id)
	h := &eventHandler{function: settings.Function, deadLetters: settings.DeadLetterQueue}
	constructs.NewConstruct_Override(h, scope, id)
	if h.deadLetters == nil {
		h.deadLetters = undelivered.NewQueue(h, "Failures", settings.EncryptionKey, settings.RemovalPolicy)
	}
	h.invokeAsynchronously(&settings)
	if settings.Schedule != nil {
		h.addSchedule(&settings, input)
	}
	if settings.Events != nil {
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

// invokeAsynchronously configures the retries of events and the dead-letter queue. The
// CDK's own destination would grant more than is needed.
func (h *eventHandler) invokeAsynchronously(settings *Props) {
	h.deadLetters.Grant(h.function, jsii.String("sqs:SendMessage"))
	undelivered.LetSend(h.function, h.deadLetters)
	name, qualifier := qualified(h.function)
	config := awslambda.NewCfnEventInvokeConfig(h, jsii.String("Async"), &awslambda.CfnEventInvokeConfigProps{
		FunctionName:             name,
		Qualifier:                qualifier,
		MaximumRetryAttempts:     settings.RetryAttempts,
		MaximumEventAgeInSeconds: jsii.Number(settings.maxEventAgeSeconds()),
		DestinationConfig: &awslambda.CfnEventInvokeConfig_DestinationConfigProperty{
			OnFailure: &awslambda.CfnEventInvokeConfig_OnFailureProperty{Destination: h.deadLetters.QueueArn()},
		},
	})
	// Lambda checks that the function may send there (AWS Lambda developer
	// guide, "Capturing records of Lambda asynchronous invocations").
	if role := h.function.Role(); role != nil {
		config.Node().AddDependency(role)
	}
}

// qualified returns the name of a function and the version that is invoked.
func qualified(function awslambda.IFunction) (name, qualifier *string) {
	switch f := function.(type) {
	case awslambda.IAlias:
		return f.Version().Lambda().FunctionName(), f.AliasName()
	case awslambda.IVersion:
		return f.Lambda().FunctionName(), f.Version()
	}
	return function.FunctionName(), jsii.String("$LATEST")
}
