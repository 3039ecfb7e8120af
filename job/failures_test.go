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

// However failures.jsonl is written, its metadata is the number of its lines. A large
// one is copied onto itself only if the number was not known before.
func TestTheMetadataOfFailuresHasTheirNumber(t *testing.T) {
	t.Parallel()
	stored := func(t *testing.T, prefix string, n, stored int) string {
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
	for name, c := range map[string]struct {
		request       func(t *testing.T, prefix string) string
		count, copies int
	}{
		"few that come with their outcomes":  {func(t *testing.T, prefix string) string { return keeping(t, prefix, 3, 1) }, 3, 0},
		"many that come with their outcomes": {func(t *testing.T, prefix string) string { return keeping(t, prefix, 50_000, 30) }, 50_000, 1},
		"few that are stored":                {func(t *testing.T, prefix string) string { return stored(t, prefix, 3, 3) }, 3, 0},
		"many that are stored":               {func(t *testing.T, prefix string) string { return stored(t, prefix, 50_000, 50_000) }, 50_000, 0},
		"many of which some are not stored":  {func(t *testing.T, prefix string) string { return stored(t, prefix, 50_000, 40_000) }, 40_000, 1},
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
