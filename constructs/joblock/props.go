package joblock

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/mapjob/mapjob/constructs/internal/refusal"
	"github.com/mapjob/mapjob/constructs/internal/waiting"
)

// Props are the props of a lock.
type Props struct {
	// Overlap is what an execution does if another one is running: &Skip{},
	// &Wait{}, &Replace{} or &Fail{}. A job whose executions may run at the same
	// time needs no lock.
	// Required.
	Overlap Overlap

	// Table stores the lock. Several locks may share a table, whose partition
	// key must be a string named lock, without a sort key.
	// Default: the lock creates a table that is billed per request, has
	// point-in-time recovery.
	Table awsdynamodb.ITable

	// RemovalPolicy is what happens to the table that the lock creates when it or the
	// stack is deleted: awscdk.RemovalPolicy_DESTROY, _RETAIN or
	// _RETAIN_ON_UPDATE_OR_DELETE.
	// Default: the table is deleted. It has nothing that outlives an execution.
	RemovalPolicy awscdk.RemovalPolicy

	// EncryptionKey encrypts the table that the lock creates.
	// Default: a key that AWS owns encrypts the table.
	EncryptionKey awskms.IKey

	// Key is the lock's key in its table. Only one state machine may use it,
	// because an execution can look up executions of its own state machine
	// only.
	// Default: the key is the state machine's ARN.
	Key *string
}

// maxKeyBytes is the longest partition key (DynamoDB developer guide, "Quotas").
const maxKeyBytes = 2048

// validate returns every problem with the props.
func (p *Props) validate() (found refusal.Problems) {
	switch overlap := p.Overlap.(type) {
	case nil:
		found.Add("Overlap: got nothing, expected &joblock.Skip{}, &joblock.Wait{}, &joblock.Replace{} or &joblock.Fail{}")
	case *Wait:
		overlap.rule().Validate(&found)
	}
	if p.EncryptionKey != nil && p.Table != nil {
		found.Add("EncryptionKey: got a key with a Table, which has its own encryption; expected one of them")
	}
	found.RemovalPolicyOf("Table", p.Table != nil, p.RemovalPolicy)
	if p.Key != nil && !*awscdk.Token_IsUnresolved(*p.Key) {
		switch n := len(*p.Key); {
		case n == 0 || n > maxKeyBytes:
			found.Add("Key: got %d bytes, expected 1 to %d", n, maxKeyBytes)
		case strings.HasPrefix(*p.Key, "{%"):
			found.Add("Key: got the expression %s, expected a name that is known at synth: the state machine's permissions are for that key only", *p.Key)
		}
	}
	return found
}

func (w *Wait) rule() *waiting.Rule {
	return &waiting.Rule{Limit: w.Limit, PollEvery: w.PollEvery}
}
