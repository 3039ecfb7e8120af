package job_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/job"
	"github.com/mapjob/mapjob/job/report"
)

// breakEvery ends every connection that reads an object after so many bytes,
// and is how many there were.
func breakEvery(t *testing.T, key string, bytes int) *int {
	t.Helper()
	text, _ := object(t, key)
	connections := 0
	intercept(t, func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodGet || r.URL.Path != "/"+bucket+"/"+key {
			return false
		}
		connections++
		from := 0
		w.Header().Set("ETag", `"same"`)
		if asked, ok := strings.CutPrefix(r.Header.Get("Range"), "bytes="); ok {
			from, _ = strconv.Atoi(strings.TrimSuffix(asked, "-"))
			w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, len(text)-1, len(text)))
		}
		w.Header().Set("Content-Length", strconv.Itoa(len(text)-from))
		if from > 0 {
			w.WriteHeader(http.StatusPartialContent)
		}
		_, _ = w.Write([]byte(text[from:min(from+bytes, len(text))]))
		if from+bytes < len(text) {
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}
		return true
	})
	return &connections
}

func TestASummaryReadsOnWhereAConnectionBroke(t *testing.T) {
	var lines strings.Builder
	const n = 20_000
	for i := range n {
		fmt.Fprintf(&lines, `{"index":%d,"status":"SUCCEEDED"}`+"\n", i)
	}
	manifest := mapRun(t, "broken-connection", lines.String(), "", "")
	connections := breakEvery(t, "broken-connection/results/uuid/SUCCEEDED_0.jsonl", 100_001)
	got := decode[accountAnswer](t, invoke(t, job.Summarize(nothing), request("broken-connection", `{"bucket": "results", "manifest": "`+manifest+`"}`, n)))
	if got.Items != (report.Items{Total: n, Succeeded: n}) || *connections < 5 {
		t.Errorf("got %+v over %d connections, expected all items over some", got, *connections)
	}
}

func TestWhatCannotBeReadToItsEndIsNamed(t *testing.T) {
	manifest := mapRun(t, "cut-off", `{"index":0,"status":"SUCCEEDED"}`, "", "")
	breakEvery(t, "cut-off/results/uuid/SUCCEEDED_0.jsonl", 0)
	err := refused(t, job.Summarize(nothing), request("cut-off", `{"bucket": "results", "manifest": "`+manifest+`"}`, 1))
	if err.Type != "IncompleteObject" || !strings.Contains(err.Message, "reading s3://results/cut-off/results/uuid/SUCCEEDED_0.jsonl: got 6 connections in a row") {
		t.Errorf("got %s: %s, expected the object that broke off", err.Type, err.Message)
	}
}
