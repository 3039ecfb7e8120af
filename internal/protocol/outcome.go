package protocol

import "encoding/json"

// Status is how an item ended.
type Status string

const (
	Succeeded Status = "SUCCEEDED"
	Failed    Status = "FAILED"
)

// Outcome is how one item ended: an element of a worker's answer, and a line of a
// job's results.
type Outcome struct {
	Index     int             `json:"index"`
	Status    Status          `json:"status"`
	Output    json.RawMessage `json:"output,omitempty"`    // what the worker returned
	Error     string          `json:"error,omitempty"`     // name
	Cause     string          `json:"cause,omitempty"`     // message
	Retryable bool            `json:"retryable,omitempty"` // another try may succeed
	Item      json.RawMessage `json:"item,omitempty"`      // of a failed item, if the job has not stored the items itself
	StartedAt int64           `json:"startedAt,omitempty"` // when the item was started, in milliseconds of Unix time; 0: it was not
	Ms        int64           `json:"ms,omitempty"`        // how long the item took, all tries together, in milliseconds

	// BatchEndedAt is when the child execution of a batch ended that failed as a whole, in
	// milliseconds of Unix time; 0: it did not, or that is not known. No worker sends it.
	BatchEndedAt int64 `json:"-"`
}

// Result is a line of [ResultsFile].
type Result struct {
	Outcome
	BatchEndedAt int64 `json:"batchEndedAt,omitempty"` // that of the outcome
}

// EndedAt returns when the item ended, or its batch if that failed as a whole, in
// milliseconds of Unix time; 0 if it was not started or that is not known.
func (o *Outcome) EndedAt() int64 {
	if o.StartedAt > 0 {
		return o.StartedAt + max(0, o.Ms)
	}
	return o.BatchEndedAt
}

// IsOutcome reports whether o has the index of an item and how it ended. What is
// decoded from JSON may lack either.
func (o *Outcome) IsOutcome() bool {
	return o.Index >= 0 && (o.Status == Succeeded || o.Status == Failed)
}

// IsFinal reports whether no other try could change the outcome.
func (o *Outcome) IsFinal() bool { return o.Status == Succeeded || !o.Retryable }

// Rank orders the outcomes that several tries have of one item: the highest
// wins. A retry may replace a retryable failure, never a success, and a retryable
// failure never replaces a final one. Ranks are 1 to 3.
func (o *Outcome) Rank() uint8 {
	switch {
	case o.Status == Succeeded:
		return 3
	case o.IsFinal():
		return 2
	}
	return 1
}

// CauseDeadline is the cause of an item that ended with [ErrorDeadline] while it
// ran.
const CauseDeadline = "the invocation's time was up before the item was done"

// NotStarted returns the outcome of an item whose invocation ended before the
// item was started.
func NotStarted(index int) Outcome {
	return Outcome{Index: index, Status: Failed, Error: ErrorDeadline, Retryable: true,
		Cause: "the invocation's time was up before the item was started"}
}
