package job_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/google/go-cmp/cmp"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/s3object/s3fake"
	"github.com/mapjob/mapjob/job"
	"github.com/mapjob/mapjob/job/jobtest"
	"github.com/mapjob/mapjob/job/report"
)

type accountAnswer struct {
	report.Items
	Repeated   int
	Errors     map[string]int
	Comparison *protocol.Comparison
	Report     *struct{ Bucket, Prefix string }
	Output     any
}

// mapRun writes the files that a ResultWriter leaves: succeeded lines, and
// children with the batch that they had. Unless the job start has stored items,
// it stores the numbers 0 to 7.
func mapRun(t *testing.T, prefix, succeeded, failed, pending string) (manifest string) {
	t.Helper()
	if _, stored := object(t, prefix+"/items.jsonl"); !stored {
		put(t, prefix+"/items.jsonl", "0\n1\n2\n\n3\n4\n5\n6\n7")
	}
	files := map[string][]map[string]any{"SUCCEEDED": {}, "FAILED": {}, "PENDING": {}}
	for kind, text := range map[string]string{"SUCCEEDED": succeeded, "FAILED": failed, "PENDING": pending} {
		if text != "" {
			key := prefix + "/results/uuid/" + kind + "_0.jsonl"
			put(t, key, text)
			files[kind] = append(files[kind], map[string]any{"Key": key, "Size": len(text)})
		}
	}
	text, err := json.Marshal(map[string]any{"DestinationBucket": bucket, "MapRunArn": "arn:run", "ResultFiles": files})
	if err != nil {
		t.Fatal(err)
	}
	manifest = prefix + "/results/uuid/manifest.json"
	put(t, manifest, string(text))
	return manifest
}

func child(first, n int, name, cause string) string {
	items := make([]any, n)
	for i := range items {
		items[i] = i
	}
	text, _ := json.Marshal(map[string]any{"ExecutionArn": "arn:child", "Status": "FAILED", "Input": batchOf(first, items...), "Error": name, "Cause": cause})
	return string(text)
}

func request(prefix, results string, count int) string {
	return fmt.Sprintf(`{"job": {"name": "nightly", "startedAt": "2026-11-01T02:00:00Z"}, "execution": "arn:x", "input": {},
		"items": {"bucket": "results", "key": "%s/items.jsonl", "count": %d}, "results": %s,
		"report": {"bucket": "results", "prefix": "%[1]s/report"}, "toleratedFailurePercentage": 5}`, prefix, count, results)
}

func nothing(context.Context, *job.Summary) error { return nil }

func TestFilesOfAReportAreWrittenInAFixedOrder(t *testing.T) {
	t.Parallel()
	for range 5 {
		var r testRun
		h := summarize(nothing, job.WithS3(s3fake.Client(&r)))
		invoke(t, h, request("order", `[{"index":0,"status":"SUCCEEDED"}]`, 1))
		expected := []string{"PUT /results/order/report/report.md", "PUT /results/order/report/report.html", "PUT /results/order/report/report.json"}
		if diff := cmp.Diff(expected, r.requests); diff != "" {
			t.Fatalf("requests (-expected +got):\n%s", diff)
		}
	}
}

func TestEveryItemIsAccountedForOnce(t *testing.T) {
	t.Parallel()
	const prefix = "account"
	manifest := mapRun(t, prefix,
		`{"index":0,"status":"SUCCEEDED","output":{"n":1}}
{"index":1,"status":"FAILED","error":"Bad","cause":"it is bad"}
{"index":0,"status":"SUCCEEDED","output":{"n":1}}
{"index":2,"status":"SUCCEEDED","output":{"n":3},"startedAt":1793498400123,"ms":1234}
`,
		child(3, 2, "Sandbox.Timedout", `{"errorType":"Sandbox.Timedout","errorMessage":"Task timed out after 2.00 seconds"}`)+"\n"+child(2, 1, "Late", ""),
		child(5, 1, "", ""))
	var seen []int
	h := summarize(func(_ context.Context, s *job.Summary) error {
		for o := range s.Results() {
			seen = append(seen, o.Index)
			if len(seen) == 2 {
				break // the rest is still counted
			}
		}
		s.Table("Extra", []string{"what", "how much"}, [][]string{{"a|b", "1,000"}})
		s.Output("mine")
		return nil
	})
	answer := decode[accountAnswer](t, invoke(t, h, request(prefix, fmt.Sprintf(`{"bucket": "results", "prefix": "%s/results", "manifest": "%s"}`, prefix, manifest), 8)))
	expected := report.Items{Total: 8, Succeeded: 2, Failed: 4, Missing: 2}
	if answer.Items != expected || answer.Repeated != 2 || answer.Output != "mine" || len(seen) != 2 {
		t.Errorf("got %+v after %v, expected %+v, two repeated, and the function's output", answer, seen, expected)
	}
	if fmt.Sprint(answer.Errors) != "map[Bad:1 MapJob.NotStarted:1 Sandbox.Timedout:2]" {
		t.Errorf("got errors %v, expected each by its name", answer.Errors)
	}
	markdown, _ := object(t, prefix+"/report/report.md")
	for _, part := range []string{
		"# nightly: 2 of 8 items have no result: the account does not add up",
		"| Sandbox.Timedout  |     2 | 25.0% | Task timed out after 2.00 seconds",
		`| a\|b |    1,000 |`,
	} {
		if !strings.Contains(markdown, part) {
			t.Errorf("got\n%s\nexpected it to contain %q", markdown, part)
		}
	}
	text, _ := object(t, prefix+"/report/report.json")
	if r := decode[report.Report](t, text); r.Items != expected || len(r.Failures) != 4 || r.Sections[0].Title != "Extra" {
		t.Errorf("got %+v, expected the same account", r)
	}
	if failures, there := object(t, prefix+"/report/failures.jsonl"); failures != "1\n3\n4\n5\n6\n7\n" {
		t.Errorf("got %q (%t), expected the items themselves that did not succeed", failures, there)
	}
	if !strings.Contains(markdown, "|     2 | 1,234 |") {
		t.Errorf("got\n%s\nexpected it to show the slowest item", markdown)
	}
	if page, _ := object(t, prefix+"/report/report.html"); !strings.Contains(page, "<td>Task timed out after 2.00 seconds</td>") || strings.Contains(page, "ZgotmplZ") {
		t.Errorf("got page\n%s\nexpected it to show what failed, with nothing refused by the template", page)
	}
}

func TestAMapThatEndedEarlyIsAccountedFor(t *testing.T) {
	t.Parallel()
	mapRun(t, "early", `{"index":0,"status":"SUCCEEDED"}`, child(1, 1, "Runtime.ExitError", ""), child(2, 3, "", ""))
	answer := decode[accountAnswer](t, invoke(t, summarize(nothing), request("early", `{"bucket": "results", "prefix": "early/results"}`, 100)))
	if answer.Items != (report.Items{Total: 100, Succeeded: 1, Failed: 99}) || answer.Errors[job.ErrorNotStarted] != 98 {
		t.Errorf("got %+v, expected 98 items that were not started, three of them in a child that was not", answer)
	}
}

func TestThereAreNoFailuresIfAllItemsSucceeded(t *testing.T) {
	t.Parallel()
	mapRun(t, "fine", `{"index":0,"status":"SUCCEEDED"}`, "", "")
	invoke(t, summarize(nothing), request("fine", `{"bucket": "results", "manifest": "fine/results/uuid/manifest.json"}`, 1))
	if text, there := object(t, "fine/report/failures.jsonl"); there {
		t.Errorf("got failures %q, expected no such object", text)
	}
	if _, there := object(t, "fine/report/report.md"); !there {
		t.Error("got no report, expected one")
	}
}

func TestAnOutputThatIsTooLargeIsRefused(t *testing.T) {
	t.Parallel()
	h := summarize(func(_ context.Context, s *job.Summary) error { s.Output(strings.Repeat("x", 300_000)); return nil })
	if err := refused(t, h, `{"items": {"count": 0}, "results": []}`); err.Type != job.ErrorResultTooLarge || !strings.Contains(err.Message, "give less to Summary.Output") {
		t.Errorf("got %s: %s, expected %s", err.Type, err.Message, job.ErrorResultTooLarge)
	}
}

func TestLongNamesOfErrorsLeaveRoomForTheAnswer(t *testing.T) {
	t.Parallel()
	const n = 1200
	var lines strings.Builder
	for i := range 5 {
		fmt.Fprintf(&lines, `{"index":%d,"status":"FAILED","error":"Frequent"}`+"\n", n+i)
	}
	for i := range n {
		fmt.Fprintf(&lines, `{"index":%d,"status":"FAILED","error":"Error%d%s"}`+"\n", i, i, strings.Repeat("\u2028", 2000))
	}
	manifest := mapRun(t, "names", lines.String(), "", "")
	answer := invoke(t, summarize(func(_ context.Context, s *job.Summary) error { s.Output(strings.Repeat("x", 150_000)); return nil }),
		request("names", `{"bucket": "results", "manifest": "`+manifest+`"}`, n+5))
	got, all := decode[accountAnswer](t, answer), 0
	for name, count := range got.Errors {
		if all += count; len(name) > 700 {
			t.Errorf("got a name of %d bytes, expected a shorter one", len(name))
		}
	}
	if got.Errors["Frequent"] != 5 || got.Errors[report.OtherErrors] < 1000 || all != n+5 || got.Failed != n+5 {
		t.Errorf("got %d of %d items, %d as others, expected the most frequent by name and all counted", all, n+5, got.Errors[report.OtherErrors])
	}
}

func TestAChildThatWasStoppedHasAName(t *testing.T) {
	t.Parallel()
	stopped := func(first int, status string) string {
		return strings.Replace(child(first, 1, "", ""), `"FAILED"`, `"`+status+`"`, 1)
	}
	manifest := mapRun(t, "stopped", "", stopped(0, "ABORTED")+"\n"+stopped(1, "TIMED_OUT")+"\n"+stopped(2, "FAILED"), "")
	got := decode[accountAnswer](t, invoke(t, summarize(nothing), request("stopped", `{"bucket": "results", "manifest": "`+manifest+`"}`, 3)))
	if fmt.Sprint(got.Errors) != "map[MapJob.Aborted:1 States.TaskFailed:1 States.Timeout:1]" {
		t.Errorf("got %v, expected names of errors", got.Errors)
	}
}

// keeping returns a request for a summary of failed outcomes that carry their
// items, n of so many bytes.
func keeping(t *testing.T, prefix string, n, size int) string {
	t.Helper()
	var lines strings.Builder
	for i := range n {
		fmt.Fprintf(&lines, `{"index":%d,"status":"FAILED","error":"Bad","item":"%*d"}`+"\n", i, size, i)
	}
	manifest := mapRun(t, prefix, lines.String(), "", "")
	return strings.Replace(request(prefix, `{"bucket": "results", "manifest": "`+manifest+`"}`, n), `"input": {}`, `"input": {}, "keptItems": true`, 1)
}

func TestItemsThatFailedAreStoredAsTheyCome(t *testing.T) {
	t.Parallel()
	invoke(t, summarize(nothing), keeping(t, "kept", 3, 1))
	if failures, _ := object(t, "kept/report/failures.jsonl"); failures != "\"0\"\n\"1\"\n\"2\"\n" {
		t.Errorf("got %q, expected the items", failures)
	}
}

func TestASummaryThatFailsStoresNoPartOfTheFailures(t *testing.T) {
	t.Parallel()
	refusing := job.WithS3(s3fake.Client(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/failures.jsonl") {
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, `<Error><Code>AccessDenied</Code><Message>no</Message></Error>`)
			return
		}
		fakeS3.ServeHTTP(w, r)
	})))
	broken := func(_ context.Context, s *job.Summary) error {
		for range s.Results() {
			continue
		}
		return job.Errorf("NoMail", "no recipient")
	}
	for name, c := range map[string]struct {
		summary  job.Handler
		items    int
		expected string
	}{
		"the function fails":                       {summarize(broken), 3, "NoMail"},
		"the function fails after a part was sent": {summarize(broken), 50_000, "NoMail"},
		"S3 refuses the object":                    {summarize(nothing, refusing), 3, "AccessDenied"},
		"S3 refuses the upload":                    {summarize(nothing, refusing), 50_000, "AccessDenied"},
	} {
		prefix := "unkept/" + strings.ReplaceAll(name, " ", "-")
		if err := refused(t, c.summary, keeping(t, prefix, c.items, 30)); err.Type != c.expected {
			t.Errorf("%s: got %s: %s, expected %s", name, err.Type, err.Message, c.expected)
		}
		for _, file := range []string{"failures.jsonl", "report.md"} {
			if text, there := object(t, prefix+"/report/"+file); there {
				t.Errorf("%s: got %.100q in %s, expected no such object", name, text, file)
			}
		}
	}
}

// The summary does not read a source again, which may have changed.
func TestItemsOfASourceThatDoNotComeWithTheirOutcomesAreMissed(t *testing.T) {
	t.Parallel()
	put(t, "inbox/today.jsonl", "0\n1\n2\n3\n")
	manifest := mapRun(t, "older", `{"index":0,"status":"SUCCEEDED"}
{"index":1,"status":"FAILED","error":"Bad"}`, child(2, 2, "Crash", ""), "")
	payload := strings.Replace(request("older", `{"bucket": "results", "manifest": "`+manifest+`"}`, 4), `older/items.jsonl", "count": 4`, `inbox/today.jsonl"`, 1)
	invoke(t, summarize(nothing), payload)
	if failures, _ := object(t, "older/report/failures.jsonl"); failures != "0\n1\n" {
		t.Errorf("got failures %q, expected the items of the child that failed", failures)
	}
	const note = "failures.jsonl lacks 1 of 3 items that did not succeed (MapJob.ItemUnknown)"
	for _, name := range []string{"report.md", "report.html", "report.json"} {
		if text, _ := object(t, "older/report/"+name); !strings.Contains(text, note) {
			t.Errorf("got %s\n%s\nexpected it to say %s", name, text, note)
		}
	}
}

func TestTheReportSaysThatItemsThatTheMapDidNotReadAreNotCounted(t *testing.T) {
	t.Parallel()
	const note = "The Map ended early. Items that it had not read by then are not counted, and may not be in failures.jsonl (MapJob.NotStarted)."
	for prefix, c := range map[string]struct {
		results string
		noted   bool
	}{
		"unread/ended":   {`{"bucket": "results", "prefix": "unread/ended/results"}`, true},
		"unread/through": {`{"bucket": "results", "manifest": "unread/through/results/uuid/manifest.json"}`, false},
	} {
		mapRun(t, prefix, `{"index":0,"status":"SUCCEEDED"}`, "", "")
		invoke(t, summarize(nothing), strings.Replace(request(prefix, c.results, 4), `, "count": 4`, "", 1))
		if text, _ := object(t, prefix+"/report/report.md"); strings.Contains(text, note) != c.noted {
			t.Errorf("%s: got\n%s\nexpected a note: %t", prefix, text, c.noted)
		}
	}
}

func TestASummaryWhoseTimeIsUpCountsItsOutcomes(t *testing.T) {
	t.Parallel()
	manifest := mapRun(t, "hurried", "{\"index\":0,\"status\":\"SUCCEEDED\"}\n{\"index\":1,\"status\":\"SUCCEEDED\"}", "", "")
	for name, wait := range map[string]func(context.Context) error{
		"returns": func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
		"ignores": func(context.Context) error { time.Sleep(time.Hour); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				defer outlast()
				h := summarize(func(ctx context.Context, s *job.Summary) error {
					for range s.Results() {
					}
					return wait(ctx)
				})
				_, err := jobtest.Call{Timeout: time.Minute}.Invoke(h, []byte(request("hurried", `{"bucket": "results", "manifest": "`+manifest+`"}`, 2)))
				if job.NameOf(err) != job.ErrorDeadline || !strings.Contains(fmt.Sprint(err), "after 2 outcomes: ") {
					t.Errorf("got %v, expected %s and how far it came", err, job.ErrorDeadline)
				}
			})
		})
	}
}

func TestAJobWithoutItemsHasAReport(t *testing.T) {
	t.Parallel()
	answer := decode[accountAnswer](t, invoke(t, summarize(nothing), request("none", `{"bucket": "results", "prefix": "none/results"}`, 0)))
	if answer.Items != (report.Items{}) {
		t.Errorf("got %+v, expected no items", answer)
	}
	if markdown, _ := object(t, "none/report/report.md"); !strings.Contains(markdown, "there were no items") {
		t.Errorf("got %s, expected a report", markdown)
	}
}

func TestASummaryReadsInlineResults(t *testing.T) {
	t.Parallel()
	payload := `{"job": {"name": "small"}, "execution": "arn:x", "items": {"count": 3},
		"results": [{"index": 0, "status": "SUCCEEDED", "output": 1}, {"index": 2, "status": "FAILED", "error": "Bad", "cause": "bad"}]}`
	var sum int
	h := summarize(func(_ context.Context, s *job.Summary) error {
		for o := range s.Results() {
			var n int
			if o.Status == job.Succeeded && o.Decode(&n) == nil {
				sum += n
			}
		}
		return nil
	})
	answer := decode[accountAnswer](t, invoke(t, h, payload))
	if answer.Items != (report.Items{Total: 3, Succeeded: 1, Failed: 1, Missing: 1}) || answer.Report != nil || sum != 1 {
		t.Errorf("got %+v and sum %d, expected one of each and no report if there is no place for it", answer, sum)
	}
}

func TestASummaryThatCannotBeRightFailsByName(t *testing.T) {
	t.Parallel()
	var err messages.InvokeResponse_Error
	for _, line := range []string{
		`"hello"`, `{}`, `{"status": "FAILED"}`, `{"index": null, "status": "FAILED"}`, `{"Index": 1, "status": "FAILED"}`, `{"index": -1, "status": "FAILED"}`,
		`{"index": 1, "status": "FAILED"`, `{"index": 1, "status": "FAILED"} {"index": 2, "status": "FAILED"}`, `{"index": "1", "status": "FAILED"}`, `{"outcomes": {}}`,
	} {
		manifest := mapRun(t, "broken", "{\"index\":0,\"status\":\"SUCCEEDED\"}\n"+line+"\n", "", "")
		results := fmt.Sprintf(`{"bucket": "results", "prefix": "broken/results", "manifest": "%s"}`, manifest)
		err = refused(t, summarize(nothing), request("broken", results, 2))
		if err.Type != job.ErrorInvalidResult || !strings.Contains(err.Message, "got "+line+" in s3://results/broken/results/uuid/SUCCEEDED_0.jsonl") {
			t.Errorf("got %s: %s, expected the line that is no outcome", err.Type, err.Message)
		}
	}
	err = refused(t, summarize(nothing), request("gone", `{"bucket": "results", "prefix": "gone", "manifest": "gone/manifest.json"}`, 2))
	if err.Type != "NoSuchKey" || !strings.Contains(err.Message, "reading s3://results/gone/manifest.json") {
		t.Errorf("got %s: %s, expected the object that does not exist", err.Type, err.Message)
	}
	h := summarize(func(context.Context, *job.Summary) error { return job.Errorf("NoMail", "no recipient") })
	if err := refused(t, h, request("none", `[]`, 0)); err.Type != "NoMail" {
		t.Errorf("got %s: %s, expected the function's own error", err.Type, err.Message)
	}
}

func TestTheItemsOfAnObjectAreItsValues(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ items, failures string }{
		"a line each":             {"0\n1\n\n2\n3\n", "2\n"},
		"several in a line":       {"0 1\n2\n3\n", "2\n"},
		"as Firehose writes":      {`{"id":0}{"id":1}{"id":2}{"id":3}`, `{"id":2}` + "\n"},
		"one in several lines":    {"{\n\"id\": 0\n}\n1\n{\r\n\"a\": \"<\\n\"\n}3", `{"a":"<\n"}` + "\n"},
		"no line feed at the end": {"0\n1\n[2]\n3", "[2]\n"},
	} {
		t.Run(name, func(t *testing.T) {
			prefix := "values/" + name
			put(t, prefix+"/in", c.items)
			manifest := mapRun(t, prefix, `{"index":0,"status":"SUCCEEDED"}
{"index":1,"status":"SUCCEEDED"}
{"index":3,"status":"SUCCEEDED"}
{"index":2,"status":"FAILED","error":"Bad"}`, "", "")
			payload := strings.Replace(request(prefix, `{"bucket": "results", "manifest": "`+manifest+`"}`, 4), `items.jsonl"`, `in"`, 1)
			invoke(t, summarize(nothing), payload)
			if got, _ := object(t, prefix+"/report/failures.jsonl"); got != c.failures {
				t.Errorf("got failures %q, expected %q", got, c.failures)
			}
		})
	}
}

func TestOutcomesOfItemsThatTheJobDoesNotHaveAreRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		count    string // of the items, in the request
		outcome  string
		expected string
	}{
		"the one after the last": {`"count": 2`, `{"index":2,"status":"SUCCEEDED"}`, "got an outcome of item 2, expected one of items 0 to 1: the job has 2"},
		"a failed one":           {`"count": 2`, `{"index":7,"status":"FAILED","error":"Bad"}`, "got an outcome of item 7"},
		"one of too many":        {`"bucket": "results"`, `{"index":9223372036854775807,"status":"SUCCEEDED"}`, `expected the outcome of an item`},
		"one before the first":   {`"count": 2`, `{"index":-1,"status":"SUCCEEDED"}`, `expected the outcome of an item`},
	} {
		t.Run(name, func(t *testing.T) {
			prefix := "foreign/" + strings.ReplaceAll(name, " ", "-")
			manifest := mapRun(t, prefix, c.outcome, "", "")
			for form, results := range map[string]string{"inline": "[" + c.outcome + "]", "distributed": `{"bucket": "results", "manifest": "` + manifest + `"}`} {
				payload := fmt.Sprintf(`{"job": {"name": "nightly"}, "items": {%s}, "results": %s}`, c.count, results)
				if err := refused(t, summarize(nothing), payload); err.Type != job.ErrorInvalidResult || !strings.Contains(err.Message, c.expected) {
					t.Errorf("%s: got %s: %s, expected %s: %s", form, err.Type, err.Message, job.ErrorInvalidResult, c.expected)
				}
			}
		})
	}
	batch := `{"Input": ` + fmt.Sprintf("%q", batchOf(3, 1)) + `, "Error": "Crash"}`
	manifest := mapRun(t, "foreign", "", batch, "")
	if err := refused(t, summarize(nothing), request("foreign", `{"bucket": "results", "manifest": "`+manifest+`"}`, 2)); !strings.Contains(err.Message, "got an outcome of item 3") {
		t.Errorf("got %s: %s, expected the item of a batch that failed", err.Type, err.Message)
	}
}
