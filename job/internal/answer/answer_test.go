package answer_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/job/internal/answer"
)

func TestAnOutcomeThatComesAfterCloseIsIgnored(t *testing.T) {
	t.Parallel()
	r := answer.NewRecord(1, func(int) int { return 7 }, nil)
	outcomes := r.Close(time.Now())
	if r.Set(0, &protocol.Outcome{Index: 7, Status: protocol.Succeeded}) || r.IsSet(0) {
		t.Error("got an outcome that is set after Close, expected it to be ignored")
	}
	if diff := cmp.Diff([]protocol.Outcome{protocol.NotStarted(7)}, outcomes); diff != "" {
		t.Errorf("(-expected +got):\n%s", diff)
	}
}

func TestAnItemThatRunsAtTheEndHasItsTimes(t *testing.T) {
	t.Parallel()
	began := time.UnixMilli(1_793_498_400_000)
	var stored []protocol.Outcome
	r := answer.NewRecord(3, func(at int) int { return at }, func(o protocol.Outcome) { stored = append(stored, o) })
	r.Start(0, began)
	r.Start(1, began)
	done := protocol.Outcome{Index: 0, Status: protocol.Succeeded, StartedAt: began.UnixMilli(), Ms: 5}
	r.Set(0, &done)
	hanging := protocol.Outcome{Index: 1, Status: protocol.Failed, Error: protocol.ErrorDeadline, Cause: protocol.CauseDeadline, Retryable: true,
		StartedAt: began.UnixMilli(), Ms: 70}
	got := r.Close(began.Add(70 * time.Millisecond))
	if diff := cmp.Diff([]protocol.Outcome{done, hanging, protocol.NotStarted(2)}, got); diff != "" {
		t.Errorf("(-expected +got):\n%s", diff)
	}
	if diff := cmp.Diff([]protocol.Outcome{done, hanging}, stored); diff != "" {
		t.Errorf("stored (-expected +got):\n%s", diff)
	}
}

func TestAnOutcomeThatTheSummaryCannotReadFails(t *testing.T) {
	t.Parallel()
	const limit = 63 << 20
	for name, c := range map[string]struct {
		o             protocol.Outcome
		status        protocol.Status
		error, cause  string
		outputOrCause int // bytes
	}{
		"a result that fits": {protocol.Outcome{Status: protocol.Succeeded, Output: make(json.RawMessage, limit)}, protocol.Succeeded, "", "", limit},
		"a result that is too large": {protocol.Outcome{Status: protocol.Succeeded, Output: make(json.RawMessage, limit+1), StartedAt: 5, Ms: 6}, protocol.Failed,
			protocol.ErrorResultTooLarge, "got a result of 66060289 bytes, expected at most 66060288: return less, such as the address of an object in S3", 110},
		"a cause that is too large": {protocol.Outcome{Status: protocol.Failed, Error: "Bad", Cause: strings.Repeat("\x00", limit/6+1)}, protocol.Failed, "Bad", "", 1020},
	} {
		var stored protocol.Outcome
		r := answer.NewRecord(1, func(int) int { return 0 }, func(o protocol.Outcome) { stored = o })
		r.Set(0, &c.o)
		if size := len(stored.Output) + len(stored.Cause); stored.Status != c.status || stored.Error != c.error || c.cause != "" && stored.Cause != c.cause || size != c.outputOrCause ||
			stored.StartedAt != c.o.StartedAt || stored.Ms != c.o.Ms {
			t.Errorf("%s: got status %s, error %q and %d bytes of cause %.200q, expected %s, %q and %d bytes", name, stored.Status, stored.Error, size, stored.Cause, c.status, c.error, c.outputOrCause)
		}
	}
}

func TestAppendWritesWhatJSONMarshalWrites(t *testing.T) {
	t.Parallel()
	for _, o := range []protocol.Outcome{
		{},
		{Index: 7, Status: protocol.Succeeded, Output: json.RawMessage(`{"a":[1,2]}`), StartedAt: 1793498400123, Ms: 12},
		{Index: 1 << 40, Status: protocol.Failed, Error: "a\"b<\u2028", Cause: "c\xff\n", Retryable: true, Item: json.RawMessage(`{"id":1}`), Ms: 1},
	} {
		expected, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(expected), string(answer.Append(nil, &o))); diff != "" {
			t.Errorf("(-expected +got):\n%s", diff)
		}
	}
}
