// Package queuefanout is a queue between two Lambda functions: the producer
// sends a message for each item, the consumer takes them in batches, as many
// batches at once as it may. It is enough for work of which nobody has to know
// when it is finished.
//
//	queuefanout.New(stack, jsii.String("Orders"), &queuefanout.Props{
//		Producer:       producer, // finds the queue's URL in QUEUE_URL
//		Consumer:       consumer, // job.Queue answers with the items that failed
//		MaxConcurrency: jsii.Number(20),
//	})
//
// The consumer answers which messages of a batch have failed. Those come again
// when their visibility timeout is over, and after some receptions wait for a
// person in the dead-letter queue. Messages come at least once and in no order:
// what the consumer does has to be the same when it is done twice.
package queuefanout

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// QueueFanout is a queue between two functions in a stack.
type QueueFanout interface {
	constructs.Construct

	// Queue has the messages that wait, and those that are being handled.
	Queue() awssqs.Queue

	// DeadLetterQueue has those that were given up: watch it.
	DeadLetterQueue() awssqs.Queue

	// EventSource is what hands the messages to the consumer.
	EventSource() awslambda.EventSourceMapping

	// Alarms are those that there are, by what they tell.
	Alarms() map[Alarm]awscloudwatch.Alarm

	// GrantSend lets one more producer send messages.
	GrantSend(producer awsiam.IGrantable)
}

type queueFanout struct {
	constructs.Construct
	queue, deadLetters awssqs.Queue
	source             awslambda.EventSourceMapping
	alarms             map[Alarm]awscloudwatch.Alarm
}

func (f *queueFanout) Queue() awssqs.Queue                       { return f.queue }
func (f *queueFanout) DeadLetterQueue() awssqs.Queue             { return f.deadLetters }
func (f *queueFanout) EventSource() awslambda.EventSourceMapping { return f.source }
func (f *queueFanout) Alarms() map[Alarm]awscloudwatch.Alarm     { return f.alarms }

func (f *queueFanout) GrantSend(producer awsiam.IGrantable) {
	f.queue.Grant(producer, jsii.String("sqs:SendMessage")) // of many messages at once as well
	f.grantKey(producer, "kms:Decrypt", "kms:GenerateDataKey")
}

// grantKey is what the queues' own grants would give more of (SQS developer
// guide, "Configuring KMS permissions").
func (f *queueFanout) grantKey(to awsiam.IGrantable, actions ...string) {
	if key := f.queue.EncryptionMasterKey(); key != nil {
		key.Grant(to, *jsii.Strings(actions...)...)
	}
}

// New puts a queue between the producer and the consumer in props. It panics
// with every problem of the props at once, before it creates anything.
func New(scope constructs.Construct, id *string, props *Props) QueueFanout {
	var settings Props
	if props != nil {
		settings = *props
	}
	settings.validate().Refuse(scope, id)
	settings = settings.withDefaults()

	f := &queueFanout{}
	constructs.NewConstruct_Override(f, scope, id)
	// A message that moves to the dead-letter queue has the age that it had: it
	// is kept there for as long as SQS can, so that some time is left (SQS
	// developer guide, "Configuring a dead-letter queue").
	f.deadLetters = f.newQueue("DeadLetterQueue", &settings, &awssqs.QueueProps{RetentionPeriod: awscdk.Duration_Seconds(jsii.Number(maxRetentionSeconds))})
	f.queue = f.newQueue("Queue", &settings, &awssqs.QueueProps{
		VisibilityTimeout: settings.VisibilityTimeout,
		RetentionPeriod:   settings.Retention,
		DeadLetterQueue:   &awssqs.DeadLetterQueue{Queue: f.deadLetters, MaxReceiveCount: settings.MaxReceiveCount},
	})

	f.GrantSend(settings.Producer)
	settings.Producer.AddEnvironment(settings.QueueURLVariable, f.queue.QueueUrl(), nil)

	// (AWS Lambda developer guide, "Lambda execution role permissions" for SQS)
	f.queue.Grant(settings.Consumer, jsii.String("sqs:ReceiveMessage"), jsii.String("sqs:DeleteMessage"), jsii.String("sqs:GetQueueAttributes"))
	f.grantKey(settings.Consumer, "kms:Decrypt")
	f.source = awslambda.NewEventSourceMapping(f, jsii.String("Source"), &awslambda.EventSourceMappingProps{
		Target:                  settings.Consumer,
		EventSourceArn:          f.queue.QueueArn(),
		BatchSize:               settings.BatchSize,
		MaxBatchingWindow:       settings.BatchWindow,
		MaxConcurrency:          settings.MaxConcurrency,
		ReportBatchItemFailures: jsii.Bool(true),
	})
	// Lambda checks that the consumer may receive.
	f.source.Node().AddDependency(settings.Consumer.Role())
	f.alarms = newAlarms(f, &settings)
	return f
}

// newQueue is a queue that is encrypted and takes requests over TLS alone.
func (f *queueFanout) newQueue(id string, settings *Props, props *awssqs.QueueProps) awssqs.Queue {
	props.EnforceSSL = jsii.Bool(true)
	props.Encryption = awssqs.QueueEncryption_SQS_MANAGED
	if settings.EncryptionKey != nil {
		props.Encryption, props.EncryptionMasterKey = awssqs.QueueEncryption_KMS, settings.EncryptionKey
	}
	return awssqs.NewQueue(f, jsii.String(id), props)
}
