// Package trigger is what starts a state machine: a schedule, an event, an
// object that was created in S3, or a webhook. Each takes any state machine,
// that of a job or another.
//
//	trigger.NewSchedule(stack, jsii.String("Nightly"), &trigger.ScheduleProps{
//		StateMachine: job.StateMachine(),
//		Expression:   jsii.String("cron(0 3 * * ? *)"),
//		TimeZone:     jsii.String("Europe/Zurich"),
//	})
//
// Each has a role of its own that may start this state machine and do nothing
// else. What could not be started is not lost: it ends up in a dead-letter
// queue, and a webhook tells its sender to try again.
//
// EventBridge and its Scheduler deliver at least once: now and then one event
// starts two executions. A job that must not run beside itself takes a lock; a
// webhook names its executions by their deliveries and starts each once.
package trigger

import (
	"errors"
	"fmt"
	"maps"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/accepted"
)

// Limits of EventBridge and of EventBridge Scheduler (API references,
// "RetryPolicy").
const (
	maxRetryAttempts   = 185
	minEventAgeSeconds = 60
	maxEventAgeSeconds = 86_400
)

// problems collects what is wrong with props.
type problems []error

func (p *problems) add(format string, args ...any) { *p = append(*p, fmt.Errorf(format, args...)) }

// refuse panics where there are any.
func (p problems) refuse(scope constructs.Construct, id *string) {
	if err := errors.Join(p...); err != nil {
		panic(fmt.Errorf("%s/%s: %w", *scope.Node().Path(), *id, err))
	}
}

func (p *problems) checkStateMachine(machine awsstepfunctions.IStateMachine) {
	if machine == nil {
		p.add("StateMachine: got nothing, expected the state machine to start")
	}
}

func (p *problems) checkRetry(attempts *float64, age awscdk.Duration) {
	p.checkWhole("RetryAttempts", attempts, 0, maxRetryAttempts)
	p.checkDuration("MaxEventAge", age, minEventAgeSeconds, maxEventAgeSeconds)
}

func (p *problems) checkKey(key awskms.IKey, deadLetterQueue awssqs.IQueue) {
	if key != nil && deadLetterQueue != nil {
		p.add("EncryptionKey: got a key, expected none beside a DeadLetterQueue, which has one of its own or none")
	}
}

func (p *problems) checkWhole(prop string, value *float64, low, high float64) {
	if value == nil || *awscdk.Token_IsUnresolved(*value) {
		return
	}
	if v := *value; !(v >= low && v <= high) || v != float64(int64(v)) {
		p.add("%s: got %g, expected a whole number from %.0f to %.0f", prop, v, low, high)
	}
}

func (p *problems) checkDuration(prop string, value awscdk.Duration, low, high float64) {
	if value == nil || *value.IsUnresolved() {
		return
	}
	if s := *value.ToSeconds(&awscdk.TimeConversionOptions{Integral: jsii.Bool(false)}); s < low || s > high {
		p.add("%s: got %g s, expected %.0f s to %.0f s", prop, s, low, high)
	}
}

// newDeadLetterQueue is a queue of the trigger's own. It keeps what it gets for
// as long as SQS can: two weeks.
func newDeadLetterQueue(scope constructs.Construct, key awskms.IKey) awssqs.IQueue {
	props := &awssqs.QueueProps{
		Encryption:      awssqs.QueueEncryption_SQS_MANAGED, // EventBridge may not use the AWS managed KMS key
		EnforceSSL:      jsii.Bool(true),
		RetentionPeriod: awscdk.Duration_Days(jsii.Number(14)),
	}
	if key != nil {
		props.Encryption, props.EncryptionMasterKey = awssqs.QueueEncryption_KMS, key
	}
	queue := awssqs.NewQueue(scope, jsii.String("DeadLetters"), props)
	accepted.Finding(queue, "AwsSolutions-SQS3", "it is a dead-letter queue, of a target and not of a queue, where the rule does not look")
	return queue
}

// letSend lets a sender use the key of an encrypted queue, which the CDK's
// targets do not think of (SQS developer guide, "Configuring KMS permissions").
func letSend(sender awsiam.IGrantable, queue awssqs.IQueue) {
	if key := queue.EncryptionMasterKey(); key != nil {
		key.Grant(sender, jsii.String("kms:Decrypt"), jsii.String("kms:GenerateDataKey"))
	}
}

// forThisAccount is an AWS service, at work for this account.
func forThisAccount(scope constructs.Construct, service string, conditions map[string]any) awsiam.ServicePrincipal {
	equals := map[string]any{"aws:SourceAccount": awscdk.Stack_Of(scope).Account()}
	maps.Copy(equals, conditions)
	return awsiam.NewServicePrincipal(jsii.String(service), &awsiam.ServicePrincipalOpts{
		Conditions: &map[string]any{"StringEquals": equals},
	})
}
