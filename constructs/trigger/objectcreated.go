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
)

// ObjectCreatedProps are the props of an object trigger.
type ObjectCreatedProps struct {
	// StateMachine is what an object starts.
	// Required.
	StateMachine awsstepfunctions.IStateMachine

	// Bucket is where the objects are. That of another stack or app has to
	// send its events to EventBridge; one that is created in this app is told
	// to.
	// Required.
	Bucket awss3.IBucket

	// Prefix is what the objects' keys begin with. A state machine that writes
	// to the bucket itself needs it, or it starts itself again and again.
	// Default: keys may begin with anything.
	Prefix *string

	// Suffix is what the objects' keys end with.
	// Default: keys may end with anything.
	Suffix *string

	// Input is what of the event becomes the execution's input.
	// Default: {"items": {"bucket": …, "key": …}}, so that a job without a job
	// start takes the object for its items.
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

// NewObjectCreated starts a state machine for every object that is written to a
// bucket. Whether the state machine may read the bucket is its own business: a
// job takes a Source with that bucket. NewObjectCreated panics with every problem of the
// props at once, before it creates anything.
func NewObjectCreated(scope constructs.Construct, id *string, props *ObjectCreatedProps) Event {
	var settings ObjectCreatedProps
	if props != nil {
		settings = *props
	}
	settings.validate().Refuse(scope, id)

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
		EncryptionKey:   settings.EncryptionKey,
		Enabled:         settings.Enabled,
		Description:     settings.Description,
	})
	return this
}

func (p *ObjectCreatedProps) pattern() *awsevents.EventPattern {
	detail := map[string]any{"bucket": map[string]any{"name": []any{p.Bucket.BucketName()}}}
	if filter := p.keys(); filter != nil {
		detail["object"] = map[string]any{"key": []any{filter}}
	}
	return &awsevents.EventPattern{Source: jsii.Strings("aws.s3"), DetailType: jsii.Strings("Object Created"), Detail: &detail}
}

// keys is the filter of the keys, or nil. Two filters side by side would be two
// ways to match (EventBridge user guide, "Comparison operators").
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

func (p *ObjectCreatedProps) validate() (found problems) {
	found.checkStateMachine(p.StateMachine)
	if p.Bucket == nil {
		found.Add("Bucket: got nothing, expected the bucket of the objects")
	}
	const empty = "%s: got an empty one, expected some characters, or none at all to take every key"
	if p.Prefix != nil && *p.Prefix == "" {
		found.Add(empty, "Prefix")
	}
	if p.Suffix != nil && *p.Suffix == "" {
		found.Add(empty, "Suffix")
	}
	found.checkRetry(p.RetryAttempts, p.MaxEventAge)
	found.checkKey(p.EncryptionKey, p.DeadLetterQueue)
	return found
}

// notifications is the ID of what the CDK sets a bucket's notifications with.
const notifications = "Notifications"

// sendEvents has a bucket of this app send its events to EventBridge. The CDK's
// own way is a Lambda function that may change every bucket of the account; a
// property of the bucket does as well, as long as there are no notifications
// that the function would put in its place.
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
	bucket.Node().AddValidation(&noLaterNotifications{bucket})
}

// noLaterNotifications finds notifications that came after the trigger. They
// would turn EventBridge off when they are deployed.
type noLaterNotifications struct{ bucket awss3.IBucket }

func (v *noLaterNotifications) Validate() *[]*string {
	if v.bucket.Node().TryFindChild(jsii.String(notifications)) == nil {
		return &[]*string{}
	}
	return jsii.Strings("got notifications added after trigger.NewObjectCreated, which they would undo; " +
		"expected them before it, or EnableEventBridgeNotification called on the bucket")
}
