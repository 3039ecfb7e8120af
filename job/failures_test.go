package job_test

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/s3object/s3fake"
	"github.com/mapjob/mapjob/job"
)

// failuresOf returns the items in the failures.jsonl of a report, their errors and
// their number by the object's metadata.
func failuresOf(t *testing.T, prefix string) (items []string, errors []protocol.FailedItem, count string) {
	t.Helper()
	key := prefix + "/report/" + protocol.FailuresFile
	text, there := object(t, key)
	if !there {
		return nil, nil, ""
	}
	head, err := objects.HeadObject(bucket, key)
	if err != nil {
		t.Fatal(err)
	}
	beside, _ := object(t, prefix+"/report/"+protocol.FailuresErrorsFile)
	for line := range strings.Lines(beside) {
		errors = append(errors, decode[protocol.FailedItem](t, line))
	}
	return slices.Collect(strings.Lines(text)), errors, head.Metadata["X-Amz-Meta-Mapjob-Count"]
}

func TestTheErrorsOfFailedItemsAreBesideThem(t *testing.T) {
	t.Parallel()
	const outcomes = `{"index":5,"status":"FAILED","error":"Late"}
{"index":1,"status":"FAILED","error":"Bad"}
{"index":0,"status":"SUCCEEDED"}
{"index":2,"status":"FAILED"}
{"index":3,"status":"FAILED","error":"Bad"}
{"index":1,"status":"FAILED","error":"Again"}
{"index":6,"status":"FAILED","error":"é \" \n"}
`
	mapRun(t, "beside/ended", outcomes, "", "")
	manifest := mapRun(t, "beside/through", outcomes, child(4, 1, "Crash", ""), "")
	rest := []protocol.FailedItem{{Index: 5, Error: "Late"}, {Index: 6, Error: "é \" \n"}}
	first := []protocol.FailedItem{{Index: 1, Error: "Bad"}, {Index: 2, Error: "Error"}, {Index: 3, Error: "Bad"}}
	for prefix, c := range map[string]struct {
		results  string
		expected []protocol.FailedItem
	}{
		"beside/ended": {`{"bucket": "results", "prefix": "beside/ended/results"}`,
			slices.Concat(first, []protocol.FailedItem{{Index: 4, Error: job.ErrorNotStarted}}, rest, []protocol.FailedItem{{Index: 7, Error: job.ErrorNotStarted}})},
		"beside/through": {`{"bucket": "results", "manifest": "` + manifest + `"}`,
			slices.Concat(first, []protocol.FailedItem{{Index: 4, Error: "Crash"}}, rest, []protocol.FailedItem{{Index: 7, Error: job.ErrorOutcomeUnknown}})},
	} {
		invoke(t, summarize(nothing), request(prefix, c.results, 8))
		items, errors, count := failuresOf(t, prefix)
		if !slices.Equal(errors, c.expected) || len(items) != len(errors) || count != strconv.Itoa(len(errors)) {
			t.Errorf("%s: got %d items and errors %+v, metadata %q, expected %+v", prefix, len(items), errors, count, c.expected)
		}
	}
}

// failing returns a request whose n items failed, of which the job start has stored
// some, and stores those.
func failing(t *testing.T, prefix string, n, stored int) string {
	t.Helper()
	var lines, items strings.Builder
	for i := range n {
		fmt.Fprintf(&lines, `{"index":%d,"status":"FAILED","error":"Bad"}`+"\n", i)
	}
	for i := range stored {
		fmt.Fprintf(&items, "\"%30d\"\n", i)
	}
	put(t, prefix+"/items.jsonl", items.String())
	return request(prefix, `{"bucket": "results", "manifest": "`+mapRun(t, prefix, lines.String(), "", "")+`"}`, n)
}

// However failures.jsonl is written, its metadata is the number of its lines. A large
// one is copied onto itself only if the number was not known before.
func TestTheMetadataOfFailuresHasTheirNumber(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		request       func(t *testing.T, prefix string) string
		count, copies int
	}{
		"few that come with their outcomes":  {func(t *testing.T, prefix string) string { return keeping(t, prefix, 3, 1) }, 3, 0},
		"many that come with their outcomes": {func(t *testing.T, prefix string) string { return keeping(t, prefix, 50_000, 30) }, 50_000, 1},
		"few that are stored":                {func(t *testing.T, prefix string) string { return failing(t, prefix, 3, 3) }, 3, 0},
		"many that are stored":               {func(t *testing.T, prefix string) string { return failing(t, prefix, 50_000, 50_000) }, 50_000, 0},
		"many of which some are not stored":  {func(t *testing.T, prefix string) string { return failing(t, prefix, 50_000, 40_000) }, 40_000, 1},
	} {
		prefix := "counted/" + strings.ReplaceAll(name, " ", "+&")
		var copies atomic.Int64
		s3 := job.WithS3(s3fake.Client(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("X-Amz-Copy-Source") != "" {
				copies.Add(1)
			}
			fakeS3.ServeHTTP(w, r)
		})))
		invoke(t, summarize(nothing, s3), c.request(t, prefix))
		items, errors, count := failuresOf(t, prefix)
		if len(items) != c.count || len(errors) != c.count || count != strconv.Itoa(c.count) || int(copies.Load()) != c.copies {
			t.Errorf("%s: got %d items, %d errors, metadata %q and %d copies, expected %d of each and %d copies", name, len(items), len(errors), count, copies.Load(), c.count, c.copies)
		}
		if last := len(errors) - 1; last >= 0 && (errors[last] != protocol.FailedItem{Index: last, Error: "Bad"}) {
			t.Errorf("%s: got %+v for the last item", name, errors[last])
		}
	}
}

// All items are accounted for, whatever becomes of the metadata of failures.jsonl.
func TestASummaryDoesNotFailForMetadata(t *testing.T) {
	t.Parallel()
	noCopies := job.WithS3(s3fake.Client(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Amz-Copy-Source") != "" {
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, `<Error><Code>AccessDenied</Code><Message>no copies</Message></Error>`)
			return
		}
		fakeS3.ServeHTTP(w, r)
	})))
	for prefix, c := range map[string]struct {
		request string
		count   int
	}{
		"uncopied/kept":   {keeping(t, "uncopied/kept", 50_000, 30), 50_000},
		"uncopied/stored": {failing(t, "uncopied/stored", 50_000, 40_000), 40_000},
	} {
		got := decode[accountAnswer](t, invoke(t, summarize(nothing, noCopies), c.request))
		items, errors, count := failuresOf(t, prefix)
		if got.Failed != 50_000 || len(items) != c.count || len(errors) != c.count || count != map[bool]string{true: "50000"}[prefix == "uncopied/stored"] {
			t.Errorf("%s: got %+v, %d items, %d errors and metadata %q, expected %d items as they are", prefix, got, len(items), len(errors), count, c.count)
		}
		const note = "failures.jsonl can't be the items of a rerun as it is, which needs their number in the metadata mapjob-count; mapjob rerun writes an object that has it"
		if text, _ := object(t, prefix+"/report/report.md"); !strings.Contains(text, note) || !strings.Contains(text, "no copies") {
			t.Errorf("%s: got\n%s\nexpected a note of what failed", prefix, text)
		}
	}
}

// Items that do not exist any more are accounted for without them.
func TestASummaryDoesNotFailForItemsThatAreGone(t *testing.T) {
	t.Parallel()
	for prefix, gone := range map[string]string{"gone/lines": "gone/lines/items.jsonl", "gone/chunks": "gone/chunks/chunks/1.jsonl"} {
		payload := failing(t, prefix, 3, 3)
		if strings.HasSuffix(prefix, "chunks") {
			put(t, prefix+"/items.jsonl", `{"bucket":"results","key":"`+gone+`","first":0,"count":3}`+"\n")
			payload = strings.Replace(payload, `"count": 3`, `"count": 3, "chunked": true`, 1)
		} else if _, err := objects.DeleteObject(bucket, gone); err != nil {
			t.Fatal(err)
		}
		got := decode[accountAnswer](t, invoke(t, summarize(nothing), payload))
		if items, _, _ := failuresOf(t, prefix); got.Failed != 3 || items != nil {
			t.Errorf("%s: got %+v and the items %q, expected three failed items and no object", prefix, got, items)
		}
		if text, _ := object(t, prefix+"/report/report.md"); !strings.Contains(text, "There is no failures.jsonl: the items can't be read again: reading s3://results/"+gone) {
			t.Errorf("%s: got\n%s\nexpected a note that names %s", prefix, text, gone)
		}
	}
}

// An item without an outcome is one of those to run again, if the state machine passes
// it on.
func TestLostItemsAreAmongTheFailures(t *testing.T) {
	t.Parallel()
	const given = `"items":[{"index":0,"item":"a"},{"index":1,"item":"b"},{"index":2,"item":"c"}]`
	for prefix, c := range map[string]struct {
		lines, failures string
		failed, missing int
	}{
		"lost/one":             {`{` + given + `,"answer":[{"index":0,"status":"SUCCEEDED"},{"index":2,"status":"FAILED","error":"Bad"}]}`, "c b", 1, 1},
		"lost/all":             {`{` + given + `,"answer":"nonsense"}`, "a b c", 0, 3},
		"lost/known elsewhere": {`{"index":1,"status":"SUCCEEDED"}` + "\n" + `{` + given + `,"answer":[]}`, "a c", 0, 2},
		"lost/twice":           {`{` + given + `,"answer":[]}` + "\n" + `{` + given + `,"answer":[]}`, "a b c", 0, 3},
		"lost/then failed":     {`{` + given + `,"answer":[]}` + "\n" + `{"index":1,"status":"FAILED","error":"Bad","item":"b"}`, "a b c", 1, 2},
		"lost/not passed":      {`{"given":[0,1,2],"answer":[]}`, "", 0, 3},
	} {
		manifest := mapRun(t, prefix, c.lines+"\n", "", "")
		payload := strings.Replace(request(prefix, `{"bucket": "results", "manifest": "`+manifest+`"}`, 3), `"input": {}`, `"input": {}, "keptItems": true`, 1)
		got := decode[accountAnswer](t, invoke(t, summarize(nothing), payload))
		items, errors, _ := failuresOf(t, prefix)
		if text := strings.NewReplacer("\n", " ", `"`, "").Replace(strings.Join(items, "")); strings.TrimSpace(text) != c.failures || got.Failed != c.failed || got.Missing != c.missing {
			t.Errorf("%s: got %+v and the failures %s, expected %s, %d failed and %d missing", prefix, got, text, c.failures, c.failed, c.missing)
		}
		for _, e := range errors {
			if lost := e.Error == job.ErrorOutcomeUnknown; lost != (prefix != "lost/one" || e.Index == 1) {
				t.Errorf("%s: got %+v, expected %s for lost items", prefix, e, job.ErrorOutcomeUnknown)
			}
		}
		text, _ := object(t, prefix+"/report/report.md")
		if lacks := strings.Contains(text, protocol.ErrorItemUnknown); lacks != (c.failures == "") {
			t.Errorf("%s: got\n%s\nexpected a note of items that are not known only if there are some", prefix, text)
		}
	}
}
