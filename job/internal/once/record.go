package once

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/mapjob/mapjob/internal/protocol"
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
	statusAttribute    = "status"                 // a status of the protocol, or inProgress
	untilAttribute     = "in_progress_expiration" // in milliseconds of Unix time
	ownerAttribute     = "owner"                  // the delivery that wrote the record
	executionAttribute = "execution"
	outputAttribute    = "output" // JSON
	errorAttribute     = "error"
	causeAttribute     = "cause"
	startedAtAttribute = "startedAt" // in milliseconds of Unix time
	msAttribute        = "ms"
)

// inProgress is the status of an item that a delivery is working on.
const inProgress = protocol.Status("INPROGRESS")

// record is the state of the work of a key: in progress by a delivery, its owner,
// or done, with the outcome.
type record struct {
	id        string
	owner     string
	execution string
	remember  time.Duration // from now on
	until     time.Time     // when the work has ended, one way or the other
	expires   time.Time
	outcome   protocol.Outcome // its status is inProgress until there is one
}

// isFree reports whether a delivery of an execution may do the work, or do it
// again.
func (r *record) isFree(now time.Time, execution string) bool {
	if r.outcome.Status == inProgress {
		return now.After(r.until)
	}
	return !now.Before(r.expires) || r.outcome.Status == protocol.Failed && r.execution != execution
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
	if o.Status == inProgress && expires.Before(r.until) {
		expires = r.until // DynamoDB must not delete it before
	}
	item := attributes{
		KeyAttribute:    text(r.id),
		ExpiryAttribute: number(expires.Unix()),
		statusAttribute: text(string(o.Status)),
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
		id: text(KeyAttribute), owner: text(ownerAttribute), execution: text(executionAttribute),
		until: time.UnixMilli(number(untilAttribute)), expires: time.Unix(number(ExpiryAttribute), 0),
		outcome: protocol.Outcome{Status: protocol.Status(text(statusAttribute)), Error: text(errorAttribute), Cause: text(causeAttribute),
			StartedAt: number(startedAtAttribute), Ms: number(msAttribute)},
	}
	if output := text(outputAttribute); output != "" {
		r.outcome.Output = json.RawMessage(output)
	}
	switch r.outcome.Status {
	case protocol.Succeeded, protocol.Failed, inProgress:
		return r, nil
	}
	return nil, fmt.Errorf("got the status %q in the record, expected %s, %s or %s: the table is for records of job.Once",
		r.outcome.Status, inProgress, protocol.Succeeded, protocol.Failed)
}

// fit fails the item if its outcome does not fit into the table.
func (r *record) fit() {
	const rest = 512 // the names of the attributes, and the numbers
	o := &r.outcome
	size := len(r.id) + len(r.owner) + len(r.execution) + len(o.Output) + len(o.Error) + len(o.Cause) + rest
	if size <= maxTableItem {
		return
	}
	*o = protocol.Outcome{Status: protocol.Failed, Error: protocol.ErrorResultTooLarge, StartedAt: o.StartedAt, Ms: o.Ms, Cause: fmt.Sprintf(
		"got an outcome that makes a record of %d bytes, expected one that fits into the %d of an item of DynamoDB: return less, such as the address of an object in S3",
		size, maxTableItem)}
}
