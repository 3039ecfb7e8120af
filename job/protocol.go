package job

import (
	"encoding/json"
	"time"
)

// What the state machine and the functions say to each other. The definition
// in constructs/mapjob is the other side of it.

type jobData struct {
	Name      string    `json:"name"`
	StartedAt time.Time `json:"startedAt"`
}

// place is an object in S3, or with a prefix the folder of one.
type place struct {
	Bucket   string `json:"bucket"`
	Key      string `json:"key,omitempty"`
	Prefix   string `json:"prefix,omitempty"`
	Manifest string `json:"manifest,omitempty"` // the key of a Map Run's manifest.json
	Count    *int   `json:"count,omitempty"`    // how many items the object holds, where that is known
}

type startRequest struct {
	Job       jobData         `json:"job"`
	Execution string          `json:"execution"`
	Input     json.RawMessage `json:"input"`
	Items     *place          `json:"items"` // where to put the items; nil: into the answer
}

type startAnswer struct {
	Items any `json:"items"` // a place, or the list itself
}

type batch struct {
	BatchInput struct {
		Job       jobData `json:"job"`
		Execution string  `json:"execution"`
	} `json:"BatchInput"`
	Items []struct {
		Index int             `json:"index"`
		Item  json.RawMessage `json:"item"`
	} `json:"Items"`
}

type summaryRequest struct {
	Job                        jobData         `json:"job"`
	Execution                  string          `json:"execution"`
	Input                      json.RawMessage `json:"input"`
	Items                      place           `json:"items"`   // where they are; of an Inline job only how many
	Results                    json.RawMessage `json:"results"` // a place, or the list itself
	Report                     *place          `json:"report"`
	ToleratedFailurePercentage float64         `json:"toleratedFailurePercentage"`
}

// Status of an item.
type Status string

const (
	Succeeded Status = "SUCCEEDED"
	Failed    Status = "FAILED"
)

// Outcome is what became of one item: an element of a worker's answer, and a
// line of a job's results.
type Outcome struct {
	Index     int             `json:"index"`
	Status    Status          `json:"status"`
	Output    json.RawMessage `json:"output,omitempty"` // what the worker returned
	Error     string          `json:"error,omitempty"`  // the error's name
	Cause     string          `json:"cause,omitempty"`
	Retryable bool            `json:"retryable,omitempty"` // another try may go well
}

// Decode reads the worker's result of an item that succeeded.
func (o *Outcome) Decode(result any) error { return json.Unmarshal(o.Output, result) }
