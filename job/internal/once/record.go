package once

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/job/internal/answer"
)

// The schema of the table.
const (
	KeyAttribute    = "id"         // the partition key, a string; there is no sort key
	ExpiryAttribute = "expiration" // the TTL attribute: a number, in seconds of Unix time
)

// Limits of DynamoDB, in bytes (Amazon DynamoDB developer guide, "Quotas in
// Amazon DynamoDB").
const (
	maxPartitionKey = 2048
	maxTableItem    = 409_600 // names of attributes included
)

// Attributes beside those of the schema.
const (
	statusAttribute    = "status"
	untilAttribute     = "in_progress_expiration" // in milliseconds of Unix time
	ownerAttribute     = "owner"                  // the delivery that wrote the record
	executionAttribute = "execution"
	outputAttribute    = "output" // JSON
	errorAttribute     = "error"
	causeAttribute     = "cause"
	startedAtAttribute = "startedAt" // in milliseconds of Unix time
	msAttribute        = "ms"
)

// The statuses of a record.
const (
	inProgress = "INPROGRESS"               // a delivery is working on the item
	succeeded  = string(protocol.Succeeded) // with an outcome that is remembered
	final      = "FINAL"                    // failed, and is remembered
	failed     = string(protocol.Failed)    // written by an earlier release, which remembered all failures that were not retryable
)

// record is the state of the work of a key: in progress by a delivery, its owner,
// or done, with the outcome.
type record struct {
	id        string
	owner     string
	execution string
	remember  time.Duration // from now on
	status    string
	until     time.Time // when work in progress has ended, one way or the other
	expires   time.Time
	outcome   protocol.Outcome // of work that is done
}

// isFree reports whether a delivery of an execution may do the work, or do it
// again.
func (r *record) isFree(now time.Time, execution string) bool {
	switch r.status {
	case inProgress:
		return now.After(r.until)
	case failed:
		return true
	case final:
		return !now.Before(r.expires) || r.execution != execution
	}
	return !now.Before(r.expires)
}

// inProgressError returns the error of a delivery that timed out waiting for
// another delivery.
func (r *record) inProgressError() error {
	return protocol.Errorf(protocol.ErrorInProgress, "another delivery is working on the item, until %s at the latest, and the time of this one is up",
		r.until.UTC().Format(time.RFC3339))
}

type attributes = map[string]types.AttributeValue

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func number(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}

// attributes returns the record as an item of the table.
func (r *record) attributes(now time.Time) attributes {
	o := &r.outcome
	expires := now.Add(r.remember)
	if least := r.until.Add(time.Second); r.status == inProgress && expires.Before(least) {
		expires = least // DynamoDB must not delete it before r.until, and fractions are dropped
	}
	item := attributes{
		KeyAttribute:    text(r.id),
		ExpiryAttribute: number(expires.Unix()),
		statusAttribute: text(r.status),
		untilAttribute:  number(r.until.UnixMilli()),
		ownerAttribute:  text(r.owner),
	}
	for name, v := range map[string]string{
		executionAttribute: r.execution, outputAttribute: string(o.Output), errorAttribute: o.Error, causeAttribute: o.Cause} {
		if v != "" {
			item[name] = text(v)
		}
	}
	if o.StartedAt != 0 {
		item[startedAtAttribute], item[msAttribute] = number(o.StartedAt), number(o.Ms)
	}
	return item
}

func readRecord(item attributes) (*record, error) {
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
	r := &record{
		id: text(KeyAttribute), owner: text(ownerAttribute), execution: text(executionAttribute), status: text(statusAttribute),
		until: time.UnixMilli(number(untilAttribute)), expires: time.Unix(number(ExpiryAttribute), 0),
		outcome: protocol.Outcome{Status: protocol.Failed, Error: text(errorAttribute), Cause: text(causeAttribute),
			StartedAt: number(startedAtAttribute), Ms: number(msAttribute)},
	}
	if output := text(outputAttribute); output != "" {
		r.outcome.Output = json.RawMessage(output)
	}
	switch r.status {
	case succeeded:
		r.outcome.Status = protocol.Succeeded
	case final, failed, inProgress:
	default:
		return nil, fmt.Errorf("got the status %q in the record, expected %s, %s or %s: the table is for records of job.Once",
			r.status, inProgress, succeeded, final)
	}
	if r.owner == "" { // it could not be replaced on the condition that it is still that owner's
		return nil, errors.New("got a record without an owner, expected one: the table is for records of job.Once")
	}
	return r, nil
}

// size returns how large the item of the table is at most, in bytes.
func (r *record) size() int {
	const rest = 512 // the names of the attributes, and the numbers
	o := &r.outcome
	return len(r.id) + len(r.owner) + len(r.execution) + len(o.Output) + len(o.Error) + len(o.Cause) + rest
}

// fit shortens the cause of a failure that does not fit into the table, and fails an
// item whose result does not.
func (r *record) fit() {
	o := &r.outcome
	if o.Status == protocol.Failed && r.size() > maxTableItem {
		answer.ShortenCause(o)
	}
	size := r.size()
	if size <= maxTableItem {
		return
	}
	r.status = final // the work is done
	*o = protocol.Outcome{Status: protocol.Failed, Error: protocol.ErrorResultTooLarge, StartedAt: o.StartedAt, Ms: o.Ms, Cause: fmt.Sprintf(
		"got an outcome that makes a record of %d bytes, expected one that fits into the %d of an item of DynamoDB: return less, such as the address of an object in S3",
		size, maxTableItem)}
}
