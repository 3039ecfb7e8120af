package docs

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mapjob/mapjob/job"
	"github.com/mapjob/mapjob/job/jobtest"
	"github.com/mapjob/mapjob/test/docs/insights"
)

// linesOfLog returns what a worker of the kit writes to its log about the items 5 to 8:
// the first fails, the second fails at each of its tries, the third takes too long, and
// there is no time left for the fourth.
func linesOfLog(t *testing.T) (lines []map[string]any) {
	t.Helper()
	var log bytes.Buffer
	synctest.Test(t, func(t *testing.T) {
		worker := job.Work(func(ctx context.Context, what string) (string, error) {
			switch what {
			case "busy":
				return "", job.Retryable(errors.New("busy"))
			case "slow":
				<-ctx.Done()
			}
			return "", job.Errorf("NoPrice", "no price for %s", what)
		}, job.LogData(), job.WithLogger(job.NewLogger(&log)))
		jobtest.Call{Execution: "arn:aws:states:…:execution:Nightly:monday", RequestID: "r-1", First: 5, Timeout: time.Minute}.
			Work(t, worker, "pear", "busy", "slow", "late")
	})
	for line := range strings.Lines(log.String()) {
		var members map[string]any
		if err := json.Unmarshal([]byte(line), &members); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, members)
	}
	return lines
}

// lineOf returns the first line with a message.
func lineOf(lines []map[string]any, message string) map[string]any {
	for _, line := range lines {
		if line["message"] == message {
			return line
		}
	}
	return nil
}

// Queries of CloudWatch Logs Insights can be read, name members that lines of the kit's
// log have, and find some of these lines.
func TestQueries(t *testing.T) {
	lines := linesOfLog(t)
	known := map[string]bool{}
	for _, line := range lines {
		for name := range line {
			known[name] = true
		}
	}
	begins := regexp.MustCompile(`^(filter|fields|stats|display|parse) `)
	count := 0
	for _, p := range pages(t) {
		for _, b := range blocks(p) {
			if b.before["output"] != "query" {
				if b.Language == "text" && begins.MatchString(b.Text) {
					t.Errorf("%s: got a query of Logs Insights without <!-- output: query --> before it", b.at)
				}
				continue
			}
			count++
			query, err := insights.Parse(b.Text)
			if err != nil {
				t.Errorf("%s: %v", b.at, err)
				continue
			}
			for _, name := range query.Fields {
				if !known[name] {
					t.Errorf("%s: got the field %s, expected one of %q", b.at, name, slices.Sorted(maps.Keys(known)))
				}
			}
			found := 0
			for _, line := range lines {
				if query.Matches(line) {
					found++
				}
			}
			if found == 0 {
				t.Errorf("%s: the query finds none of the lines\n%v", b.at, lines)
			}
		}
	}
	if count < 3 {
		t.Errorf("got %d queries, expected those of docs/how-to/report.md", count)
	}
}

// The line of a log that a page shows has the members of one that the kit writes.
func TestLinesOfLogs(t *testing.T) {
	lines := linesOfLog(t)
	count := 0
	for _, p := range pages(t) {
		for _, b := range blocks(p) {
			if b.before["output"] != "log" {
				continue
			}
			count++
			documents, err := readJSON(b.Text)
			if err != nil {
				t.Errorf("%s: %v", b.at, err)
			}
			for _, document := range documents {
				shown, _ := document.(map[string]any)
				message, _ := shown["message"].(string)
				expected := slices.Sorted(maps.Keys(lineOf(lines, message)))
				if got := slices.Sorted(maps.Keys(shown)); !slices.Equal(got, expected) {
					t.Errorf("%s: got the members %q, expected those of a line with the message %q: %q", b.at, got, message, expected)
				}
			}
		}
	}
	if count == 0 {
		t.Error("got no line of a log, expected that of docs/job.md")
	}
}
