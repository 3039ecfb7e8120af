package trigger

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awseventstargets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/internal/refusal"
	"github.com/mapjob/mapjob/constructs/internal/undelivered"
)

// EventProps are the props of an event trigger.
type EventProps struct {
	// StateMachine is the state machine that an event starts.
	// Required.
	StateMachine awsstepfunctions.IStateMachine

	// Pattern selects the events: an event matches if it has one of the values
	// for every member.
	// Required.
	Pattern *awsevents.EventPattern

	// EventBus is the bus of the events.
	// Default: the account's default bus, with the events of AWS services.
	EventBus awsevents.IEventBus

	// Input is what becomes the execution's input. The app names its members, as
	// in awsevents.RuleTargetInput_FromObject: a path into the event's detail is
	// refused, because there the sender would name them.
	// Default: the whole event.
	Input awsevents.RuleTargetInput

	// AllowControl allows an Input with members that steer the job, those whose
	// names begin with mapjob, or with members that the sender of an event names.
	// Everyone who may send an event can then steer the job.
	// Default: such an Input is refused.
	AllowControl *bool

	// Claim makes an event start one execution, however often it is delivered:
	// &Claim{}, or &Claim{Members: …}.
	// Default: an event that is delivered twice starts two executions.
	Claim *Claim

	// RetryAttempts is how often a failed start is retried, 0 to 185.
	// Default: 185 times, until MaxEventAge.
	RetryAttempts *float64

	// MaxEventAge is how old an event may be when it starts an execution, one
	// minute to a day. With a Claim it is how old an event may be when its claim is
	// made: the start is then retried for 15 hours at most.
	// Default: an event goes to the dead-letter queue after a day.
	MaxEventAge awscdk.Duration

	// DeadLetterQueue gets the events that could not start an execution. The
	// policies of an imported queue and of its key must let EventBridge send.
	// Default: the trigger creates an encrypted queue.
	DeadLetterQueue awssqs.IQueue

	// RemovalPolicy is what happens to the dead-letter queue that the trigger creates,
	// with what is in it, when it or the stack is deleted:
	// awscdk.RemovalPolicy_DESTROY, _RETAIN or _RETAIN_ON_UPDATE_OR_DELETE.
	// Default: the queue is deleted.
	RemovalPolicy awscdk.RemovalPolicy

	// EncryptionKey encrypts the dead-letter queue that the trigger creates, and
	// the data of a Claim. The policy of an imported key must let EventBridge use it.
	// Default: keys of SQS and Step Functions encrypt them.
	EncryptionKey awskms.IKey

	// Enabled turns the trigger on.
	// Default: the trigger is on.
	Enabled *bool

	// Description is the description of the rule.
	// Default: no description.
	Description *string
}

// Event is an event trigger in a stack.
type Event interface {
	constructs.Construct

	// Rule returns the rule of EventBridge.
	Rule() awsevents.Rule

	// DeadLetterQueue returns the queue of the events that could not start an
	// execution. Watch it.
	DeadLetterQueue() awssqs.IQueue

	// Role returns the role that the rule starts the state machine with.
	Role() awsiam.IRole
}

type event struct {
	constructs.Construct
	rule        awsevents.Rule
	deadLetters awssqs.IQueue
	role        awsiam.IRole
}

func (e *event) Rule() awsevents.Rule           { return e.rule }
func (e *event) DeadLetterQueue() awssqs.IQueue { return e.deadLetters }
func (e *event) Role() awsiam.IRole             { return e.role }

// NewEvent creates a rule that starts a state machine for every event that
// matches a pattern. It panics with every problem of the props at once, before it
// creates anything.
func NewEvent(scope constructs.Construct, id *string, props *EventProps) Event {
	var settings EventProps
	if props != nil {
		settings = *props
	}
	settings.validate(scope).Refuse(scope, id)

	this := &event{}
	constructs.NewConstruct_Override(this, scope, id)
	this.create(&settings, ofMembers("$.id"))
	return this
}

// create creates the parts of an event trigger, whose events have an identity.
func (e *event) create(settings *EventProps, identity identity) {
	eventBridge := undelivered.ForThisAccount(e, "events.amazonaws.com", nil) // a condition on the rule's ARN would be a cycle
	e.role = awsiam.NewRole(e, jsii.String("Role"), &awsiam.RoleProps{AssumedBy: eventBridge})
	e.deadLetters = settings.DeadLetterQueue
	if e.deadLetters == nil {
		e.deadLetters = undelivered.NewQueue(e, deadLettersID, settings.EncryptionKey, settings.RemovalPolicy)
	}
	undelivered.LetSend(eventBridge, e.deadLetters) // no role sends to it
	e.rule = awsevents.NewRule(e, jsii.String("Rule"), &awsevents.RuleProps{
		EventPattern: settings.Pattern,
		EventBus:     settings.EventBus,
		Enabled:      settings.Enabled,
		Description:  settings.Description,
	})
	target, input := settings.StateMachine, settings.Input
	if settings.Claim != nil {
		event, of := withEvent(e.rule, input)
		claims := &claims{target: target, deadLetters: e.deadLetters, key: settings.EncryptionKey, retries: settings.RetryAttempts,
			identity: settings.Claim.identity(identity), event: event, input: of}
		target, input = claims.create(e), nil
	}
	e.rule.AddTarget(awseventstargets.NewSfnStateMachine(target, &awseventstargets.SfnStateMachineProps{
		Input:           input,
		RetryAttempts:   settings.RetryAttempts,
		MaxEventAge:     settings.MaxEventAge,
		DeadLetterQueue: e.deadLetters,
		Role:            e.role,
	}))
}

func (p *EventProps) validate(scope constructs.Construct) (found refusal.Problems) {
	validateStateMachine(p.StateMachine, &found)
	if p.Pattern == nil || *p.Pattern == (awsevents.EventPattern{}) {
		found.Add("Pattern: got nothing, expected at least one member, such as Source: every event would match")
	}
	found.Text("Description", p.Description, maxDescription)
	validateRetry(p.RetryAttempts, p.MaxEventAge, &found)
	found.RemovalPolicyOf("DeadLetterQueue", p.DeadLetterQueue != nil, p.RemovalPolicy)
	validateKey(p.EncryptionKey, p.DeadLetterQueue, p.Claim, &found)
	validateInput(scope, p.Input, p.AllowControl, false, &found)
	p.Claim.validate(p.StateMachine, &found)
	return found
}
