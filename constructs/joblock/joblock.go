package joblock

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// Lock is the lock of one Standard state machine.
type Lock interface {
	constructs.Construct

	// Table returns the table that stores the lock, and those of other state
	// machines that share it.
	Table() awsdynamodb.ITable

	// Hold returns the body between the states that take the lock and the states
	// that release it. Call it once, and use the chain at the top level of the
	// definition. The body gets the chain's input, and the chain's output is the
	// body's. The body becomes the branch of a Parallel state: variables that it
	// assigns end with it, and it can't use names that begin with jobLock.
	Hold(body awsstepfunctions.IChainable) awsstepfunctions.Chain

	// Grant lets the state machine read and write its lock, read the histories
	// of its own executions and, for Replace, stop them. Call it once. It panics if
	// the state machine is an Express one, whose executions have no history. The
	// permissions are in a policy of the lock: they name the state machine, which
	// depends on the policy of its role. If a customer managed key encrypts the
	// state machine, its role needs kms:Decrypt of that key too.
	Grant(stateMachine awsstepfunctions.StateMachine)
}

type jobLock struct {
	constructs.Construct
	overlap Overlap
	table   awsdynamodb.ITable
	itemKey *string // nil: the state machine's ARN
}

func (l *jobLock) Table() awsdynamodb.ITable { return l.table }

// New creates a lock. It panics with every problem of the props at once, before
// it creates anything.
func New(scope constructs.Construct, id *string, props *Props) Lock {
	var given Props
	if props != nil {
		given = *props
	}
	given.validate().Refuse(scope, id)
	lock := &jobLock{overlap: given.Overlap, table: given.Table, itemKey: given.Key}
	constructs.NewConstruct_Override(lock, scope, id)
	if lock.table == nil {
		lock.table = newTable(lock, &given)
	}
	return lock
}

// partitionKey is the name of the table's partition key, a string.
const partitionKey = "lock"

// newTable creates a table. By default it is deleted with its stack: without the job,
// the lock is of no use.
func newTable(scope constructs.Construct, given *Props) awsdynamodb.Table {
	removal := given.RemovalPolicy
	if removal == "" {
		removal = awscdk.RemovalPolicy_DESTROY
	}
	props := &awsdynamodb.TableProps{
		PartitionKey:                     &awsdynamodb.Attribute{Name: jsii.String(partitionKey), Type: awsdynamodb.AttributeType_STRING},
		BillingMode:                      awsdynamodb.BillingMode_PAY_PER_REQUEST,
		PointInTimeRecoverySpecification: &awsdynamodb.PointInTimeRecoverySpecification{PointInTimeRecoveryEnabled: jsii.Bool(true)},
		RemovalPolicy:                    removal,
	}
	if key := given.EncryptionKey; key != nil {
		props.Encryption, props.EncryptionKey = awsdynamodb.TableEncryption_CUSTOMER_MANAGED, key
	}
	return awsdynamodb.NewTable(scope, jsii.String("Table"), props)
}
