package browser

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	jobreport "github.com/mapjob/mapjob/job/report"
)

// TestAReportInABrowser opens reports as files, in each width and colour, and prints them.
// With the variable REPORT_SHOTS, a folder, it leaves screenshots and printed pages there.
func TestAReportInABrowser(t *testing.T) {
	chromium := find(t)
	node := nodeWithPlaywright(t)
	folder := t.TempDir()
	for name, r := range map[string]*jobreport.Report{"night": night(), "attack": attack(), "good": {Job: "Tiny", Items: jobreport.Items{Total: 1, Succeeded: 1}}} {
		var page bytes.Buffer
		if err := r.HTML(&page); err != nil {
			t.Fatal(err)
		}
		if page.Len() > 200_000 {
			t.Errorf("%s: got a page of %d bytes, expected at most 200,000", name, page.Len())
		}
		if err := os.WriteFile(filepath.Join(folder, name+".html"), page.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	look := exec.CommandContext(ctx, node, "report.mjs")
	look.Env = append(os.Environ(), "FOLDER="+folder, "CHROMIUM="+chromium, "SHOTS="+os.Getenv("REPORT_SHOTS"))
	look.Cancel, look.WaitDelay = func() error { return look.Process.Signal(os.Interrupt) }, 30*time.Second
	if problems, err := look.CombinedOutput(); err != nil {
		t.Errorf("a report in a browser: %v\n%s", err, problems)
	}
}

// nodeWithPlaywright returns the path of a Node.js that can drive a browser. In CI there has to
// be one.
func nodeWithPlaywright(t *testing.T) string {
	root, err := filepath.Abs("../..")
	if err == nil {
		_, err = os.Stat(filepath.Join(root, "test", "node_modules", "playwright-core"))
	}
	switch {
	case err == nil:
	case os.Getenv("CI") != "":
		t.Fatalf("found no playwright-core, expected it in CI: run make test-setup: %v", err)
	default:
		t.Skip("found no playwright-core: run make test-setup to look at a report in a browser")
	}
	return filepath.Join(root, "node_modules", ".bin", "node")
}

// night is the report of a rerun that failed, with everything that a report can have.
func night() *jobreport.Report {
	start := time.Date(2026, 11, 1, 2, 0, 0, 0, time.UTC)
	tolerated := 0.5
	at := func(s int) *time.Time { t := start.Add(time.Duration(s) * time.Second); return &t }
	r := &jobreport.Report{Job: "Invoicing", Execution: "arn:aws:states:eu-central-1:123456789012:execution:InvoicingStateMachine-pQ3xW8:nightly-2026-11-01T02-00-00Z",
		StartedAt: start, StoppedAt: start.Add(14*time.Minute + 33*time.Second), Status: "FAILED", Error: "MapJob.TooManyFailures", Cause: "9,480 of 1,000,000 items failed, expected at most 0.5%",
		Items: jobreport.Items{Total: 1_000_000, Succeeded: 990_400, Failed: 9_480, Missing: 120}, Tolerance: jobreport.Tolerance{Percentage: &tolerated},
		Comparison: &jobreport.Comparison{Execution: "arn:aws:states:eu-central-1:123456789012:execution:InvoicingStateMachine-pQ3xW8:nightly-2026-10-31T02-00-00Z", Recovered: 990_400, SameError: 9_000, OtherError: 600},
		Notes:      []string{"failures.jsonl lacks 120 of 9,600 items that did not succeed (MapJob.ItemUnknown): their outcomes do not carry them."},
		Errors: []jobreport.ErrorCount{
			{Name: "CustomerNotFound", Count: 6_200, Example: "customer C-20481 of order ORD-2026-000017 was not found in the table of customers", First: at(12), Last: at(860)},
			{Name: "Lambda.ServiceException", Count: 2_750, Example: "the service is not available, try again later", First: at(302), Last: at(340)},
			{Name: "Sandbox.Timedout", Count: 530, Example: "RequestId: 0b6a5c5e-5c27-4b3e-9d6e-0f0a35d2a4c1 Error: Task timed out after 30.00 seconds"},
		},
		Sections: []jobreport.Section{{Title: "Revenue", Columns: []string{"currency", "invoices", "total", "largest customer"},
			Rows: [][]string{{"EUR", "712,004", "84,120,993.10", "Nordwind Handel und Logistik GmbH"}, {"USD", "201,377", "31,204,870.55", "Contoso"}, {"CHF", "77,019", "9,870,112.00", "Alpenrose AG"}}}},
		Timeline: &jobreport.Timeline{From: start, StepMs: 10_000}}
	for i := range 87 {
		r.Timeline.Succeeded = append(r.Timeline.Succeeded, min(i*900, 11_800)+i*7919%700)
		failed := 60 + i*31%50
		if i >= 30 && i < 34 {
			failed = 690
		}
		r.Timeline.Failed = append(r.Timeline.Failed, failed)
	}
	for i := range 10 {
		r.Slowest = append(r.Slowest, jobreport.Timed{Index: 7919 * (i + 3) % 1_000_000, Ms: int64(29_871 - i*i*220)})
	}
	for i := range 50 {
		r.Failures = append(r.Failures, jobreport.Failure{Index: 17 + i*211, Error: r.Errors[i%3].Name, Cause: r.Errors[i%3].Example})
	}
	return r
}

// attack is a report whose texts try to be more than text.
func attack() *jobreport.Report {
	const script = "</td></table></style><script>alert(1)</script><img src=x onerror=alert(2)><a href=javascript:alert(3)>\u202egnp.exe\u2066\x00"
	long := strings.Repeat("x", 1<<20)
	item := strings.Repeat(`{"name": "<script>alert(4)</script>"}`, 5<<20/37)
	r := &jobreport.Report{Job: script, Execution: long, Error: script, Cause: item, Notes: []string{script, long},
		Items:      jobreport.Items{Total: 10_000_000, Succeeded: 9_999_997, Failed: 2, Missing: 1},
		Comparison: &jobreport.Comparison{Execution: script},
		Errors:     []jobreport.ErrorCount{{Name: script, Count: 1, Example: long}, {Name: long, Count: 1, Example: item}},
		Failures:   []jobreport.Failure{{Index: 1, Error: long, Cause: script}, {Index: 9_999_999, Error: script, Cause: long}},
		Sections:   []jobreport.Section{{Title: script, Columns: []string{script, long, item}, Rows: [][]string{{script, long, item}, {long}, {}}}}}
	return r
}
