package test

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/mapjob/mapjob/job"
	"github.com/mapjob/mapjob/job/report"
	"github.com/mapjob/mapjob/lambdas/invoicing"
)

// The sample job runs as with `make run`. The runner and the summary account for
// each of the 5,000 orders once, and each valid order has an invoice.
func TestSampleJobOnThisMachine(t *testing.T) {
	cmd := mapjob(t, sample(t, "Orders")...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("mapjob run: %v\n%s", err, out)
	}
	var answer struct {
		Status string
		Items  report.Items
		Errors map[string]int
		Output struct {
			report.Items
			Errors map[string]int
			Output map[string]invoicing.Revenue
		}
		DurationMs int64
		RunDir     string
	}
	if err := json.Unmarshal(out, &answer); err != nil {
		t.Fatalf("standard output is not one JSON document: %v\n%s", err, out)
	}

	expected, errors := priced(t)
	if answer.Status != "SUCCEEDED" || answer.Items != expected {
		t.Errorf("got %s, expected SUCCEEDED; the runner's items (-expected +got):\n%s", answer.Status, cmp.Diff(expected, answer.Items))
	}
	if diff := cmp.Diff(expected, answer.Output.Items); diff != "" {
		t.Errorf("the summary's items (-expected +got):\n%s", diff)
	}
	for name, count := range errors {
		if answer.Errors[name] != count || answer.Output.Errors[name] != count {
			t.Errorf("got %d %s from the runner and %d from the summary, expected %d", answer.Errors[name], name, answer.Output.Errors[name], count)
		}
	}
	invoiced := 0
	for _, r := range answer.Output.Output {
		invoiced += r.Invoices
	}
	if invoiced != expected.Succeeded || answer.DurationMs <= 0 {
		t.Errorf("got %d invoices in %d ms, expected %d in more than none", invoiced, answer.DurationMs, expected.Succeeded)
	}

	folder := filepath.Join(cmd.Dir, answer.RunDir)
	seen := map[int]bool{}
	results, err := os.Open(filepath.Join(folder, "results.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer results.Close()
	for lines := bufio.NewScanner(results); lines.Scan(); {
		var outcome job.Outcome
		if err := json.Unmarshal(lines.Bytes(), &outcome); err != nil {
			t.Fatal(err)
		}
		if seen[outcome.Index] {
			t.Errorf("item %d: got two results, expected one", outcome.Index)
		}
		seen[outcome.Index] = true
	}
	if len(seen) != expected.Total {
		t.Errorf("got results of %d items, expected %d", len(seen), expected.Total)
	}
	written, _ := filepath.Glob(filepath.Join(folder, "s3", "buckets", "invoicing-invoices*", "invoices", "*.json"))
	if len(written) != expected.Succeeded {
		t.Errorf("got %d invoices in the bucket, expected %d", len(written), expected.Succeeded)
	}
	for _, file := range []string{"report.html", "report.json", "history.jsonl"} {
		if info, err := os.Stat(filepath.Join(folder, file)); err != nil || info.Size() == 0 {
			t.Errorf("got %v, expected %s in the run's folder", err, file)
		}
	}
}
