package answers

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/test/running"
)

// The items that failed are those that the job read, whatever a worker puts into its
// outcomes.
func keptItems(t *testing.T, s *running.Stack) {
	const failed = `{"index":%d,"status":"FAILED","error":"Bad"%s}`
	three := func(separator string, item ...string) string {
		var outcomes []string
		for i := range batchSize {
			outcomes = append(outcomes, fmt.Sprintf(failed, i, item[i]))
		}
		return strings.Join(outcomes, separator)
	}
	right, wrong := []string{`,"item":{"id":0}`, `,"item":{"id":1}`, `,"item":{"id":2}`}, []string{`,"item":{"id":1}`, `,"item":[]`, `,"item":null`}
	none := []string{"", "", ""}
	for _, c := range []struct {
		name, answer, stored string
		expected             string
	}{
		{"the items", "[" + three(",", right...) + "]", "", lines(batchSize)},
		{"other items", "[" + three(",", wrong...) + "]", "", lines(batchSize)},
		{"no items", "[" + three(",", none...) + "]", "", lines(batchSize)},
		{"items in another form", "[" + three(",", `,"item":{ "id" : 0.0 }`, right[1], right[2]) + "]", "", strings.Replace(lines(batchSize), "0", "0", 1)},
		{"another item of one that failed", "[" + zero + "," + fmt.Sprintf(failed, 1, wrong[1]) + "," + two + "]", "", `{"id":1}` + "\n"},
		{"another item of one that succeeded", `[{"index":0,"status":"SUCCEEDED","item":7},` + one + "," + fmt.Sprintf(failed, 2, right[2]) + "]", "", `{"id":2}` + "\n"},
		{"no outcomes", `[{"index":0},` + one + `,{"index":2,"status":"LATER"}]`, "", `{"id":0}` + "\n" + `{"id":2}` + "\n"},
		{"other items, stored", at, three("\n", wrong...), lines(batchSize)},
		{"no items, stored", at, three("\n", none...), lines(batchSize)},
	} {
		for job, input := range map[string]string{"Lines": `{"items":{"key":"items.jsonl"}}`, "List": items(batchSize)} {
			x := run(t, s, job, input, func(b *batch) string {
				if c.stored != "" {
					b.store("o.jsonl", c.stored)
				}
				return b.place(c.answer)
			}, nil)
			count := strings.Count(c.expected, "\n")
			if x.account != (account{Total: batchSize, Succeeded: batchSize - count, Failed: count}) || x.calls != 1 {
				t.Errorf("%s, %s: got %v, expected %d items that failed", job, c.name, x, count)
				continue
			}
			if got := s.Object(t, x.report.Bucket, x.report.Prefix+"/"+protocol.FailuresFile); got != c.expected {
				t.Errorf("%s, %s: got items %q, expected %q", job, c.name, got, c.expected)
			}
		}
	}

	// Without room for them, the items are not known, and the outcomes are.
	large, cause := strings.Repeat("é", 30_000), `,"cause":"`+strings.Repeat("é", 15_000)+`"`
	x := run(t, s, "List", fmt.Sprintf(`["%s","%[1]s","%[1]s"]`, large), func(*batch) string {
		return "[" + three(",", wrong[0]+cause, wrong[1]+cause, wrong[2]+cause) + "]"
	}, nil)
	if x.account != (account{Total: batchSize, Failed: batchSize}) || x.Status != engine.Succeeded {
		t.Errorf("got %v, expected three items that failed as the worker answered", x)
	}
	if report := s.Object(t, x.report.Bucket, x.report.Prefix+"/"+protocol.ReportMarkdown); !strings.Contains(report, "lacks 3 of 3 items") {
		t.Errorf("got the report %s, expected the number of unknown items", report)
	}
}
