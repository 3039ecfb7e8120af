package answer_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/job/internal/answer"
)

func TestAnOutcomeThatComesAfterCloseIsIgnored(t *testing.T) {
	t.Parallel()
	r := answer.NewRecord(1, func(int) int { return 7 }, nil)
	outcomes := r.Close()
	r.Set(0, protocol.Outcome{Index: 7, Status: protocol.Succeeded})
	if diff := cmp.Diff([]protocol.Outcome{protocol.NotDone(7)}, outcomes); diff != "" {
		t.Errorf("(-expected +got):\n%s", diff)
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
