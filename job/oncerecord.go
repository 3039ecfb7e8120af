package job

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Limits of DynamoDB, in bytes (Amazon DynamoDB developer guide, "Quotas in
// Amazon DynamoDB").
const (
	maxPartitionKey = 2048
	maxTableItem    = 409_600 // names of attributes included
)

// Attributes beside those of the schema.
const (
	onceStatus     = "status"                 // a [Status], or in progress
	onceUntil      = "in_progress_expiration" // in milliseconds of Unix time
	onceOwner      = "owner"                  // of the delivery that wrote the record
	onceExecution  = "execution"
	onceOutput     = "output" // JSON
	onceError      = "error"
	onceCause      = "cause"
	onceStartedAt  = "startedAt" // in milliseconds of Unix time
	onceMs         = "ms"
	onceInProgress = Status("INPROGRESS")
)

// onceRecord is what is known of the work of a key: that a delivery, its
// owner, is at it, or the outcome.
type onceRecord struct {
	id        string
	owner     string
	execution string
	remember  time.Duration // from now on
	until     time.Time     // when the work is over, one way or the other
	expires   time.Time
	Outcome   // its Status is onceInProgress before there is one
}

// isFree reports whether a delivery of an execution may do the work (again).
func (r *onceRecord) isFree(now time.Time, execution string) bool {
	if r.Status == onceInProgress {
		return now.After(r.until)
	}
	return !now.Before(r.expires) || r.Status == Failed && r.execution != execution
}

// inProgress is the error of a delivery that waited for another's in vain.
func (r *onceRecord) inProgress() error {
	return Retryable(Fail(ErrorInProgress, "another delivery is at work on it, until %s at the latest, and the time of this one is up",
		r.until.UTC().Format(time.RFC3339)))
}

type attributes = map[string]types.AttributeValue

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
func number(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}

// attributes are the record as an item of the table.
func (r *onceRecord) attributes(now time.Time) attributes {
	expires := now.Add(r.remember)
	if r.Status == onceInProgress && expires.Before(r.until) {
		expires = r.until // nobody may delete it before
	}
	item := attributes{
		OnceTableKey:    text(r.id),
		OnceTableExpiry: number(expires.Unix()),
		onceStatus:      text(string(r.Status)),
		onceUntil:       number(r.until.UnixMilli()),
		onceOwner:       text(r.owner),
	}
	for name, v := range map[string]string{
		onceExecution: r.execution, onceOutput: string(r.Output), onceError: r.Error, onceCause: r.Cause} {
		if v != "" {
			item[name] = text(v)
		}
	}
	if r.StartedAt != 0 {
		item[onceStartedAt], item[onceMs] = number(r.StartedAt), number(r.Ms)
	}
	return item
}

func readOnceRecord(item attributes) (*onceRecord, error) {
	text := func(name string) string {
		s, _ := item[name].(*types.AttributeValueMemberS)
		if s == nil {
			return ""
		}
		return s.Value
	}
	number := func(name string) int64 {
		n, _ := item[name].(*types.AttributeValueMemberN)
		if n == nil {
			return 0
		}
		v, _ := strconv.ParseInt(n.Value, 10, 64)
		return v
	}
	r := &onceRecord{
		id: text(OnceTableKey), owner: text(onceOwner), execution: text(onceExecution),
		until: time.UnixMilli(number(onceUntil)), expires: time.Unix(number(OnceTableExpiry), 0),
		Outcome: Outcome{Status: Status(text(onceStatus)), Error: text(onceError), Cause: text(onceCause),
			StartedAt: number(onceStartedAt), Ms: number(onceMs)},
	}
	if output := text(onceOutput); output != "" {
		r.Output = json.RawMessage(output)
	}
	switch r.Status {
	case Succeeded, Failed, onceInProgress:
		return r, nil
	}
	return nil, fmt.Errorf("got the status %q in the record, expected %s, %s or %s: the table is for records of job.Once", r.Status, onceInProgress, Succeeded, Failed)
}

// mustFit fails the item where its outcome does not fit into the table.
func (r *onceRecord) mustFit() {
	const rest = 512 // the names of the attributes and the numbers
	size := len(r.id) + len(r.owner) + len(r.execution) + len(r.Output) + len(r.Error) + len(r.Cause) + rest
	if size <= maxTableItem {
		return
	}
	r.Outcome = Outcome{Status: Failed, Error: ErrorResultTooLarge, StartedAt: r.StartedAt, Ms: r.Ms, Cause: fmt.Sprintf(
		"got an outcome that makes a record of %d bytes, expected one that fits into the %d of an item of DynamoDB: return less, such as the address of an object in S3",
		size, maxTableItem)}
}
