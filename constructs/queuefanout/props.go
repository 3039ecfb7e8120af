package queuefanout

import (
	"regexp"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/internal/refusal"
)

// Defaults.
const (
	defaultURLVariable      = "QUEUE_URL"
	defaultBatchSize        = 10
	defaultMaxConcurrency   = 100
	defaultMaxReceiveCount  = 5
	defaultRetentionSeconds = 4 * 24 * 3600
	defaultOldestSeconds    = 3600
)

// Limits of SQS ("Amazon SQS message quotas") and of its event source (AWS
// Lambda API reference, "CreateEventSourceMapping").
const (
	maxBatchSize          = 10_000
	maxBatchWithoutWindow = 10
	maxWindowSeconds      = 300
	lowestMaxConcurrency  = 2
	highestMaxConcurrency = 1000
	highestReceiveCount   = 1000
	maxVisibilitySeconds  = 12 * 3600
	minRetentionSeconds   = 60
	maxRetentionSeconds   = 14 * 24 * 3600
	lambdaTimeoutSeconds  = 3 // of a function without a timeout
	timeoutsInVisibility  = 6
)

// Props are the props of a fan-out over a queue.
type Props struct {
	// Producer sends the messages. It gets the permission to send, and the queue's
	// URL in its environment.
	// Required.
	Producer awslambda.Function

	// Consumer is invoked with batches of messages, and answers which of them
	// failed. It gets the permission to receive.
	// Required.
	Consumer awslambda.Function

	// QueueURLVariable is the variable with the queue's URL in the producer's
	// environment. A producer of several queues needs a variable for each.
	// Default: QUEUE_URL.
	QueueURLVariable *string

	// BatchSize is how many messages a batch has, at most: 1 to 10,000. More than
	// 10 need a BatchWindow.
	// Default: up to 10 messages.
	BatchSize *float64

	// BatchWindow is how long Lambda waits for messages until a batch is full, up
	// to five minutes, in whole seconds.
	// Default: Lambda does not wait.
	BatchWindow awscdk.Duration

	// MaxConcurrency is how many batches are handled at once, 2 to 1,000. It
	// protects the services that the consumer calls. Unlike with reserved
	// concurrency, no message is received only to be returned to the queue.
	// Default: 100 batches.
	MaxConcurrency *float64

	// VisibilityTimeout is how long a message stays hidden after it was received,
	// before it comes again: at least six times the consumer's timeout plus the
	// BatchWindow, so that Lambda can retry a throttled consumer, and at most 12
	// hours.
	// Default: six times the consumer's timeout plus the BatchWindow.
	VisibilityTimeout awscdk.Duration

	// MaxReceiveCount is how often a message is received before it goes to the
	// dead-letter queue, 1 to 1,000. Receives for a throttled consumer count.
	// Default: five times.
	MaxReceiveCount *float64

	// Retention is how long a message is kept after it was sent, one minute to 14
	// days. It must be longer than the VisibilityTimeout. SQS deletes older
	// messages: they do not go to the dead-letter queue.
	// Default: four days.
	Retention awscdk.Duration

	// RemovalPolicy is what happens to both queues, with their messages, when they or
	// the stack are deleted: awscdk.RemovalPolicy_DESTROY, _RETAIN or
	// _RETAIN_ON_UPDATE_OR_DELETE.
	// Default: the queues are deleted.
	RemovalPolicy awscdk.RemovalPolicy

	// EncryptionKey encrypts the messages.
	// Default: a key of SQS encrypts them.
	EncryptionKey awskms.IKey

	// Topic gets a message when an alarm is raised and when it is over. An
	// encrypted topic needs a key that CloudWatch may use, such as the key of
	// observe.NewTopic.
	// Default: alarms change their state and send no message.
	Topic awssns.ITopic

	// OldestMessageAlarm raises an alarm if a message is in the queue for longer
	// than this: the consumer fails, or is too slow.
	// Default: an hour, or half the Retention if that is less.
	OldestMessageAlarm awscdk.Duration

	// Without leaves out alarms.
	// Default: both alarms, OldestMessage and DeadLetters.
	Without []Alarm
}

// withDefaults returns a copy with every default set.
func (p Props) withDefaults() Props {
	p.QueueURLVariable = p.urlVariable()
	if p.BatchSize == nil {
		p.BatchSize = jsii.Number(defaultBatchSize)
	}
	if p.MaxConcurrency == nil {
		p.MaxConcurrency = jsii.Number(defaultMaxConcurrency)
	}
	if p.MaxReceiveCount == nil {
		p.MaxReceiveCount = jsii.Number(defaultMaxReceiveCount)
	}
	if p.VisibilityTimeout == nil {
		p.VisibilityTimeout = awscdk.Duration_Seconds(jsii.Number(p.leastVisibilitySeconds()))
	}
	if p.Retention == nil {
		p.Retention = awscdk.Duration_Seconds(jsii.Number(defaultRetentionSeconds))
	}
	if p.OldestMessageAlarm == nil {
		p.OldestMessageAlarm = awscdk.Duration_Seconds(jsii.Number(min(defaultOldestSeconds, refusal.Seconds(p.Retention)/2)))
	}
	return p
}

// leastVisibilitySeconds returns the shortest visibility timeout (AWS Lambda
// developer guide, "Creating and configuring an Amazon SQS event source mapping").
func (p *Props) leastVisibilitySeconds() float64 {
	timeout := float64(lambdaTimeoutSeconds)
	if t := p.Consumer.Timeout(); t != nil {
		timeout = refusal.Seconds(t)
	}
	window := 0.0
	if p.BatchWindow != nil {
		window = refusal.Seconds(p.BatchWindow)
	}
	return timeoutsInVisibility*timeout + window
}

var variableName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*$`)

// validate returns every problem with the props.
func (p *Props) validate() (found refusal.Problems) {
	if p.Producer == nil {
		found.Add("Producer: got nothing, expected the function that sends the messages")
	}
	if p.Consumer == nil {
		found.Add("Consumer: got nothing, expected the function that handles the messages")
	}
	if v := p.QueueURLVariable; v != nil && !variableName.MatchString(*v) {
		found.Add("QueueURLVariable: got %q, expected letters, digits and _, a letter first", *v)
	}
	p.checkVariable(&found)
	found.Whole("BatchSize", p.BatchSize, 1, maxBatchSize)
	found.Whole("MaxConcurrency", p.MaxConcurrency, lowestMaxConcurrency, highestMaxConcurrency)
	found.Whole("MaxReceiveCount", p.MaxReceiveCount, 1, highestReceiveCount)
	window := found.KnownDuration("BatchWindow", p.BatchWindow, 0, maxWindowSeconds)
	retention := found.KnownDuration("Retention", p.Retention, minRetentionSeconds, maxRetentionSeconds)
	visibility := found.KnownDuration("VisibilityTimeout", p.VisibilityTimeout, 0, maxVisibilitySeconds)
	oldest := found.KnownDuration("OldestMessageAlarm", p.OldestMessageAlarm, 1, maxRetentionSeconds)
	if size := p.BatchSize; size != nil && *size > maxBatchWithoutWindow && *size <= maxBatchSize &&
		window && (p.BatchWindow == nil || refusal.Seconds(p.BatchWindow) == 0) {
		found.Add("BatchSize: got %.10g without a BatchWindow, expected at most %d, or a window of a second or more", *size, maxBatchWithoutWindow)
	}
	if p.Consumer != nil && window && visibility && retention {
		p.checkVisibility(&found)
	}
	if oldest && retention && p.OldestMessageAlarm != nil && refusal.Seconds(p.OldestMessageAlarm) >= p.retentionSeconds() {
		found.Add("OldestMessageAlarm: got %.10g s, expected less than the Retention of %.10g s, after which SQS deletes a message",
			refusal.Seconds(p.OldestMessageAlarm), p.retentionSeconds())
	}
	found.RemovalPolicy("RemovalPolicy", p.RemovalPolicy)
	refusal.Without(&found, p.Without, inOrder)
	return found
}

// variableMetadata is the metadata of a producer that names a variable with the URL
// of a queue. How the CDK tells the environment of a function depends on its version.
const variableMetadata = "mapjob:queue-url-variable"

// checkVariable refuses the variable of another queue of the producer: its value
// would be replaced silently.
func (p *Props) checkVariable(found *refusal.Problems) {
	if p.Producer == nil {
		return
	}
	name := *p.urlVariable()
	for _, entry := range *p.Producer.Node().Metadata() {
		if *entry.Type == variableMetadata && entry.Data == name {
			found.Add("QueueURLVariable: got %s, which %s has for another queue, expected another name: a producer has a variable for each of its queues",
				name, *p.Producer.Node().Path())
		}
	}
}

func (p *Props) urlVariable() *string {
	if p.QueueURLVariable == nil {
		return jsii.String(defaultURLVariable)
	}
	return p.QueueURLVariable
}

func (p *Props) retentionSeconds() float64 {
	if p.Retention == nil {
		return defaultRetentionSeconds
	}
	return refusal.Seconds(p.Retention)
}

func (p *Props) checkVisibility(found *refusal.Problems) {
	if timeout := p.Consumer.Timeout(); timeout != nil && *timeout.IsUnresolved() {
		found.Add("Consumer: got a function whose timeout is a token, expected one that is known at synth: the VisibilityTimeout follows from it")
		return
	}
	least := p.leastVisibilitySeconds()
	visibility := least
	if p.VisibilityTimeout != nil {
		visibility = refusal.Seconds(p.VisibilityTimeout)
	}
	if visibility < least {
		found.Add("VisibilityTimeout: got %.10g s, expected at least %.10g s: six times the consumer's timeout plus the BatchWindow", visibility, least)
	}
	if visibility >= p.retentionSeconds() {
		found.Add("Retention: got %.10g s, expected more than the VisibilityTimeout of %.10g s, or no message would be received twice", p.retentionSeconds(), visibility)
	}
}
