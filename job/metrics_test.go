package job_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/mapjob/mapjob/job"
)

func TestASummaryWritesItsMetricsInOneLine(t *testing.T) {
	t.Parallel()
	out := &bytes.Buffer{}
	clock := job.WithClock(func() time.Time { return time.Date(2026, 11, 1, 2, 0, 1, 0, time.UTC) })
	invoke(t, summarize(nothing, job.WithMetrics(out), clock), `{"execution": "arn:aws:states:eu-west-1:123456789012:execution:NightlyEU:2026-11-01", "job": {"name": "nightly", "startedAt": "2026-11-01T02:00:00Z"}, "items": {"count": 4},
		"results": [{"index": 0, "status": "SUCCEEDED"}, {"index": 1, "status": "FAILED"}, {"index": 3, "status": "FAILED"}]}`)
	if bytes.Count(out.Bytes(), []byte("\n")) != 1 {
		t.Errorf("got %q, expected one line", out)
	}
	var line map[string]any
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	about := line["_aws"].(map[string]any)["CloudWatchMetrics"].([]any)[0].(map[string]any)
	for _, m := range about["Metrics"].([]any) { // every listed metric has a value
		if _, ok := line[m.(map[string]any)["Name"].(string)].(float64); !ok {
			t.Errorf("got no value of %v", m)
		}
	}
	delete(line, "_aws")
	delete(about, "Metrics")
	if diff := cmp.Diff(map[string]any{"Job": "nightly", "StateMachine": "NightlyEU", "Items": 4.0, "Succeeded": 1.0, "Failed": 2.0, "Missing": 1.0, "DurationMs": 1000.0}, line); diff != "" {
		t.Errorf("the account (-expected +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]any{"Namespace": "mapjob", "Dimensions": []any{[]any{"Job", "StateMachine"}}}, about); diff != "" {
		t.Errorf("the directive (-expected +got):\n%s", diff)
	}
}

func TestAnExecutionWithoutAnARNHasNoStateMachineInItsMetrics(t *testing.T) {
	t.Parallel()
	out := &bytes.Buffer{}
	invoke(t, summarize(nothing, job.WithMetrics(out)), `{"job": {"name": "nightly"}, "execution": "mine", "items": {"count": 0}, "results": []}`)
	var line struct {
		StateMachine *string
		AWS          struct {
			CloudWatchMetrics []struct{ Dimensions [][]string }
		} `json:"_aws"`
	}
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	if got := line.AWS.CloudWatchMetrics[0].Dimensions; line.StateMachine != nil || !cmp.Equal(got, [][]string{{"Job"}}) {
		t.Errorf("got %s, expected the dimension Job only", out)
	}
}
