package job

import (
	"encoding/json"
	"io"
	"os"
	"time"

	"github.com/mapjob/mapjob/job/report"
)

// metricsOut is where a summary writes its metrics: Lambda hands standard
// output to CloudWatch, which finds them there.
var metricsOut io.Writer = os.Stdout

type metricUnit struct{ Name, Unit string }

// writeMetrics writes the account in the embedded metric format (Amazon
// CloudWatch user guide, "Specification: Embedded metric format"), in one line.
func writeMetrics(w io.Writer, job string, items report.Items, took time.Duration, now time.Time) error {
	type directive struct {
		Namespace  string
		Dimensions [][]string
		Metrics    []metricUnit
	}
	type metadata struct {
		Timestamp         int64 // milliseconds of Unix time
		CloudWatchMetrics []directive
	}
	return json.NewEncoder(w).Encode(struct {
		Metadata   metadata `json:"_aws"`
		Job        string
		Items      int
		Succeeded  int
		Failed     int
		Missing    int
		DurationMs int64
	}{
		metadata{now.UnixMilli(), []directive{{"mapjob", [][]string{{"Job"}}, []metricUnit{
			{"Items", "Count"}, {"Succeeded", "Count"}, {"Failed", "Count"}, {"Missing", "Count"}, {"DurationMs", "Milliseconds"}}}}},
		job, items.Total, items.Succeeded, items.Failed, items.Missing, took.Milliseconds(),
	})
}
