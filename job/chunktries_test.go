package job_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mapjob/mapjob/job"
	"github.com/mapjob/mapjob/job/jobtest"
	"github.com/mapjob/mapjob/job/report"
)

// summaryOf returns the account of a job of chunks with these answers.
func summaryOf(t *testing.T, prefix string, n int, answers ...string) accountAnswer {
	t.Helper()
	var lines strings.Builder
	for _, answer := range answers {
		lines.WriteString(unwrapped(answer))
	}
	manifest := mapRun(t, prefix, lines.String(), "", "")
	payload := strings.Replace(request(prefix, `{"bucket": "results", "manifest": "`+manifest+`"}`, n), `"count"`, `"chunked": true, "count"`, 1)
	return decode[accountAnswer](t, invoke(t, summarize(nothing), payload))
}

func TestASecondTryRepeatsOnlyRetryableFailures(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		child := chunked(t, "second-try", 3, 3)[0]
		down, calls := true, 0
		h := work(func(_ context.Context, n int) (int, error) {
			calls++
			switch {
			case n == 2:
				return 0, job.Errorf("Bad", "final")
			case down && n == 1:
				return 0, job.Retryable(errors.New("the database is down"))
			}
			return n, nil
		}, job.Tries(1))
		if answer := invoke(t, h, child); !strings.Contains(answer, `"succeeded":1,"failed":2}`) {
			t.Errorf("got %s, expected one of three to succeed", answer)
		}
		down = false
		answer := invoke(t, h, child)
		if !strings.Contains(answer, `"succeeded":2,"failed":1}`) || calls != 4 {
			t.Errorf("got %s after %d calls, expected only the item with a retryable failure to be done again", answer, calls)
		}
		got := summaryOf(t, "second-try", 3, answer)
		if got.Items != (report.Items{Total: 3, Succeeded: 2, Failed: 1}) || fmt.Sprint(got.Errors) != "map[Bad:1]" || got.Repeated != 0 {
			t.Errorf("got %+v, expected the best of both tries", got)
		}
	})
}

func TestItemsThatWereNotStartedHaveNoStoredOutcome(t *testing.T) {
	t.Parallel()
	for name, wait := range map[string]func(context.Context) error{
		"returns": func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
		"ignores": func(context.Context) error { time.Sleep(time.Hour); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				defer outlast()
				prefix := "unstarted/" + name
				child := chunked(t, prefix, 5, 5)[0]
				var calls atomic.Int32
				h := work(func(ctx context.Context, n int) (int, error) {
					if n == 2 && calls.Add(1) == 1 {
						return 0, wait(ctx)
					}
					return n, nil
				})
				answer, err := jobtest.Call{Timeout: time.Minute}.Invoke(h, []byte(child))
				if err != nil || !strings.Contains(string(answer), `"succeeded":2,"failed":3,"notBegun":2}`) {
					t.Fatalf("got %s and error %v, expected two items that were not started", answer, err)
				}
				if lines := below(t, prefix+"/outcomes/"); lines != 3 {
					t.Errorf("got %d outcomes stored, expected those of the three items that were started", lines)
				}
				got := summaryOf(t, prefix, 5, string(answer))
				if got.Items != (report.Items{Total: 5, Succeeded: 2, Failed: 3}) || got.Errors[job.ErrorDeadline] != 3 {
					t.Errorf("got %+v, expected three that were late", got)
				}
				text, _ := object(t, prefix+"/report/report.json")
				if r := decode[report.Report](t, text); len(r.Slowest) == 0 || r.Slowest[0].Index != 2 || r.Slowest[0].Ms < 50_000 {
					t.Errorf("got %+v as the slowest items, expected the one that used up the time", r.Slowest)
				}
				if got = summaryOf(t, prefix, 5, invoke(t, h, child)); got.Items != (report.Items{Total: 5, Succeeded: 5}) {
					t.Errorf("got %+v, expected another try to do the rest", got)
				}
			})
		})
	}
}

func TestTheBestOutcomeOfSeveralTriesCounts(t *testing.T) {
	t.Parallel()
	const (
		good  = `{"index":0,"status":"SUCCEEDED"}`
		final = `{"index":0,"status":"FAILED","error":"Bad"}`
		retry = `{"index":0,"status":"FAILED","error":"Busy","retryable":true}`
	)
	for name, c := range map[string]struct {
		tries    []string
		expected string // the name of the error
	}{
		"a success after all":          {[]string{retry, final, good}, ""},
		"a success before all":         {[]string{good, final, retry}, ""},
		"a final failure":              {[]string{retry, final, retry}, "Bad"},
		"a retryable failure":          {[]string{retry, retry}, "Busy"},
		"a success in the same object": {[]string{retry + "\n" + good, final}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			prefix := "best/" + strings.ReplaceAll(name, " ", "-")
			child := chunked(t, prefix, 1, 1)[0]
			chunk := child[strings.Index(child, `"Chunk": `)+len(`"Chunk": `) : strings.LastIndex(child, "}")]
			var parts []string
			for i, lines := range c.tries {
				part := fmt.Sprintf("try%d-0000.jsonl", i)
				put(t, prefix+"/outcomes/000000000000/"+part, lines)
				parts = append(parts, `"`+part+`"`)
			}
			check := func(who string, got accountAnswer) {
				t.Helper()
				if got.Succeeded+got.Failed != 1 || got.Repeated != 0 || (c.expected == "") != (got.Succeeded == 1) || c.expected != "" && got.Errors[c.expected] != 1 {
					t.Errorf("got %+v from %s, expected the error %q", got, who, c.expected)
				}
			}
			check("an answer", summaryOf(t, prefix, 1, fmt.Sprintf(
				`[{"chunk": %s, "outcomes": {"bucket": "results", "prefix": "%s/outcomes/000000000000/", "parts": [%s]}, "succeeded": 0, "failed": 0}]`,
				strings.TrimSpace(chunk), prefix, strings.Join(parts, ","))))
			manifest := mapRun(t, prefix, "", fmt.Sprintf(`{"Input": %q, "Error": "Crash", "Cause": ""}`, child), "")
			check("a child that failed", decode[accountAnswer](t, invoke(t, summarize(nothing), request(prefix, `{"bucket": "results", "manifest": "`+manifest+`"}`, 1))))
		})
	}
}

func TestLostOutcomesOfAChunkAreMissing(t *testing.T) {
	t.Parallel()
	child := chunked(t, "vanished", 4, 4)[0]
	put(t, "vanished/outcomes/000000000000/try-0000.jsonl", `{"index":3,"status":"SUCCEEDED"}`)
	answer := func(notBegun int) string {
		return fmt.Sprintf(`[{"chunk": {"bucket": "results", "key": "vanished/x", "first": 0, "count": 4}, "succeeded": 1, "failed": 3, "notBegun": %d,
			"outcomes": {"bucket": "results", "prefix": "vanished/outcomes/000000000000/", "parts": ["try-0000.jsonl"]}}]`, notBegun)
	}
	oneLine := strings.NewReplacer("\n", "", "\t", "")
	if got := summaryOf(t, "vanished", 4, oneLine.Replace(answer(1))); got.Items != (report.Items{Total: 4, Succeeded: 1, Missing: 3}) {
		t.Errorf("got %+v, expected three items missing: one was not begun, and which one is not known", got)
	}
	if got := summaryOf(t, "vanished", 4, oneLine.Replace(answer(3))); got.Items != (report.Items{Total: 4, Succeeded: 1, Failed: 3}) {
		t.Errorf("got %+v, expected three items that were not begun", got)
	}
	put(t, "vanished/outcomes/000000000000/another-0000.jsonl", `{"index":4,"status":"SUCCEEDED"}`)
	h := work(func(_ context.Context, n int) (int, error) { return n, nil })
	if got := summaryOf(t, "vanished", 4, invoke(t, h, child)); got.Items != (report.Items{Total: 4, Succeeded: 4}) {
		t.Errorf("got %+v, expected the outcome of another chunk's item to be ignored", got)
	}
}
