package job

import (
	"encoding/json"

	"github.com/mapjob/mapjob/internal/protocol"
)

// Status is how an item ended.
type Status string

// The two ways in which an item ends.
const (
	Succeeded Status = "SUCCEEDED"
	Failed    Status = "FAILED"
)

// Outcome is how one item ended: an element of a worker's answer, and a line of a
// job's results.
type Outcome struct {
	Index     int             `json:"index"` // of the item, counted from 0
	Status    Status          `json:"status"`
	Output    json.RawMessage `json:"output,omitempty"`    // what the worker returned
	Error     string          `json:"error,omitempty"`     // name of the error that the item failed with
	Cause     string          `json:"cause,omitempty"`     // message of that error
	Retryable bool            `json:"retryable,omitempty"` // another try may succeed
	Item      json.RawMessage `json:"item,omitempty"`      // of a failed item, if the job has not stored the items itself
	StartedAt int64           `json:"startedAt,omitempty"` // when the item was started, in milliseconds of Unix time; 0: it was not
	Ms        int64           `json:"ms,omitempty"`        // how long the item took, all tries together, in milliseconds
}

// Decode decodes what the worker returned for an item that succeeded.
func (o *Outcome) Decode(result any) error { return json.Unmarshal(o.Output, result) }

// publicOutcome converts an outcome. The compiler checks that no member is left
// out.
func publicOutcome(o protocol.Outcome) Outcome {
	return Outcome{o.Index, Status(o.Status), o.Output, o.Error, o.Cause, o.Retryable, o.Item, o.StartedAt, o.Ms}
}
