// Package metrics writes a job's account as metrics of CloudWatch.
package metrics

import (
	"encoding/json"
	"io"
	"time"
)

// Account has the values of the metrics of one execution.
type Account struct {
	Job        string
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
	return json.NewEncoder(w).Encode(struct {
		Metadata metadata `json:"_aws"`
		Account
	}{
		metadata{now.UnixMilli(), []directive{{"mapjob", [][]string{{"Job"}}, []metric{
			{"Items", "Count"}, {"Succeeded", "Count"}, {"Failed", "Count"}, {"Missing", "Count"}, {"DurationMs", "Milliseconds"}}}}},
		a,
	})
}
