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
// webhook names its executions by their deliveries and starts each once. Where
// each event counts, the lock has to wait: with joblock.Skip or joblock.Fail an
// event that comes while another one is worked on has started its execution, and
// comes to nothing.
package trigger

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/mapjob/mapjob/constructs/internal/refusal"
)

// Limits of EventBridge and of EventBridge Scheduler (API references,
// "RetryPolicy").
const (
	maxRetryAttempts   = 185
	minEventAgeSeconds = 60
	maxEventAgeSeconds = 86_400
)

// deadLettersID is the ID of a dead-letter queue of a trigger's own.
const deadLettersID = "DeadLetters"

// problems are what is wrong with a trigger's props.
type problems struct{ refusal.Problems }

func (p *problems) checkStateMachine(machine awsstepfunctions.IStateMachine) {
	if machine == nil {
		p.Add("StateMachine: got nothing, expected the state machine to start")
	}
}

func (p *problems) checkRetry(attempts *float64, age awscdk.Duration) {
	p.Whole("RetryAttempts", attempts, 0, maxRetryAttempts)
	p.Duration("MaxEventAge", age, minEventAgeSeconds, maxEventAgeSeconds)
}

func (p *problems) checkKey(key awskms.IKey, deadLetterQueue awssqs.IQueue) {
	if key != nil && deadLetterQueue != nil {
		p.Add("EncryptionKey: got a key, expected none beside a DeadLetterQueue, which has one of its own or none")
	}
}
