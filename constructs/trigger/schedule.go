package trigger

import (
	"errors"
	"math"
	"time"
	_ "time/tzdata" // time zones are checked by the names that Go knows, on every machine the same

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsscheduler"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsschedulertargets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/internal/refusal"
	"github.com/mapjob/mapjob/constructs/internal/undelivered"
)

// maxWindowSeconds is the longest flexible time window (EventBridge Scheduler
// API reference, "FlexibleTimeWindow").
const maxWindowSeconds = 1440 * 60

// ScheduleProps are the props of a schedule.
type ScheduleProps struct {
	// StateMachine is what the schedule starts.
	// Required.
	StateMachine awsstepfunctions.IStateMachine

	// Expression is when: cron(minutes hours day-of-month month day-of-week
	// year), rate(5 minutes) or at(2027-01-31T23:59:00).
	// Required.
	Expression *string

	// TimeZone is where the times of a cron or at expression are those of the
	// clock on the wall, as in Europe/Zurich. Where clocks change, the hour
	// that is left out is skipped, and the one that comes twice counts once.
	// Default: times are in UTC.
	TimeZone *string

	// FlexibleWindow is how much later an execution may start, one minute to a
	// day: the schedule picks a moment, so that not everything starts at once.
	// Default: an execution starts within the minute.
	FlexibleWindow awscdk.Duration

	// Input is the execution's input, anything that JSON can say. In its
	// strings Scheduler replaces <aws.scheduler.scheduled-time>,
	// <aws.scheduler.execution-id> and <aws.scheduler.attempt-number>.
	// Default: the input is an empty object.
	Input any

	// RetryAttempts is how often a start that failed is tried again.
	// Default: it is tried again 185 times, as long as MaxEventAge allows.
	RetryAttempts *float64

	// MaxEventAge is how long after its time an execution may still start, one
	// minute to a day.
	// Default: a start is given up after a day.
	MaxEventAge awscdk.Duration

	// DeadLetterQueue gets what could not be started.
	// Default: the schedule has an encrypted queue of its own.
	DeadLetterQueue awssqs.IQueue

	// EncryptionKey encrypts the schedule's data, the input first of all, and
	// its own dead-letter queue.
	// Default: keys of Scheduler and of SQS encrypt them.
	EncryptionKey awskms.IKey

	// Enabled is whether the schedule is on.
	// Default: it is.
	Enabled *bool

	// Description is shown in the console.
	// Default: no description.
	Description *string
}

// Schedule is a schedule in a stack.
type Schedule interface {
	constructs.Construct

	// Schedule is the schedule of EventBridge Scheduler.
	Schedule() awsscheduler.Schedule

	// DeadLetterQueue has what could not be started: watch it.
	DeadLetterQueue() awssqs.IQueue

	// Role is what the schedule starts the state machine with.
	Role() awsiam.IRole
}

type schedule struct {
	constructs.Construct
	schedule    awsscheduler.Schedule
	deadLetters awssqs.IQueue
	role        awsiam.IRole
}

func (s *schedule) Schedule() awsscheduler.Schedule { return s.schedule }
func (s *schedule) DeadLetterQueue() awssqs.IQueue  { return s.deadLetters }
func (s *schedule) Role() awsiam.IRole              { return s.role }

// NewSchedule starts a state machine at certain times. It panics with every
// problem of the props at once, before it creates anything.
func NewSchedule(scope constructs.Construct, id *string, props *ScheduleProps) Schedule {
	var settings ScheduleProps
	if props != nil {
		settings = *props
	}
	input, found := settings.validate()
	found.Refuse(scope, id)

	this := &schedule{}
	constructs.NewConstruct_Override(this, scope, id)
	this.deadLetters = settings.DeadLetterQueue
	if this.deadLetters == nil {
		this.deadLetters = undelivered.NewQueue(this, deadLettersID, settings.EncryptionKey)
	}
	// Scheduler's own confused deputy is kept out by the group of the schedule,
	// not by the schedule (user guide, "Confused deputy prevention").
	this.role = awsiam.NewRole(this, jsii.String("Role"), &awsiam.RoleProps{
		AssumedBy: undelivered.ForThisAccount(this, "scheduler.amazonaws.com", map[string]any{
			"aws:SourceArn": awscdk.Stack_Of(this).FormatArn(&awscdk.ArnComponents{
				Service: jsii.String("scheduler"), Resource: jsii.String("schedule-group"), ResourceName: jsii.String("default"),
			}),
		}),
	})
	undelivered.LetSend(this.role, this.deadLetters)
	window := awsscheduler.TimeWindow_Off()
	if settings.FlexibleWindow != nil {
		window = awsscheduler.TimeWindow_Flexible(settings.FlexibleWindow)
	}
	zone := awscdk.TimeZone_ETC_UTC()
	if settings.TimeZone != nil {
		zone = awscdk.TimeZone_Of(settings.TimeZone)
	}
	this.schedule = awsscheduler.NewSchedule(this, jsii.String("Schedule"), &awsscheduler.ScheduleProps{
		Schedule: awsscheduler.ScheduleExpression_Expression(settings.Expression, zone),
		Target: awsschedulertargets.NewStepFunctionsStartExecution(settings.StateMachine, &awsschedulertargets.ScheduleTargetBaseProps{
			Input:           awsscheduler.ScheduleTargetInput_FromObject(input),
			RetryAttempts:   settings.RetryAttempts,
			MaxEventAge:     settings.MaxEventAge,
			DeadLetterQueue: this.deadLetters,
			Role:            this.role,
		}),
		TimeWindow:  window,
		Enabled:     settings.Enabled,
		Description: settings.Description,
		Key:         settings.EncryptionKey,
	})
	return this
}

// validate also gives the input as JSON has it, which is what jsii takes.
func (p *ScheduleProps) validate() (input any, found problems) {
	found.checkStateMachine(p.StateMachine)
	kind := ""
	switch {
	case p.Expression == nil:
		found.Add("Expression: got nothing, expected cron(…), rate(…) or at(…)")
	case !*awscdk.Token_IsUnresolved(*p.Expression):
		var err error
		if kind, err = parseExpression(*p.Expression); err != nil {
			found.Add("Expression: got %q: %w", *p.Expression, err)
		}
	}
	if p.TimeZone != nil && !*awscdk.Token_IsUnresolved(*p.TimeZone) {
		if err := checkTimeZone(*p.TimeZone); err != nil {
			found.Add("TimeZone: got %q, expected %w", *p.TimeZone, err)
		} else if kind == rateExpression {
			found.Add("TimeZone: got %q, expected none beside a rate, which knows no time of day", *p.TimeZone)
		}
	}
	if found.Duration("FlexibleWindow", p.FlexibleWindow, 60, maxWindowSeconds) && math.Mod(refusal.Seconds(p.FlexibleWindow), 60) != 0 {
		found.Add("FlexibleWindow: got %.10g s, expected whole minutes", refusal.Seconds(p.FlexibleWindow))
	}
	found.checkRetry(p.RetryAttempts, p.MaxEventAge)
	return found.JSON("Input", p.Input), found
}

func checkTimeZone(name string) error {
	if name == "" || name == "Local" { // which Go knows, and nobody else
		return errors.New("a name of the time zone database, as Europe/Zurich")
	}
	if _, err := time.LoadLocation(name); err != nil {
		return errors.New("a name of the time zone database, as Europe/Zurich")
	}
	return nil
}
