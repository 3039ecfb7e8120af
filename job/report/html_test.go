package report_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/mapjob/mapjob/job/report"
)

func pageOf(t testing.TB, r *report.Report) string {
	t.Helper()
	var text strings.Builder
	if err := r.HTML(&text); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

func TestAPageIsOneFileWhosePolicyAllowsItsStyle(t *testing.T) {
	page := pageOf(t, large())
	_, after, _ := strings.Cut(page, "<style>")
	style, _, _ := strings.Cut(after, "</style>")
	sum := sha256.Sum256([]byte(style))
	policy := "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	if got := regexp.MustCompile(`Content-Security-Policy" content="([^"]*)"`).FindStringSubmatch(page); got == nil ||
		strings.NewReplacer("&#39;", "'", "&#43;", "+").Replace(got[1]) != policy {
		t.Errorf("got the policy %q, expected %q", got, policy)
	}
	if found := regexp.MustCompile(`(?i)<script|\s(on[a-z]+|style|src|href)=|url\(|@import|ZgotmplZ`).FindAllString(page, -1); len(found) > 0 {
		t.Errorf("got %q, expected neither scripts nor references, nor a style of an element", found)
	}
}

// large is a report with more of everything than a page lists.
func large() *report.Report {
	long := strings.Repeat("x", 1_000_000)
	start := time.Date(2026, 11, 1, 2, 0, 0, 0, time.UTC)
	r := &report.Report{Job: "nightly", Execution: long, StartedAt: start, StoppedAt: start.Add(time.Hour), Cause: long,
		Items:      report.Items{Total: 1_000_000, Failed: 1_000_000},
		Comparison: &report.Comparison{Execution: long}, Notes: []string{long},
		Timeline: &report.Timeline{From: start, StepMs: 30_000, Succeeded: make([]int, 120), Failed: make([]int, 120)},
		Slowest:  []report.Timed{{Index: 1, Ms: 10}}}
	for i := range r.Timeline.Failed {
		r.Timeline.Failed[i] = i
	}
	for range 1000 {
		r.Errors = append(r.Errors, report.ErrorCount{Name: strings.Repeat("E", 200), Count: 1000, Example: strings.Repeat("e", 1000)})
	}
	for i := range 50 {
		r.Failures = append(r.Failures, report.Failure{Index: i, Error: "E", Cause: strings.Repeat("e", 1000)})
	}
	row := make([]string, 300)
	for i := range row {
		row[i] = "1"
	}
	row[0] = long
	section := report.Section{Title: long, Columns: row}
	for range 5_000 {
		section.Rows = append(section.Rows, row[:3])
	}
	r.Sections = []report.Section{section}
	return r
}

func TestAPageStaysSmallAndSaysWhatItLeavesOut(t *testing.T) {
	page := pageOf(t, large())
	if n := len(page); n > 2<<20 {
		t.Errorf("got a page of %d bytes, expected at most 2 MiB", n)
	}
	for _, part := range []string{"and 800 more errors, in report.md and report.json", "and 4,800 more rows, in report.md and report.json", "and 100 more columns, in report.md and report.json",
		"The first 50 of 1,000,000 failed items", "<code>mapjob failures</code> lists them", "… (999,000 more bytes)"} {
		if !strings.Contains(page, part) {
			t.Errorf("got no %q in the page", part)
		}
	}
}

func TestAPageNamesTheCommandsOfAnExecution(t *testing.T) {
	const execution = "arn:aws:states:us-east-1:123456789012:execution:Nightly:monday"
	for _, c := range []struct {
		execution string
		failed    int
		expected  []string
	}{
		{execution, 1, []string{"mapjob report " + execution, "mapjob failures " + execution}},
		{execution, 0, []string{"mapjob report " + execution}},
		{"night-1", 1, nil},
		{execution + ";reboot", 1, nil},
	} {
		var got []string
		for _, m := range regexp.MustCompile(`<code tabindex="0">([^<]*)</code>`).FindAllStringSubmatch(pageOf(t, &report.Report{Execution: c.execution, Items: report.Items{Total: 2, Failed: c.failed}}), -1) {
			got = append(got, m[1])
		}
		if fmt.Sprint(got) != fmt.Sprint(c.expected) {
			t.Errorf("%s: got %q, expected %q", c.execution, got, c.expected)
		}
	}
}

func TestAPageSaysHowTheExecutionEnded(t *testing.T) {
	five, none := 5.0, 0
	for expected, r := range map[string]*report.Report{
		"succeeded":         {Items: report.Items{Total: 100, Failed: 5}, Tolerance: report.Tolerance{Percentage: &five}},
		"too many failures": {Items: report.Items{Total: 100, Failed: 6}, Tolerance: report.Tolerance{Percentage: &five}},
		"items lost":        {Items: report.Items{Total: 100, Missing: 1}},
		"failed":            {Status: "FAILED", Error: "Boom"},
		"stopped":           {Status: "ABORTED"},
		"timed out":         {Status: "TIMED_OUT"},
	} {
		if page := pageOf(t, r); !strings.Contains(page, "</span>"+expected+"</span></h1>") {
			t.Errorf("%+v: got\n%s\nexpected that it says %q", r, page[strings.Index(page, "<h1>"):strings.Index(page, "</h1>")], expected)
		}
	}
	if page := pageOf(t, &report.Report{Items: report.Items{Total: 9, Failed: 1}, Tolerance: report.Tolerance{Count: &none}}); !strings.Contains(page, "too many failures</span>") {
		t.Error("got another ending for 1 failed item of at most 0, expected too many failures")
	}
}

// The three formats say the same.
func TestTheFormatsHaveTheSameFigures(t *testing.T) {
	first := time.Date(2026, 11, 1, 2, 0, 5, 0, time.UTC)
	last := first.Add(26 * time.Hour)
	r := &report.Report{Job: "nightly", Execution: "e", StartedAt: first.Add(-5 * time.Second), StoppedAt: last,
		Items:      report.Items{Total: 12_345, Succeeded: 11_000, Failed: 1_234, Missing: 111},
		Comparison: &report.Comparison{Execution: "earlier", Recovered: 10_999, SameError: 1_233, OtherError: 113},
		Errors:     []report.ErrorCount{{Name: "A", Count: 1_230, Example: "a", First: &first, Last: &last}, {Name: "B", Count: 4, Example: "b"}},
		Slowest:    []report.Timed{{Index: 4321, Ms: 98_765}}}
	page := pageOf(t, r)
	var markdown, document bytes.Buffer
	if err := r.Markdown(&markdown); err != nil {
		t.Fatal(err)
	}
	if err := r.JSON(&document); err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{12_345, 11_000, 1_234, 111, 10_999, 1_233, 113, 1_230, 4, 98_765} {
		if shown := report.Thousands(n); !strings.Contains(page, ">"+shown+"<") || !strings.Contains(markdown.String(), " "+shown+" |") || !strings.Contains(document.String(), fmt.Sprintf(": %d", n)) {
			t.Errorf("got no %s in one of the formats:\n%s\n%s\n%s", shown, page, &markdown, &document)
		}
	}
	var back report.Report
	if err := json.Unmarshal(document.Bytes(), &back); err != nil || pageOf(t, &back) != page {
		t.Errorf("got error %v and another page of the report that was read back", err)
	}
	for _, part := range []string{"89.1%", "10.0%", "0.9%"} {
		if !strings.Contains(page, part) || !strings.Contains(markdown.String(), part) {
			t.Errorf("got no %s in one of the formats", part)
		}
	}
	for _, part := range []string{">02:00:05<", ">2026-11-02 04:00:05<", "no time known"} {
		if !strings.Contains(page, part) {
			t.Errorf("got no %s in\n%s", part, page)
		}
	}
}
