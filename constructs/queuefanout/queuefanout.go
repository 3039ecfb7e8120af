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

	// Queue returns the queue of the messages that wait or are being handled.
	Queue() awssqs.Queue

	// DeadLetterQueue returns the queue of the messages that failed too often.
	// Watch it.
	DeadLetterQueue() awssqs.Queue

	// EventSource returns the mapping that invokes the consumer.
	EventSource() awslambda.EventSourceMapping

	// Alarms returns the alarms by their kinds.
	Alarms() map[Alarm]awscloudwatch.Alarm

	// GrantSend lets another producer send messages.
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
	f.queue.Grant(producer, jsii.String("sqs:SendMessage")) // also allows SendMessageBatch
	f.grantKey(producer, "kms:Decrypt", "kms:GenerateDataKey")
}

// grantKey allows actions on the queue's key. The queue's own grants would allow
// more (SQS developer guide, "Configuring KMS permissions").
func (f *queueFanout) grantKey(to awsiam.IGrantable, actions ...string) {
	if key := f.queue.EncryptionMasterKey(); key != nil {
		key.Grant(to, *jsii.Strings(actions...)...)
	}
}

// New creates a queue between the producer and the consumer in props. It panics
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
	// A message keeps its age when it moves to the dead-letter queue, which
	// therefore has the longest retention (SQS developer guide, "Configuring a
	// dead-letter queue").
	f.deadLetters = f.newQueue("DeadLetterQueue", &settings, &awssqs.QueueProps{RetentionPeriod: awscdk.Duration_Seconds(jsii.Number(maxRetentionSeconds))})
	f.queue = f.newQueue("Queue", &settings, &awssqs.QueueProps{
		VisibilityTimeout: settings.VisibilityTimeout,
		RetentionPeriod:   settings.Retention,
		DeadLetterQueue:   &awssqs.DeadLetterQueue{Queue: f.deadLetters, MaxReceiveCount: settings.MaxReceiveCount},
	})

	f.GrantSend(settings.Producer)
	settings.Producer.AddEnvironment(settings.QueueURLVariable, f.queue.QueueUrl(), nil)
	settings.Producer.Node().AddMetadata(jsii.String(variableMetadata), settings.QueueURLVariable, nil)

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

// newQueue creates an encrypted queue that takes requests over TLS only.
func (f *queueFanout) newQueue(id string, settings *Props, props *awssqs.QueueProps) awssqs.Queue {
	props.EnforceSSL = jsii.Bool(true)
	props.RemovalPolicy = settings.RemovalPolicy
	props.Encryption = awssqs.QueueEncryption_SQS_MANAGED
	if settings.EncryptionKey != nil {
		props.Encryption, props.EncryptionMasterKey = awssqs.QueueEncryption_KMS, settings.EncryptionKey
	}
	return awssqs.NewQueue(f, jsii.String(id), props)
}
