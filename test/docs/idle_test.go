package docs

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// idle is what a stack costs by the month, whether anything runs or not.
type idle struct{ alarms, metrics, keys, dashboards int }

// idleOf counts it in a template.
func idleOf(t *testing.T, template string) (n idle) {
	t.Helper()
	text, err := os.ReadFile(template)
	if err != nil {
		t.Fatal(err)
	}
	var stack struct {
		Resources map[string]struct {
			Type       string
			Properties struct {
				MetricName string
				Metrics    []struct{ MetricStat any }
			}
		}
	}
	if err := json.Unmarshal(text, &stack); err != nil {
		t.Fatalf("%s: %v", template, err)
	}
	for _, r := range stack.Resources {
		switch r.Type {
		case "AWS::CloudWatch::Alarm":
			n.alarms++
			if r.Properties.MetricName != "" {
				n.metrics++
			}
			for _, m := range r.Properties.Metrics { // the others are expressions
				if m.MetricStat != nil {
					n.metrics++
				}
			}
		case "AWS::CloudWatch::Dashboard":
			n.dashboards++
		case "AWS::KMS::Key":
			n.keys++
		}
	}
	return n
}

// Pages say what of the samples costs something while nothing runs.
func TestWhatIdles(t *testing.T) {
	folder := filepath.Join(root, "test", "testdata")
	sample := idleOf(t, filepath.Join(folder, "invoicing-template_1.snap.json"))
	if sample.keys != 1 || sample.dashboards != 1 {
		t.Errorf("got %+v in the sample, expected the key and the dashboard of docs/deploy.md", sample)
	}
	templates, err := filepath.Glob(filepath.Join(folder, "*-template_1.snap.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all idle
	for _, template := range templates {
		n := idleOf(t, template)
		all.alarms, all.metrics = all.alarms+n.alarms, all.metrics+n.metrics
	}
	for name, row := range map[string]string{
		"docs/deploy.md":       fmt.Sprintf("| %d alarms, which watch %d metrics | $0.%d0, ", sample.alarms, sample.metrics, sample.metrics),
		"docs/deploy-check.md": fmt.Sprintf("| %d alarms, which watch %d metrics | ", all.alarms, all.metrics),
	} {
		text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), row) {
			t.Errorf("%s: expected the row %q", name, row)
		}
	}
}
