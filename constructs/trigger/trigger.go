package trigger

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/mapjob/mapjob/constructs/internal/refusal"
)

// Limits of EventBridge and of EventBridge Scheduler (API references, "RetryPolicy",
// "PutRule", "Target", "InputTransformer", "CreateSchedule").
const (
	maxRetryAttempts   = 185
	minEventAgeSeconds = 60
	maxEventAgeSeconds = 86_400
	maxDescription     = 512  // characters
	maxRuleInput       = 8192 // characters of a target's input or of its template
)

// deadLettersID is the ID of a dead-letter queue that a trigger creates.
const deadLettersID = "DeadLetters"

func validateStateMachine(machine awsstepfunctions.IStateMachine, found *refusal.Problems) {
	if machine == nil {
		found.Add("StateMachine: got nothing, expected the state machine to start")
	}
}

func validateRetry(attempts *float64, age awscdk.Duration, found *refusal.Problems) {
	found.Whole("RetryAttempts", attempts, 0, maxRetryAttempts)
	found.Duration("MaxEventAge", age, minEventAgeSeconds, maxEventAgeSeconds)
}

func validateKey(key awskms.IKey, deadLetterQueue awssqs.IQueue, claim *Claim, found *refusal.Problems) {
	if key != nil && deadLetterQueue != nil && claim == nil {
		found.Add("EncryptionKey: got a key with a DeadLetterQueue, which has its own encryption; expected one of them")
	}
}
