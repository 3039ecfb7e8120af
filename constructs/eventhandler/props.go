package eventhandler

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsscheduler"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/internal/refusal"
)

// Limits of asynchronous invocation (AWS Lambda API reference,
// "PutFunctionEventInvokeConfig").
const (
	maxRetryAttempts   = 2
	minEventAgeSeconds = 60
	maxEventAgeSeconds = 6 * 3600
)

// Props of an event handler.
type Props struct {
	// Function is what the events invoke, or an alias or a version of it.
	// Required.
	Function awslambda.IFunction

	// Schedule invokes the function at certain times.
	// Default: no schedule invokes it.
	Schedule awsscheduler.ScheduleExpression

	// ScheduleInput is the event that the schedule invokes the function with,
	// anything that JSON can say. In its strings Scheduler replaces
	// <aws.scheduler.scheduled-time>, <aws.scheduler.execution-id> and
	// <aws.scheduler.attempt-number>.
	// Default: with a Schedule, the event is an empty object.
	ScheduleInput any

	// Pattern is which events invoke the function: an event matches that has
	// one of the values for every member.
	// Default: no event of a bus invokes it.
	Pattern *awsevents.EventPattern

	// EventBus is where the events of the Pattern are.
	// Default: those of AWS services, on the account's default bus.
	EventBus awsevents.IEventBus

	// FunctionURL gives the function a URL for those who sign their requests
	// and may invoke it.
	// Default: it has no URL.
	FunctionURL *bool

	// RetryAttempts is how often Lambda invokes the function again for an event
	// on which it has failed, 0 to 2.
	// Default: it is invoked up to two times more.
	RetryAttempts *float64

	// MaxEventAge is how old an event may be when the function is invoked with
	// it, one minute to six hours: older ones are given up.
	// Default: an event is given up after six hours.
	MaxEventAge awscdk.Duration

	// OnFailure gets the events that were given up. The policy of an imported
	// queue has to let EventBridge send to it, that of its key too.
	// Default: the handler has an encrypted queue of its own.
	OnFailure awssqs.IQueue

	// EncryptionKey encrypts the handler's own failure queue, and the data of
	// the schedule. The policy of an imported key has to let EventBridge use it.
	// Default: keys of SQS and of Scheduler encrypt them.
	EncryptionKey awskms.IKey

	// Topic is who is told that an alarm was raised, and that it is over. An
	// encrypted topic needs a key that CloudWatch may use, as those of
	// observe.NewTopic.
	// Default: alarms change their state and tell nobody.
	Topic awssns.ITopic

	// EventAgeAlarm raises an alarm when an event has waited for longer than
	// this before the function was invoked with it.
	// Default: an event that has waited for half its MaxEventAge raises one.
	EventAgeAlarm awscdk.Duration

	// Without leaves out alarms.
	// Default: there are all: Errors, Throttles, Dropped, DeadLetters, EventAge.
	Without []Alarm
}

// maxEventAgeSeconds is how old an event may be.
func (p *Props) maxEventAgeSeconds() float64 {
	if p.MaxEventAge == nil {
		return maxEventAgeSeconds
	}
	return refusal.Seconds(p.MaxEventAge)
}

// maxEventAge is the same where it has to be said: Scheduler and EventBridge
// would go on for a day.
func (p *Props) maxEventAge() awscdk.Duration {
	return awscdk.Duration_Seconds(jsii.Number(p.maxEventAgeSeconds()))
}

// validate names every problem, each with what it got and what it expects. It
// also gives the schedule's input as JSON has it.
func (p *Props) validate() (input any, found refusal.Problems) {
	if p.Function == nil {
		found.Add("Function: got nothing, expected the function to invoke")
	}
	if p.ScheduleInput != nil && p.Schedule == nil {
		found.Add("ScheduleInput: got one without a Schedule, expected none")
	}
	input = found.JSON("ScheduleInput", p.ScheduleInput)
	if p.Pattern != nil && *p.Pattern == (awsevents.EventPattern{}) {
		found.Add("Pattern: got nothing in it, expected at least one member, as the Source: every event there is would match")
	}
	if p.EventBus != nil && p.Pattern == nil {
		found.Add("EventBus: got one without a Pattern, expected none")
	}
	found.Whole("RetryAttempts", p.RetryAttempts, 0, maxRetryAttempts)
	if p.EncryptionKey != nil && p.OnFailure != nil && p.Schedule == nil {
		found.Add("EncryptionKey: got a key, expected none beside an OnFailure queue, which has one of its own or none")
	}
	p.validateAges(&found)
	refusal.Without(&found, p.Without, inOrder)
	return input, found
}

// validateAges is about the durations. An alarm's threshold is a number in the
// template, so they have to be known.
func (p *Props) validateAges(found *refusal.Problems) {
	longest := float64(maxEventAgeSeconds)
	if found.KnownDuration("MaxEventAge", p.MaxEventAge, minEventAgeSeconds, maxEventAgeSeconds) {
		longest = p.maxEventAgeSeconds()
	}
	if found.KnownDuration("EventAgeAlarm", p.EventAgeAlarm, 1, maxEventAgeSeconds) && p.EventAgeAlarm != nil {
		if s := refusal.Seconds(p.EventAgeAlarm); s >= longest {
			found.Add("EventAgeAlarm: got %.10g s, expected less than the MaxEventAge of %.10g s, at which an event is given up", s, longest)
		}
	}
}
