// Package joblock lets one execution of a job run at a time.
//
//	lock := joblock.New(stack, jsii.String("Lock"), &joblock.Props{Overlap: joblock.Skip})
//	machine := awsstepfunctions.NewStateMachine(stack, jsii.String("Nightly"), &awsstepfunctions.StateMachineProps{
//		DefinitionBody: awsstepfunctions.DefinitionBody_FromChainable(lock.Hold(body)),
//	})
//	lock.Grant(machine)
//
// The lock is an item in a DynamoDB table that names the execution that owns
// it: {"lock": KEY, "owner": EXECUTION-ARN, "takenAt": TIME}. It is taken with a
// conditional write. An execution that finds it taken describes the owner: where
// that one has ended, however it ended, it takes the lock over, with a write
// conditional on that very owner. So there is no lease to tune and nothing to
// clean up: an execution that was aborted or timed out leaves its lock behind,
// and the next one that starts takes it. A running owner is dealt with as
// [Overlap] says.
//
// # When the lock is released
//
// On every way out of the body that Step Functions lets a state machine see: its
// success, and every error that States.ALL catches, after which the execution
// fails with the body's own error and cause. Nothing runs after an abort
// (StopExecution), the state machine's own time-out, States.Runtime and
// States.DataLimitExceeded: the lock then waits for the next start. The release
// is conditional too: a lock that was taken over in the meantime stays as it is.
// Where it can't be released (DynamoDB is not to be reached, after retries) the
// body's result stands and the next start takes the lock over.
//
// # What the lock does not hold back
//
// It keeps executions apart, not what they have set going. A Lambda function
// that was invoked by an execution that is then stopped runs on to its end, up
// to 15 minutes, and the children of a Distributed Map stop a little after
// their parent. Where this matters the work itself has to bear a second run.
//
// What DescribeExecution says may be some moments old. An owner that has just
// ended without a release may so count as running, and an execution is skipped
// or waits once more. The other way round does not happen: an owner that is not
// found counts as running until five minutes after it took the lock.
//
// # Redrive
//
// A redriven execution goes on at the state where it ended, under the same ARN.
// It does not go back to where it took the lock. What that comes to depends on
// where it ended:
//
//   - The body failed: the execution has released the lock and ended in the Fail
//     state JobFailed. A redrive fails there again, at once, and touches neither
//     the lock nor the body. Start a new execution.
//   - It was aborted or timed out in the body, or ended there with States.Runtime
//     or States.DataLimitExceeded: a redrive goes on in the body, without asking
//     for the lock. As long as no other execution has started since, the lock
//     still names it: it owns the lock again from the moment it runs, and will
//     release it. After another one has started, two run in the body. So look
//     first, with starts held back (disable the schedule): redrive only if the
//     item's owner is this execution. Else start a new one.
//   - It was replaced (it is ABORTED, with MapJob.Replaced): the same case, and
//     the lock has another owner. Do not redrive it. Start a new execution.
//   - It ended before it had the lock: a task of the lock that failed, or was
//     cut short, is done again and the lock is taken, or not, by the rule. The
//     time that a Wait has taken counts from the first attempt. In the Fail state
//     AlreadyRunning it fails again, at once.
//   - It was cut short while it released the lock, or ended in a state after it:
//     what is left is done, without the lock, as it would have been.
//   - It was skipped: it has succeeded, and can't be redriven.
//
// Source: Step Functions developer guide, "Restarting state machine executions
// with redrive"; API reference, RedriveExecution.
package joblock

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// Lock is the lock of one state machine, which has to be a Standard one.
type Lock interface {
	constructs.Construct

	// Table is where the lock is kept, beside those of other state machines
	// that share it. It is nil where overlap is allowed and no table was given.
	Table() awsdynamodb.ITable

	// Hold is the body with the states around it that take the lock before it
	// and release it after it. It belongs at the top level of the definition,
	// once. The input of the body is that of the first state, its output that of
	// the last one. The body is a branch: variables that it assigns end with it,
	// and names that begin with jobLock are taken.
	Hold(body awsstepfunctions.IChainable) awsstepfunctions.Chain

	// Grant lets the state machine do what the states of the lock ask for:
	// read and write its own lock, describe its own executions, and stop them
	// if they are to be replaced. It is called once. The permissions are a policy
	// of the lock, beside the role's own, because they name the state machine,
	// which in turn waits for its role.
	Grant(stateMachine awsstepfunctions.StateMachine)
}

type jobLock struct {
	constructs.Construct
	settings Props
}

func (l *jobLock) Table() awsdynamodb.ITable { return l.settings.Table }

// New is a lock. It panics with every problem of the props at once, before it
// creates anything.
func New(scope constructs.Construct, id *string, props *Props) Lock {
	var given Props
	if props != nil {
		given = *props
	}
	given.validate().Refuse(scope, id)
	lock := &jobLock{settings: given.withDefaults()}
	constructs.NewConstruct_Override(lock, scope, id)
	if lock.settings.Table == nil && lock.settings.Overlap != Allow {
		lock.settings.Table = newTable(lock, lock.settings.EncryptionKey)
	}
	return lock
}

// partitionKey is the name of the table's partition key, a string.
const partitionKey = "lock"

// newTable goes with the stack: a lock is worth nothing without its job.
func newTable(scope constructs.Construct, key awskms.IKey) awsdynamodb.Table {
	props := &awsdynamodb.TableProps{
		PartitionKey:                     &awsdynamodb.Attribute{Name: jsii.String(partitionKey), Type: awsdynamodb.AttributeType_STRING},
		BillingMode:                      awsdynamodb.BillingMode_PAY_PER_REQUEST,
		PointInTimeRecoverySpecification: &awsdynamodb.PointInTimeRecoverySpecification{PointInTimeRecoveryEnabled: jsii.Bool(true)},
		RemovalPolicy:                    awscdk.RemovalPolicy_DESTROY,
	}
	if key != nil {
		props.Encryption, props.EncryptionKey = awsdynamodb.TableEncryption_CUSTOMER_MANAGED, key
	}
	return awsdynamodb.NewTable(scope, jsii.String("Table"), props)
}
