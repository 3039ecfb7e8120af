package sfntest

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/fault"
	"github.com/mapjob/mapjob/sfntest/internal/replay"
)

// Fault is something that goes wrong. Its fields are those of the files that
// mapjob run --faults reads: see docs/testing.md. The fields that say where it
// strikes must all match.
type Fault struct {
	// Fault is what goes wrong: error, throttle, timeout, crash, duplicate, slow, lost,
	// large, answer, stop, expire or redriven.
	Fault      string          `json:"fault"`
	Machine    string          `json:"machine,omitzero"`
	State      string          `json:"state,omitzero"`
	Function   string          `json:"function,omitzero"`
	Call       string          `json:"call,omitzero"`       // such as s3:PutObject
	Items      []int           `json:"items,omitzero"`      // indexes: one of them is in the batch
	Attempt    *int            `json:"attempt,omitzero"`    // retries before; nil: any
	Invocation int             `json:"invocation,omitzero"` // of those that match, from 1; 0: any
	Times      int             `json:"times,omitzero"`      // 0: once; -1: always
	When       string          `json:"when,omitzero"`       // of a crash before, after or write N; of a duplicate together or later; of a stop event N
	Delay      time.Duration   `json:"delay,omitzero"`      // as text, such as 90s
	After      time.Duration   `json:"after,omitzero"`      // as text, such as 5m
	Error      string          `json:"error,omitzero"`
	Cause      string          `json:"cause,omitzero"`
	Answer     json.RawMessage `json:"answer,omitzero"`
	Bytes      int             `json:"bytes,omitzero"`
}

// MarshalJSON returns the fault as a file has it, with durations as text.
func (f Fault) MarshalJSON() ([]byte, error) { return fault.Fault(f).MarshalJSON() }

// String returns what goes wrong and where, such as crash after write 3 (function
// Worker, item 7).
func (f Fault) String() string { return fault.Fault(f).String() }

// ReadFaults reads faults from a file in JSON or YAML.
func ReadFaults(t testing.TB, path string) []Fault {
	t.Helper()
	faults, err := replay.ReadFaults(path)
	if err != nil {
		t.Fatalf("sfntest.ReadFaults: %v", err)
	}
	return public(faults)
}

func public(faults []fault.Fault) []Fault {
	list := make([]Fault, len(faults))
	for i, f := range faults {
		list[i] = Fault(f)
	}
	return list
}

func internal(faults []Fault) []fault.Fault {
	list := make([]fault.Fault, len(faults))
	for i, f := range faults {
		list[i] = fault.Fault(f)
	}
	return list
}
