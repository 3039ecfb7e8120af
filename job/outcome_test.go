package job

import (
	"encoding/json"
	"testing"
)

// Who does not heed its deadline comes to an end when the answer has gone.
func TestAnOutcomeThatComesTooLateIsNotTaken(t *testing.T) {
	r := newRecord([]indexed[int]{{Index: 7}}, nil)
	outcomes := r.close()
	r.keep(0, Outcome{Index: 7, Status: Succeeded})
	if o := outcomes[0]; o.Status != Failed || o.Error != ErrorDeadline || !o.Retryable {
		t.Errorf("got %+v, expected that of an item that was not done in time", o)
	}
}

func TestAnOutcomeIsWrittenAsEncodingJSONWouldWriteIt(t *testing.T) {
	for _, o := range []Outcome{
		{},
		{Index: 7, Status: Succeeded, Output: json.RawMessage(`{"a":[1,2]}`), StartedAt: 1793498400123, Ms: 12},
		{Index: 1 << 40, Status: Failed, Error: "a\"b<\u2028", Cause: "c\xff\n", Retryable: true, Item: json.RawMessage(`{"id":1}`), Ms: 1},
	} {
		expected, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		if got := appendOutcome(nil, &o); string(got) != string(expected) {
			t.Errorf("got %s, expected %s", got, expected)
		}
	}
}
