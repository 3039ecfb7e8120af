package eventhandler

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsscheduler"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"
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
	return seconds(p.MaxEventAge)
}

// validate names every problem, each with what it got and what it expects. It
// also gives the schedule's input as JSON has it, which is what jsii takes.
func (p *Props) validate() (input any, err error) {
	var problems []error
	problem := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }

	if p.Function == nil {
		problem("Function: got nothing, expected the function to invoke")
	}
	input = map[string]any{}
	if p.ScheduleInput != nil {
		if p.Schedule == nil {
			problem("ScheduleInput: got one without a Schedule, expected none")
		}
		text, err := json.Marshal(p.ScheduleInput)
		if err == nil {
			err = json.Unmarshal(text, &input)
		}
		if err != nil {
			problem("ScheduleInput: got what JSON can't say, expected what it can: %w", err)
		}
	}
	if p.Pattern != nil && *p.Pattern == (awsevents.EventPattern{}) {
		problem("Pattern: got nothing in it, expected at least one member, as the Source: every event there is would match")
	}
	if p.EventBus != nil && p.Pattern == nil {
		problem("EventBus: got one without a Pattern, expected none")
	}
	if n := p.RetryAttempts; n != nil && !*awscdk.Token_IsUnresolved(*n) && *n != 0 && *n != 1 && *n != maxRetryAttempts {
		problem("RetryAttempts: got %g, expected 0, 1 or 2", *n)
	}
	if p.EncryptionKey != nil && p.OnFailure != nil && p.Schedule == nil {
		problem("EncryptionKey: got a key, expected none beside an OnFailure queue, which has one of its own or none")
	}
	problems = append(problems, p.validateAges()...)
	for _, alarm := range p.Without {
		if !slices.Contains(inOrder, alarm) {
			problem("Without: got %q, expected one of %s", alarm, quoted(inOrder))
		}
	}
	return input, errors.Join(problems...)
}

// validateAges is about the durations. An alarm's threshold is a number in the
// template, so they have to be known.
func (p *Props) validateAges() (problems []error) {
	problem := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	longest := float64(maxEventAgeSeconds)
	if d := p.MaxEventAge; d != nil {
		if *d.IsUnresolved() {
			problem("MaxEventAge: got a token, expected a duration that is known at synth")
		} else if s := seconds(d); !whole(s) || s < minEventAgeSeconds || s > maxEventAgeSeconds {
			problem("MaxEventAge: got %g s, expected whole seconds from %d s to %d s", s, minEventAgeSeconds, maxEventAgeSeconds)
		} else {
			longest = s
		}
	}
	if d := p.EventAgeAlarm; d != nil {
		if *d.IsUnresolved() {
			problem("EventAgeAlarm: got a token, expected a duration that is known at synth")
		} else if s := seconds(d); s <= 0 || s >= longest {
			problem("EventAgeAlarm: got %g s, expected more than none and less than the MaxEventAge of %g s, at which an event is given up", s, longest)
		}
	}
	return problems
}

func seconds(d awscdk.Duration) float64 {
	return *d.ToSeconds(&awscdk.TimeConversionOptions{Integral: jsii.Bool(false)})
}

func whole(v float64) bool { return v == float64(int64(v)) }

func quoted(alarms []Alarm) string {
	var list []string
	for _, a := range alarms {
		list = append(list, fmt.Sprintf("%q", a))
	}
	return strings.Join(list, ", ")
}
