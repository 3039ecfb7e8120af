package once

import (
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/mapjob/mapjob/internal/protocol"
)

// DynamoDB deletes a record in the second in which it expires.
func TestARecordOfWorkInProgressExpiresAfterTheWork(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	for until := time.Duration(0); until < 3*time.Second; until += 50 * time.Millisecond {
		for remember := time.Second; remember < 3*time.Second; remember += 50 * time.Millisecond {
			r := &record{status: inProgress, remember: remember, until: now.Add(until)}
			expires, err := strconv.ParseInt(r.attributes(now)[ExpiryAttribute].(*types.AttributeValueMemberN).Value, 10, 64)
			if err != nil || time.Unix(expires, 0).Before(r.until) {
				t.Fatalf("got a record of work until %v that expires at %v, error %v; expected it to expire later", r.until, time.Unix(expires, 0), err)
			}
		}
	}
}

func TestARecordIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	now := time.UnixMilli(1_800_000_000_123)
	for _, outcome := range []protocol.Outcome{
		{Status: protocol.Succeeded, Output: []byte(`{"a": "\u2028ü"}`), StartedAt: 1, Ms: 0},
		{Status: protocol.Succeeded, Output: []byte("null"), StartedAt: 1_800_000_000_000, Ms: 12},
		{Status: protocol.Succeeded},
		{Status: protocol.Failed, Error: "Refused", Cause: "no", StartedAt: 1},
		{Status: protocol.Failed, Error: "Refused", Output: []byte("1"), StartedAt: 1},
	} {
		written := record{id: "a#b", owner: "me", execution: "arn:x", remember: time.Hour, status: final, until: now.Add(time.Minute), outcome: outcome}
		if outcome.Status == protocol.Succeeded {
			written.status = succeeded
		}
		got, err := readRecord(written.attributes(now))
		if err != nil {
			t.Fatal(err)
		}
		if got.id != written.id || got.owner != written.owner || got.execution != written.execution || got.status != written.status ||
			!got.until.Equal(written.until) || got.expires != time.Unix(now.Add(time.Hour).Unix(), 0) {
			t.Errorf("got %+v, expected %+v", got, written)
		}
		if got.outcome.Status != outcome.Status || string(got.outcome.Output) != string(outcome.Output) || got.outcome.Error != outcome.Error ||
			got.outcome.Cause != outcome.Cause || got.outcome.StartedAt != outcome.StartedAt || got.outcome.Ms != outcome.Ms {
			t.Errorf("got %+v, expected %+v", got.outcome, outcome)
		}
	}
}
