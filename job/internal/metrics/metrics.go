// Package metrics writes a job's account as metrics of CloudWatch.
package metrics

import (
	"encoding/json"
	"io"
	"time"
)

// Account has the values of the metrics of one execution.
type Account struct {
	Job string

	// StateMachine is the name of the state machine: two deployments of a job share
	// its name. It is empty if the execution is unknown.
	StateMachine string `json:",omitempty"`

	Items      int
	Succeeded  int
	Failed     int
	Missing    int
	DurationMs int64
}

type metric struct{ Name, Unit string }

// Write writes the account in the embedded metric format (Amazon CloudWatch user
// guide, "Specification: Embedded metric format"), in one line.
func Write(w io.Writer, a Account, now time.Time) error {
	type directive struct {
		Namespace  string
		Dimensions [][]string
		Metrics    []metric
	}
	type metadata struct {
		Timestamp         int64 // milliseconds of Unix time
		CloudWatchMetrics []directive
	}
	dimensions := []string{"Job"}
	if a.StateMachine != "" {
		dimensions = append(dimensions, "StateMachine")
	}
	return json.NewEncoder(w).Encode(struct {
		Metadata metadata `json:"_aws"`
		Account
	}{
		metadata{now.UnixMilli(), []directive{{"mapjob", [][]string{dimensions}, []metric{
			{"Items", "Count"}, {"Succeeded", "Count"}, {"Failed", "Count"}, {"Missing", "Count"}, {"DurationMs", "Milliseconds"}}}}},
		a,
	})
}
