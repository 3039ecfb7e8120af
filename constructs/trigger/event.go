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
	"github.com/mapjob/mapjob/constructs/internal/undelivered"
)

// EventProps are the props of an event trigger.
type EventProps struct {
	// StateMachine is what an event starts.
	// Required.
	StateMachine awsstepfunctions.IStateMachine

	// Pattern is which events: an event matches that has one of the values for
	// every member.
	// Required.
	Pattern *awsevents.EventPattern

	// EventBus is where the events are.
	// Default: those of AWS services, on the account's default bus.
	EventBus awsevents.IEventBus

	// Input is what of the event becomes the execution's input.
	// Default: the whole event.
	Input awsevents.RuleTargetInput

	// RetryAttempts is how often a start that failed is tried again.
	// Default: it is tried again 185 times, as long as MaxEventAge allows.
	RetryAttempts *float64

	// MaxEventAge is how old an event may be when it starts an execution, one
	// minute to a day.
	// Default: an event is given up after a day.
	MaxEventAge awscdk.Duration

	// DeadLetterQueue gets the events that started nothing. The policy of an
	// imported queue has to let EventBridge send to it, that of its key too.
	// Default: the trigger has an encrypted queue of its own.
	DeadLetterQueue awssqs.IQueue

	// EncryptionKey encrypts the trigger's own dead-letter queue. The policy of
	// an imported key has to let EventBridge use it.
	// Default: a key of SQS encrypts it.
	EncryptionKey awskms.IKey

	// Enabled is whether the trigger is on.
	// Default: it is.
	Enabled *bool

	// Description is shown with the rule.
	// Default: no description.
	Description *string
}

// Event is an event trigger in a stack.
type Event interface {
	constructs.Construct

	// Rule is the rule of EventBridge.
	Rule() awsevents.Rule

	// DeadLetterQueue has the events that started nothing: watch it.
	DeadLetterQueue() awssqs.IQueue

	// Role is what the rule starts the state machine with.
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

// NewEvent starts a state machine for every event that matches a pattern. It
// panics with every problem of the props at once, before it creates anything.
func NewEvent(scope constructs.Construct, id *string, props *EventProps) Event {
	var settings EventProps
	if props != nil {
		settings = *props
	}
	settings.validate().Refuse(scope, id)

	this := &event{}
	constructs.NewConstruct_Override(this, scope, id)
	this.create(&settings)
	return this
}

// create makes what is inside of an event trigger.
func (e *event) create(settings *EventProps) {
	eventBridge := undelivered.ForThisAccount(e, "events.amazonaws.com", nil) // the rule's ARN as well would make a circle
	e.role = awsiam.NewRole(e, jsii.String("Role"), &awsiam.RoleProps{AssumedBy: eventBridge})
	e.deadLetters = settings.DeadLetterQueue
	if e.deadLetters == nil {
		e.deadLetters = undelivered.NewQueue(e, deadLettersID, settings.EncryptionKey)
	}
	undelivered.LetSend(eventBridge, e.deadLetters) // no role sends to it
	e.rule = awsevents.NewRule(e, jsii.String("Rule"), &awsevents.RuleProps{
		EventPattern: settings.Pattern,
		EventBus:     settings.EventBus,
		Enabled:      settings.Enabled,
		Description:  settings.Description,
	})
	e.rule.AddTarget(awseventstargets.NewSfnStateMachine(settings.StateMachine, &awseventstargets.SfnStateMachineProps{
		Input:           settings.Input,
		RetryAttempts:   settings.RetryAttempts,
		MaxEventAge:     settings.MaxEventAge,
		DeadLetterQueue: e.deadLetters,
		Role:            e.role,
	}))
}

func (p *EventProps) validate() (found problems) {
	found.checkStateMachine(p.StateMachine)
	if p.Pattern == nil || *p.Pattern == (awsevents.EventPattern{}) {
		found.Add("Pattern: got nothing, expected at least one member, as the Source: every event there is would match")
	}
	found.checkRetry(p.RetryAttempts, p.MaxEventAge)
	found.checkKey(p.EncryptionKey, p.DeadLetterQueue)
	return found
}
