package job

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"testing"
)

func TestASummaryWritesItsMetricsInOneLine(t *testing.T) {
	out := &bytes.Buffer{}
	metricsOut = out
	defer func() { metricsOut = os.Stdout }()
	payload := `{"job": {"name": "nightly", "startedAt": "2026-11-01T02:00:00Z"}, "items": {"count": 4},
		"results": [{"index": 0, "status": "SUCCEEDED"}, {"index": 1, "status": "FAILED"}, {"index": 3, "status": "FAILED"}]}`
	if _, err := Summarize(func(context.Context, *Summary) error { return nil }).Invoke(context.Background(), []byte(payload)); err != nil {
		t.Fatal(err)
	}
	if bytes.Count(out.Bytes(), []byte("\n")) != 1 {
		t.Errorf("got %q, expected one line", out)
	}
	var line map[string]any
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(line["Items"], line["Succeeded"], line["Failed"], line["Missing"]); line["Job"] != "nightly" || got != "4 1 2 1" {
		t.Errorf("got %s, expected the account", got)
	}
	about := line["_aws"].(map[string]any)["CloudWatchMetrics"].([]any)[0].(map[string]any)
	if about["Namespace"] != "mapjob" || fmt.Sprint(about["Dimensions"]) != "[[Job]]" {
		t.Errorf("got %v, expected namespace mapjob with dimension Job", about)
	}
	for _, m := range about["Metrics"].([]any) { // each metric that is named has a value
		if _, there := line[m.(map[string]any)["Name"].(string)].(float64); !there {
			t.Errorf("got no value of %v", m)
		}
	}
}
