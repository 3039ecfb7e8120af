package trigger

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/internal/refusal"
)

// ObjectCreatedProps are the props of an object trigger.
type ObjectCreatedProps struct {
	// StateMachine is the state machine that an object starts.
	// Required.
	StateMachine awsstepfunctions.IStateMachine

	// Bucket has the objects. The trigger makes a bucket of this app send its
	// events to EventBridge. An imported bucket has to do so already.
	// Required.
	Bucket awss3.IBucket

	// Prefix is what the keys of the objects begin with. If the state machine
	// itself writes to the bucket, it needs a Prefix or a Suffix, or it starts
	// itself again and again.
	// Default: keys may begin with anything.
	Prefix *string

	// Suffix is what the keys of the objects end with.
	// Default: keys may end with anything.
	Suffix *string

	// Input is the part of the event that becomes the execution's input. The
	// writer of an object chooses its key, and S3 the rest.
	// Default: {"items": {"bucket": …, "key": …}}, so that a job without a job
	// start reads its items from the object.
	Input awsevents.RuleTargetInput

	// AllowControl allows an Input with members that steer the job, those whose
	// names begin with mapjob.
	// Default: such an Input is refused.
	AllowControl *bool

	// Claim makes each write of an object start one execution, however often S3
	// and EventBridge deliver its event: &Claim{}, or &Claim{Members: …}.
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

// ObjectCreated is an object trigger in a stack: an event trigger for the events of
// a bucket.
type ObjectCreated interface {
	Event
}

// NewObjectCreated creates a rule that starts a state machine for every object
// that is written to a bucket. It does not let the state machine read the bucket:
// give a job a Source with that bucket. NewObjectCreated panics with every problem
// of the props at once, before it creates anything.
func NewObjectCreated(scope constructs.Construct, id *string, props *ObjectCreatedProps) ObjectCreated {
	var settings ObjectCreatedProps
	if props != nil {
		settings = *props
	}
	settings.validate(scope).Refuse(scope, id)

	this := &event{}
	constructs.NewConstruct_Override(this, scope, id)
	sendEvents(settings.Bucket)
	input := settings.Input
	if input == nil {
		input = awsevents.RuleTargetInput_FromObject(map[string]any{"items": map[string]any{
			"bucket": awsevents.EventField_FromPath(jsii.String("$.detail.bucket.name")),
			"key":    awsevents.EventField_FromPath(jsii.String("$.detail.object.key")), // not URL-encoded, unlike in a notification to Lambda
		}})
	}
	this.create(&EventProps{
		StateMachine:    settings.StateMachine,
		Pattern:         settings.pattern(),
		Input:           input,
		RetryAttempts:   settings.RetryAttempts,
		MaxEventAge:     settings.MaxEventAge,
		DeadLetterQueue: settings.DeadLetterQueue,
		RemovalPolicy:   settings.RemovalPolicy,
		EncryptionKey:   settings.EncryptionKey,
		Enabled:         settings.Enabled,
		Description:     settings.Description,
		Claim:           settings.Claim,
	}, ofObject)
	return this
}

func (p *ObjectCreatedProps) pattern() *awsevents.EventPattern {
	detail := map[string]any{"bucket": map[string]any{"name": []any{p.Bucket.BucketName()}}}
	if filter := p.keys(); filter != nil {
		detail["object"] = map[string]any{"key": []any{filter}}
	}
	return &awsevents.EventPattern{Source: jsii.Strings("aws.s3"), DetailType: jsii.Strings("Object Created"), Detail: &detail}
}

// keys returns the filter of the keys, or nil. Two filters in a list would be
// alternatives (EventBridge user guide, "Comparison operators").
func (p *ObjectCreatedProps) keys() map[string]any {
	switch {
	case p.Prefix != nil && p.Suffix != nil:
		literal := strings.NewReplacer(`\`, `\\`, `*`, `\*`)
		return map[string]any{"wildcard": literal.Replace(*p.Prefix) + "*" + literal.Replace(*p.Suffix)}
	case p.Prefix != nil:
		return map[string]any{"prefix": *p.Prefix}
	case p.Suffix != nil:
		return map[string]any{"suffix": *p.Suffix}
	}
	return nil
}

func (p *ObjectCreatedProps) validate(scope constructs.Construct) (found refusal.Problems) {
	validateStateMachine(p.StateMachine, &found)
	if p.Bucket == nil {
		found.Add("Bucket: got nothing, expected the bucket of the objects")
	}
	const empty = "%s: got an empty string, expected some characters, or nil for every key"
	if p.Prefix != nil && *p.Prefix == "" {
		found.Add(empty, "Prefix")
	}
	if p.Suffix != nil && *p.Suffix == "" {
		found.Add(empty, "Suffix")
	}
	found.Text("Description", p.Description, maxDescription)
	validateRetry(p.RetryAttempts, p.MaxEventAge, &found)
	found.RemovalPolicyOf("DeadLetterQueue", p.DeadLetterQueue != nil, p.RemovalPolicy)
	validateKey(p.EncryptionKey, p.DeadLetterQueue, p.Claim, &found)
	validateInput(scope, p.Input, p.AllowControl, true, &found)
	p.Claim.validate(p.StateMachine, &found)
	return found
}

// notifications is the ID of the construct with which the CDK sets a bucket's
// notifications.
const notifications = "Notifications"

// sendEvents makes a bucket of this app send its events to EventBridge. The CDK
// does that with a Lambda function that may change every bucket of the account. A
// property of the bucket is enough, unless the bucket has notifications, with
// which that function would overwrite the property.
func sendEvents(bucket awss3.IBucket) {
	resource, ok := bucket.Node().DefaultChild().(awss3.CfnBucket)
	if !ok {
		return
	}
	if bucket.Node().TryFindChild(jsii.String(notifications)) != nil {
		bucket.EnableEventBridgeNotification()
		return
	}
	resource.AddPropertyOverride(jsii.String("NotificationConfiguration.EventBridgeConfiguration.EventBridgeEnabled"), true)
	awscdk.Aspects_Of(resource).Add(&laterNotifications{bucket}, nil)
}

// laterNotifications lets notifications that were added after the trigger send events
// to EventBridge too. When they are deployed they overwrite the bucket's property.
type laterNotifications struct{ bucket awss3.IBucket }

// Visit implements awscdk.IAspect.
func (l *laterNotifications) Visit(constructs.IConstruct) {
	if l.bucket.Node().TryFindChild(jsii.String(notifications)) != nil {
		l.bucket.EnableEventBridgeNotification()
	}
}
