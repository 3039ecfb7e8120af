package trigger

import (
	"encoding/json"
	"math"

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
	"github.com/mapjob/mapjob/constructs/internal/schedule"
	"github.com/mapjob/mapjob/constructs/internal/undelivered"
)

// maxWindowSeconds is the longest flexible time window (EventBridge Scheduler
// API reference, "FlexibleTimeWindow").
const maxWindowSeconds = 1440 * 60

// ScheduleProps are the props of a schedule.
type ScheduleProps struct {
	// StateMachine is the state machine that the schedule starts.
	// Required.
	StateMachine awsstepfunctions.IStateMachine

	// Expression says when the schedule starts the state machine: cron(minutes
	// hours day-of-month month day-of-week year), rate(5 minutes) or
	// at(2027-01-31T23:59:00).
	// Required.
	Expression *string

	// TimeZone is the time zone of a cron or at expression, such as Europe/Zurich.
	// When clocks go forward, times in the hour that is left out are skipped. When
	// they go back, times in the hour that comes twice count once.
	// Default: times are in UTC.
	TimeZone *string

	// FlexibleWindow is how much later an execution may start, one minute to a
	// day, in whole minutes. The schedule picks a moment, so that not everything
	// starts at once.
	// Default: an execution starts within the minute.
	FlexibleWindow awscdk.Duration

	// Input is the execution's input: any value that can be encoded as JSON. In its
	// strings Scheduler replaces <aws.scheduler.scheduled-time>,
	// <aws.scheduler.execution-id> and <aws.scheduler.attempt-number>.
	// Default: the input is an empty object.
	Input any

	// Claim makes each time of the schedule start one execution, however often
	// Scheduler delivers it: &Claim{}, without Members.
	// Default: a time that is delivered twice starts two executions.
	Claim *Claim

	// RetryAttempts is how often a failed start is retried, 0 to 185.
	// Default: 185 times, until MaxEventAge.
	RetryAttempts *float64

	// MaxEventAge is how long after its time an execution may still start, one
	// minute to a day.
	// Default: a start goes to the dead-letter queue after a day.
	MaxEventAge awscdk.Duration

	// DeadLetterQueue gets the starts that failed.
	// Default: the schedule creates an encrypted queue.
	DeadLetterQueue awssqs.IQueue

	// RemovalPolicy is what happens to the dead-letter queue that the schedule creates,
	// with what is in it, when it or the stack is deleted:
	// awscdk.RemovalPolicy_DESTROY, _RETAIN or _RETAIN_ON_UPDATE_OR_DELETE.
	// Default: the queue is deleted.
	RemovalPolicy awscdk.RemovalPolicy

	// EncryptionKey encrypts the schedule's data, with its input, the data of a
	// Claim, and the dead-letter queue that the schedule creates.
	// Default: keys of Scheduler, Step Functions and SQS encrypt them.
	EncryptionKey awskms.IKey

	// Enabled turns the schedule on.
	// Default: the schedule is on.
	Enabled *bool

	// Description is the description of the schedule.
	// Default: no description.
	Description *string
}

// Schedule is a schedule in a stack.
type Schedule interface {
	constructs.Construct

	// Schedule returns the schedule of EventBridge Scheduler.
	Schedule() awsscheduler.Schedule

	// DeadLetterQueue returns the queue of the starts that failed. Watch it.
	DeadLetterQueue() awssqs.IQueue

	// Role returns the role that the schedule starts the state machine with.
	Role() awsiam.IRole
}

type scheduleTrigger struct {
	constructs.Construct
	schedule    awsscheduler.Schedule
	deadLetters awssqs.IQueue
	role        awsiam.IRole
}

func (s *scheduleTrigger) Schedule() awsscheduler.Schedule { return s.schedule }
func (s *scheduleTrigger) DeadLetterQueue() awssqs.IQueue  { return s.deadLetters }
func (s *scheduleTrigger) Role() awsiam.IRole              { return s.role }

// NewSchedule creates a schedule that starts a state machine. It panics with every
// problem of the props at once, before it creates anything.
func NewSchedule(scope constructs.Construct, id *string, props *ScheduleProps) Schedule {
	var settings ScheduleProps
	if props != nil {
		settings = *props
	}
	input, found := settings.validate()
	found.Refuse(scope, id)

	this := &scheduleTrigger{}
	constructs.NewConstruct_Override(this, scope, id)
	this.deadLetters = settings.DeadLetterQueue
	if this.deadLetters == nil {
		this.deadLetters = undelivered.NewQueue(this, deadLettersID, settings.EncryptionKey, settings.RemovalPolicy)
	}
	this.role = schedule.NewRole(this, "Role", this.deadLetters)
	window := awsscheduler.TimeWindow_Off()
	if settings.FlexibleWindow != nil {
		window = awsscheduler.TimeWindow_Flexible(settings.FlexibleWindow)
	}
	target := settings.StateMachine
	if settings.Claim != nil {
		claims := &claims{target: target, deadLetters: this.deadLetters, key: settings.EncryptionKey, retries: settings.RetryAttempts,
			identity: ofMembers("$.time"), event: claimed, input: written(claimed + ".input")}
		target, input = claims.create(this), map[string]any{"time": "<aws.scheduler.scheduled-time>", "input": input}
	}
	this.schedule = awsscheduler.NewSchedule(this, jsii.String("Schedule"), &awsscheduler.ScheduleProps{
		Schedule: settings.times().Schedule(),
		Target: awsschedulertargets.NewStepFunctionsStartExecution(target, &awsschedulertargets.ScheduleTargetBaseProps{
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

// validate also returns the input as encoding/json decodes it, which is what jsii
// takes.
func (p *ScheduleProps) validate() (input any, found refusal.Problems) {
	validateStateMachine(p.StateMachine, &found)
	p.times().Validate("", &found)
	if found.Duration("FlexibleWindow", p.FlexibleWindow, 60, maxWindowSeconds) && math.Mod(refusal.Seconds(p.FlexibleWindow), 60) != 0 {
		found.Add("FlexibleWindow: got %.10g s, expected whole minutes", refusal.Seconds(p.FlexibleWindow))
	}
	found.Text("Description", p.Description, maxDescription)
	validateRetry(p.RetryAttempts, p.MaxEventAge, &found)
	found.RemovalPolicyOf("DeadLetterQueue", p.DeadLetterQueue != nil, p.RemovalPolicy)
	if p.Claim != nil && len(p.Claim.Members) > 0 {
		found.Add("Claim.Members: got %q, expected none: a schedule claims the time that it was set to", p.Claim.Members)
	} else {
		p.Claim.validate(p.StateMachine, &found)
	}
	input = found.JSON("Input", p.Input)
	if text, _ := json.Marshal(input); len(text) > maxInputBytes {
		found.Add("Input: got %d bytes of JSON, expected at most %d", len(text), maxInputBytes)
	}
	return input, found
}

func (p *ScheduleProps) times() schedule.Times {
	return schedule.Times{Expression: p.Expression, TimeZone: p.TimeZone}
}
