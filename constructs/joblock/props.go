package joblock

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/internal/refusal"
)

// Overlap is what an execution does when another one of the same job runs.
//
//	here     Kubernetes CronJob, concurrencyPolicy   Temporal schedule, overlap policy
//	Allow    Allow                                   AllowAll
//	Skip     Forbid                                  Skip
//	Wait     -                                       BufferOne, but all wait and in no order
//	Replace  Replace                                 TerminateOther
//	Fail     -                                       -
type Overlap string

const (
	// Allow lets executions run beside each other: there is no lock.
	Allow Overlap = "Allow"

	// Skip lets the one that runs go on and ends the new execution, which has
	// succeeded: its output is {"skipped": true, "owner": ARN-OF-THE-OTHER}.
	// Kubernetes' Forbid, Temporal's Skip.
	Skip Overlap = "Skip"

	// Wait has the new execution wait until the lock is free, and fails it with
	// MapJob.AlreadyRunning after WaitLimit. Temporal's BufferOne and BufferAll
	// come close, but keep an order: here whoever asks first after the lock was
	// released has it.
	Wait Overlap = "Wait"

	// Replace stops the execution that runs, which is then ABORTED with
	// MapJob.Replaced, and goes on when that one has ended. Nothing in it runs on,
	// not even an error handler, so it is Temporal's TerminateOther rather than
	// CancelOther; Kubernetes calls it Replace too. Of several that start at
	// once the last to get the lock remains.
	Replace Overlap = "Replace"

	// Fail lets the one that runs go on and fails the new execution with
	// MapJob.AlreadyRunning: for starts that nobody may miss, since a failed
	// execution raises alarms and a skipped one does not.
	Fail Overlap = "Fail"
)

// Props of a lock.
type Props struct {
	// Table keeps the lock. Many locks may share one table: its partition key
	// has to be a string named lock, without a sort key.
	// Default: the lock has a table of its own, paid by request, with
	// point-in-time recovery, that is deleted with the stack.
	Table awsdynamodb.ITable

	// EncryptionKey encrypts the lock's own table.
	// Default: the table is encrypted with a key that AWS owns.
	EncryptionKey awskms.IKey

	// Key names the lock in its table. It belongs to one state machine, because
	// an execution can describe no others than those of its own.
	// Default: the key is the state machine's ARN.
	Key *string

	// Overlap is what an execution does when another one runs.
	// Default: the new execution is skipped.
	Overlap Overlap

	// WaitLimit is how long an execution waits for the lock: see Wait.
	// Default: with Wait an execution fails after an hour.
	WaitLimit awscdk.Duration

	// OnSkipped is what an execution does before it ends as skipped: a state
	// that goes on to the one that it is given, and whose output is its input.
	// The variable $jobLockOwner is the execution that runs.
	// Default: with Skip the execution just ends.
	OnSkipped func(skipped awsstepfunctions.IChainable) awsstepfunctions.IChainable

	// PollEvery is how often a waiting execution looks whether the lock is
	// free, in whole seconds. Each look is five state transitions and 16 events
	// of the execution's history.
	// Default: with Wait an execution looks every 30 seconds.
	PollEvery awscdk.Duration
}

const (
	// maxKeyBytes is that of a partition key (DynamoDB developer guide, "Quotas").
	maxKeyBytes = 2048

	// maxPolls leaves room for the body in a history that ends with its
	// 25,000th event (Step Functions, "Service quotas").
	maxPolls = 500

	// maxWaitSeconds is the longest a Standard execution lasts.
	maxWaitSeconds = 365 * 24 * 3600
)

// withDefaults is a copy in which everything is set that has a default, but
// the table.
func (p Props) withDefaults() Props {
	if p.Overlap == "" {
		p.Overlap = Skip
	}
	if p.Overlap == Wait {
		if p.PollEvery == nil {
			p.PollEvery = awscdk.Duration_Seconds(jsii.Number(defaultPollSeconds))
		}
		if p.WaitLimit == nil {
			p.WaitLimit = awscdk.Duration_Seconds(jsii.Number(DefaultWaitSeconds))
		}
	}
	return p
}

// What applies where a prop is not set.
const (
	DefaultWaitSeconds = 3600
	defaultPollSeconds = 30
)

// validate names every problem, each with what it got and what it expects.
func (p *Props) validate() (found refusal.Problems) {
	switch p.Overlap {
	case "", Allow, Skip, Wait, Replace, Fail:
	default:
		found.Add("Overlap: got %q, expected %q, %q, %q, %q or %q", p.Overlap, Allow, Skip, Wait, Replace, Fail)
	}
	if p.EncryptionKey != nil && (p.Table != nil || p.Overlap == Allow) {
		found.Add("EncryptionKey: got a key, expected none without a table of the lock's own")
	}
	if p.Key != nil && !*awscdk.Token_IsUnresolved(*p.Key) {
		switch n := len(*p.Key); {
		case n == 0 || n > maxKeyBytes:
			found.Add("Key: got %d bytes, expected 1 to %d", n, maxKeyBytes)
		case strings.HasPrefix(*p.Key, "{%"):
			found.Add("Key: got the expression %s, expected a name that is known at synth: the state machine's permissions are for that key alone", *p.Key)
		}
	}
	if p.Overlap == Wait {
		p.validateWait(&found)
		return found
	}
	if p.WaitLimit != nil {
		found.Add("WaitLimit: got a duration, expected none without Overlap %q", Wait)
	}
	if p.PollEvery != nil {
		found.Add("PollEvery: got a duration, expected none without Overlap %q", Wait)
	}
	return found
}

func (p *Props) validateWait(found *refusal.Problems) {
	polls := found.KnownDuration("PollEvery", p.PollEvery, 1, maxWaitSeconds)
	waits := found.KnownDuration("WaitLimit", p.WaitLimit, 1, maxWaitSeconds)
	if !polls || !waits {
		return
	}
	settings := p.withDefaults()
	poll, limit := refusal.Seconds(settings.PollEvery), refusal.Seconds(settings.WaitLimit)
	switch {
	case limit < poll:
		found.Add("WaitLimit: got %.10g s, expected at least PollEvery, which is %.10g s", limit, poll)
	case limit/poll > maxPolls:
		found.Add("PollEvery: got %.10g s, which is %.0f times in the WaitLimit of %.10g s, expected at most %d times: the history of an execution holds 25,000 events",
			poll, limit/poll, limit, maxPolls)
	}
}
