// Package undelivered keeps events that could not be delivered to their target.
package undelivered

import (
	"maps"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/internal/accepted"
)

// NewQueue creates an encrypted queue that keeps messages for two weeks, the
// longest that SQS can. The key may be nil. Without a removal policy, the queue is
// deleted with its stack.
func NewQueue(scope constructs.Construct, id string, key awskms.IKey, removal awscdk.RemovalPolicy) awssqs.IQueue {
	props := &awssqs.QueueProps{
		Encryption:      awssqs.QueueEncryption_SQS_MANAGED, // EventBridge may not use the AWS managed KMS key
		EnforceSSL:      jsii.Bool(true),
		RetentionPeriod: awscdk.Duration_Days(jsii.Number(14)),
		RemovalPolicy:   removal,
	}
	if key != nil {
		props.Encryption, props.EncryptionMasterKey = awssqs.QueueEncryption_KMS, key
	}
	queue := awssqs.NewQueue(scope, &id, props)
	accepted.Finding(queue, "AwsSolutions-SQS3", "it is the dead-letter queue of a target, and the rule looks for queues only")
	return queue
}

// LetSend lets a sender use the key of an encrypted queue, which the CDK's
// targets do not do (SQS developer guide, "Configuring KMS permissions").
func LetSend(sender awsiam.IGrantable, queue awssqs.IQueue) {
	if key := queue.EncryptionMasterKey(); key != nil {
		key.Grant(sender, jsii.String("kms:Decrypt"), jsii.String("kms:GenerateDataKey"))
	}
}

// ForThisAccount returns the principal of an AWS service that acts for this
// account.
func ForThisAccount(scope constructs.Construct, service string, conditions map[string]any) awsiam.ServicePrincipal {
	equals := map[string]any{"aws:SourceAccount": awscdk.Stack_Of(scope).Account()}
	maps.Copy(equals, conditions)
	return awsiam.NewServicePrincipal(jsii.String(service), &awsiam.ServicePrincipalOpts{
		Conditions: &map[string]any{"StringEquals": equals},
	})
}
