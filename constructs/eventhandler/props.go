package eventhandler

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/internal/refusal"
	"github.com/mapjob/mapjob/constructs/internal/schedule"
)

// Limits of asynchronous invocation (AWS Lambda API reference,
// "PutFunctionEventInvokeConfig").
const (
	maxRetryAttempts   = 2
	minEventAgeSeconds = 60
	maxEventAgeSeconds = 6 * 3600
)

// Props are the props of an event handler.
type Props struct {
	// Function is the function that the events invoke, or an alias or a version
	// of it.
	// Required.
	Function awslambda.IFunction

	// Schedule invokes the function at certain times.
	// Default: no schedule.
	Schedule *Schedule

	// Events invokes the function for events of a bus.
	// Default: no events.
	Events *Events

	// FunctionURL gives the function a URL. Callers sign their requests with AWS
	// credentials and need permission to invoke it.
	// Default: no URL.
	FunctionURL *bool

	// RetryAttempts is how many times Lambda retries an event on which the function
	// failed, 0 to 2.
	// Default: two retries.
	RetryAttempts *float64

	// MaxEventAge is how old an event may be when the function is invoked with
	// it, one minute to six hours. Older events go to the dead-letter queue.
	// Default: six hours.
	MaxEventAge awscdk.Duration

	// DeadLetterQueue gets the events that the function did not handle. The
	// policies of an imported queue and of its key must let EventBridge send.
	// Default: the handler creates an encrypted queue.
	DeadLetterQueue awssqs.IQueue

	// RemovalPolicy is what happens to the dead-letter queue that the handler creates,
	// with its events, when it or the stack is deleted: awscdk.RemovalPolicy_DESTROY,
	// _RETAIN or _RETAIN_ON_UPDATE_OR_DELETE.
	// Default: the queue is deleted.
	RemovalPolicy awscdk.RemovalPolicy

	// EncryptionKey encrypts the dead-letter queue that the handler creates, and
	// the data of the schedule. The policy of an imported key must let EventBridge
	// use it.
	// Default: keys of SQS and of Scheduler encrypt them.
	EncryptionKey awskms.IKey

	// Topic gets a message when an alarm is raised and when it is over. An
	// encrypted topic needs a key that CloudWatch may use, such as the key of
	// observe.NewTopic.
	// Default: alarms change their state and send no message.
	Topic awssns.ITopic

	// EventAgeAlarm raises an alarm if an event waits for longer than this before
	// the function is invoked with it.
	// Default: half the MaxEventAge.
	EventAgeAlarm awscdk.Duration

	// Without leaves out alarms.
	// Default: all alarms: Errors, Throttles, Dropped, DeadLetters, EventAge.
	Without []Alarm
}

// Schedule invokes a function at certain times.
type Schedule struct {
	// Expression says when the function is invoked: cron(minutes hours day-of-month
	// month day-of-week year), rate(5 minutes) or at(2027-01-31T23:59:00).
	// Required.
	Expression *string

	// TimeZone is the time zone of a cron or at expression, such as Europe/Zurich.
	// When clocks go forward, times in the hour that is left out are skipped. When
	// they go back, times in the hour that comes twice count once.
	// Default: times are in UTC.
	TimeZone *string

	// Input is the event that the function gets: any value that can be encoded as
	// JSON. In its strings Scheduler replaces <aws.scheduler.scheduled-time>,
	// <aws.scheduler.execution-id> and <aws.scheduler.attempt-number>.
	// Default: the event is an empty object.
	Input any
}

func (s *Schedule) times() schedule.Times {
	return schedule.Times{Expression: s.Expression, TimeZone: s.TimeZone}
}

// Events invokes a function for events of a bus.
type Events struct {
	// Pattern selects the events: an event matches if it has one of the values for
	// each member of the pattern.
	// Required.
	Pattern *awsevents.EventPattern

	// EventBus is the bus of the events.
	// Default: the account's default bus, with the events of AWS services.
	EventBus awsevents.IEventBus
}

// maxEventAgeSeconds returns how old an event may be.
func (p *Props) maxEventAgeSeconds() float64 {
	if p.MaxEventAge == nil {
		return maxEventAgeSeconds
	}
	return refusal.Seconds(p.MaxEventAge)
}

// maxEventAge returns how old an event may be. Scheduler and EventBridge always get
// it: by default they retry for a day.
func (p *Props) maxEventAge() awscdk.Duration {
	return awscdk.Duration_Seconds(jsii.Number(p.maxEventAgeSeconds()))
}

// validate returns every problem with the props. It also returns the schedule's
// input as encoding/json decodes it, which is what jsii takes.
func (p *Props) validate() (input any, found refusal.Problems) {
	if p.Function == nil {
		found.Add("Function: got nothing, expected the function to invoke")
	}
	if s := p.Schedule; s != nil {
		s.times().Validate("Schedule.", &found)
		input = found.JSON("Schedule.Input", s.Input)
	}
	if e := p.Events; e != nil && (e.Pattern == nil || *e.Pattern == (awsevents.EventPattern{})) {
		found.Add("Events.Pattern: got nothing, expected at least one member, such as Source: every event would match")
	}
	found.Whole("RetryAttempts", p.RetryAttempts, 0, maxRetryAttempts)
	if p.EncryptionKey != nil && p.DeadLetterQueue != nil && p.Schedule == nil {
		found.Add("EncryptionKey: got a key with a DeadLetterQueue, which has its own encryption, and without a Schedule; expected one of them")
	}
	found.RemovalPolicyOf("DeadLetterQueue", p.DeadLetterQueue != nil, p.RemovalPolicy)
	p.validateAges(&found)
	refusal.Without(&found, p.Without, inOrder)
	return input, found
}

// validateAges checks durations. They have to be known at synth, because an
// alarm's threshold is a number.
func (p *Props) validateAges(found *refusal.Problems) {
	longest := float64(maxEventAgeSeconds)
	if found.KnownDuration("MaxEventAge", p.MaxEventAge, minEventAgeSeconds, maxEventAgeSeconds) {
		longest = p.maxEventAgeSeconds()
	}
	if found.KnownDuration("EventAgeAlarm", p.EventAgeAlarm, 1, maxEventAgeSeconds) && p.EventAgeAlarm != nil {
		if s := refusal.Seconds(p.EventAgeAlarm); s >= longest {
			found.Add("EventAgeAlarm: got %.10g s, expected less than the MaxEventAge of %.10g s, when an event goes to the dead-letter queue", s, longest)
		}
	}
}
