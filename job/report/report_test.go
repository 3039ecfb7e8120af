package report_test

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/tally"
	"github.com/mapjob/mapjob/job/report"
)

func TestThePageDrawsWhatIsKnown(t *testing.T) {
	a := &tally.Tally{}
	var page strings.Builder
	if err := (&report.Report{Job: "bare"}).HTML(&page); err != nil || strings.Contains(page.String(), "slowest") || strings.Contains(page.String(), "over time") {
		t.Errorf("got error %v and a page\n%s\nexpected none of the charts", err, &page)
	}
	a.Took(3, 1_793_498_400_000, 40, false)
	a.Took(4, 1_793_498_400_000, 80, true)
	page.Reset()
	if err := (&report.Report{Job: "timed", Timeline: a.Timeline(), Slowest: a.Slowest}).HTML(&page); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{`<title>1 succeeded, 0 failed after 40 ms</title>`, `<rect class="good" width="50.00%"`, "at most 2 a second"} {
		if !strings.Contains(page.String(), part) {
			t.Errorf("got\n%s\nexpected it to contain %q", &page, part)
		}
	}
	if strings.Contains(page.String(), "ZgotmplZ") {
		t.Error("got a value that the template refused")
	}
}

func TestOneLongCellDoesNotMakeAllOthersAsLong(t *testing.T) {
	var text strings.Builder
	rows := [][]string{{"a", strings.Repeat("x", 900)}, {"b", "short"}}
	r := &report.Report{Job: "wide", Notes: []string{"to be\nknown"}, Sections: []report.Section{{Title: "Wide", Columns: []string{"n", "text"}, Rows: rows}}}
	if err := r.Markdown(&text); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(text.String()) {
		if n := len(line); n > 80 && !strings.Contains(line, "xxx") {
			t.Errorf("got a line of %d characters %q, expected at most 60 in a column", n, line)
		}
	}
	for _, part := range []string{"| " + strings.Repeat("x", 900) + " |", "| b   | short" + strings.Repeat(" ", 55) + " |", "\nto be known\n"} {
		if !strings.Contains(text.String(), part) {
			t.Errorf("got\n%s\nexpected it to contain %q", &text, part)
		}
	}
}

func TestTheHighestRateCountsItemsOnce(t *testing.T) {
	const began = 1_793_498_400_000
	for name, c := range map[string]struct {
		ends     []int64 // in milliseconds after the first
		expected int
	}{
		"one item":                   {[]int64{0}, 1},
		"three at once":              {[]int64{0, 1, 2}, 3},
		"spread over two seconds":    {[]int64{0, 400, 800, 1100, 1900}, 3},
		"two an hour for four hours": {[]int64{0, 1, 3_600_000, 3_600_001, 7_200_000, 7_200_001}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			a := &tally.Tally{}
			for i, end := range c.ends {
				a.Took(i, began+end, 0, true)
			}
			var page strings.Builder
			if err := (&report.Report{Timeline: a.Timeline()}).HTML(&page); err != nil {
				t.Fatal(err)
			}
			var got int
			_, after, _ := strings.Cut(page.String(), ", at most ")
			if _, err := fmt.Sscanf(after, "%d a second", &got); err != nil {
				t.Fatalf("%v in\n%s", err, &page)
			}
			if got > c.expected || got < c.expected-1 || got > len(c.ends) {
				t.Errorf("got %d a second, expected %d", got, c.expected)
			}
		})
	}
}

func TestAReportInJSONHasListsForWhatItHasNone(t *testing.T) {
	for name, r := range map[string]*report.Report{
		"empty":                 {},
		"an empty section":      {Sections: []report.Section{{Title: "None"}}},
		"a section without row": {Sections: []report.Section{{Title: "None", Columns: []string{"a"}}}},
	} {
		var text strings.Builder
		if err := r.JSON(&text); err != nil {
			t.Fatal(err)
		}
		var got struct {
			Errors, Failures []any
			Sections         []map[string]any
		}
		if err := json.Unmarshal([]byte(text.String()), &got); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(text.String(), "null") || got.Errors == nil || got.Failures == nil || got.Sections == nil {
			t.Errorf("%s: got\n%s\nexpected lists and no null", name, &text)
		}
		if name != "empty" && r.Sections[0].Rows != nil {
			t.Errorf("%s: got %+v, expected the report itself to stay as it was", name, r.Sections)
		}
	}
}

func TestAShareIsNotRoundedToNoneOrAll(t *testing.T) {
	for _, c := range []struct {
		n, total int
		expected string
	}{
		{0, 0, "0%"}, {0, 3, "0.0%"}, {3, 3, "100.0%"}, {1, 3, "33.3%"}, {1, 1000, "0.1%"},
		{1, 10_000_000, "<0.1%"}, {9_999_999, 10_000_000, ">99.9%"}, {1, 2001, "<0.1%"}, {1999, 2000, ">99.9%"}, {999, 1000, "99.9%"},
	} {
		r := &report.Report{Items: report.Items{Total: c.total, Succeeded: c.total - c.n, Failed: c.n}}
		if got := r.Share(c.n); got != c.expected {
			t.Errorf("got %s for %d of %d, expected %s", got, c.n, c.total, c.expected)
		}
	}
	r := &report.Report{Job: "nightly", Items: report.Items{Total: 10_000_000, Succeeded: 9_999_999, Failed: 1}}
	if got, expected := r.Verdict(), "1 of 10,000,000 items failed (<0.1%)"; got != expected {
		t.Errorf("got %q, expected %q", got, expected)
	}
	var text strings.Builder
	if err := r.Markdown(&text); err != nil || !strings.Contains(text.String(), "| failed    |          1 |  <0.1% |") {
		t.Errorf("got error %v and\n%s\nexpected shares aligned as numbers", err, &text)
	}
}

func TestAVerdictAgreesInNumber(t *testing.T) {
	for expected, items := range map[string]report.Items{
		"1 of 1 item failed (100.0%)":                                      {Total: 1, Failed: 1},
		"1 of 2 items failed (50.0%)":                                      {Total: 2, Succeeded: 1, Failed: 1},
		"1 of 1 item has no result: the account does not add up":           {Total: 1, Missing: 1},
		"1 of 1,000 items has no result: the account does not add up":      {Total: 1000, Succeeded: 999, Missing: 1},
		"1,000 of 1,001 items have no result: the account does not add up": {Total: 1001, Succeeded: 1, Missing: 1000},
		"the one item succeeded":                                           {Total: 1, Succeeded: 1},
	} {
		if got := (&report.Report{Items: items}).Verdict(); got != expected {
			t.Errorf("got %q, expected %q", got, expected)
		}
	}
}

func TestAJobWithoutItemsSaysSo(t *testing.T) {
	if got, expected := (&report.Report{}).Verdict(), "there were no items"; got != expected {
		t.Errorf("got %q, expected %q", got, expected)
	}
}

func TestADurationNeedsAStartAndAnEnd(t *testing.T) {
	start := time.Date(2026, 11, 1, 2, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		start, stop time.Time
		expected    time.Duration
	}{{start, start.Add(90 * time.Second), 90 * time.Second}, {time.Time{}, start, 0}, {start, time.Time{}, 0}} {
		if got := (&report.Report{StartedAt: c.start, StoppedAt: c.stop}).Duration(); got != c.expected {
			t.Errorf("got %s from %s to %s, expected %s", got, c.start, c.stop, c.expected)
		}
	}
}

func TestTheReportOfARerunComparesItWithTheEarlierExecution(t *testing.T) {
	const unknown = "failed, maybe with the same error"
	for _, c := range []struct {
		comparison  *report.Comparison
		parts, none []string
	}{
		{nil, nil, []string{"earlier execution", "recovered", unknown}},
		{&report.Comparison{Execution: "arn:first", Recovered: 1138, SameError: 2}, []string{"arn:first", "earlier execution", "1,138", "99.8%"}, []string{unknown}},
		{&report.Comparison{Execution: "arn:first", OtherError: 1139, Unknown: 1}, []string{"1,139", "99.9%", unknown}, nil},
	} {
		r := &report.Report{Job: "nightly", Items: report.Items{Total: 1140}, Comparison: c.comparison}
		for format, write := range map[string]func(io.Writer) error{"Markdown": r.Markdown, "HTML": r.HTML} {
			var text strings.Builder
			if err := write(&text); err != nil {
				t.Fatal(err)
			}
			for _, part := range c.parts {
				if !strings.Contains(text.String(), part) {
					t.Errorf("%s: got\n%s\nexpected it to contain %q", format, &text, part)
				}
			}
			for _, part := range c.none {
				if strings.Contains(text.String(), part) {
					t.Errorf("%s: got\n%s\nexpected it not to contain %q", format, &text, part)
				}
			}
		}
	}
}

func TestAPageShowsAllTextsAsText(t *testing.T) {
	const hostile = "</td><script>alert('1')</script>&amp;\" onload=\"x\u202e\x00\xff"
	const shown = `&lt;/td&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;amp;&#34; onload=&#34;x\u202e` + "\ufffd\ufffd"
	r := &report.Report{
		Job: hostile, Execution: hostile, Error: hostile, Cause: hostile, Notes: []string{hostile},
		Comparison: &report.Comparison{Execution: hostile},
		Sections:   []report.Section{{Title: hostile, Columns: []string{hostile}, Rows: [][]string{{hostile}}}},
		Errors:     []report.ErrorCount{{Name: hostile, Example: hostile}},
		Failures:   []report.Failure{{Error: hostile, Cause: hostile}},
	}
	var text strings.Builder
	if err := r.HTML(&text); err != nil {
		t.Fatal(err)
	}
	// The job and the error are in the title and in the heading, the title of the section is the
	// name of its table, too.
	if got, expected := strings.Count(text.String(), shown), 2*2+12; got != expected {
		t.Errorf("got %d texts that are shown as text, expected %d:\n%s", got, expected, &text)
	}
	if strings.Contains(text.String(), "<script") || strings.Contains(text.String(), `onload="`) {
		t.Errorf("got markup of a text in\n%s", &text)
	}
}
