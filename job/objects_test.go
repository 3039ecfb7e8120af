package job_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/mapjob/mapjob/internal/s3object/s3fake"
	"github.com/mapjob/mapjob/job"
	"github.com/mapjob/mapjob/job/report"
)

// breakEvery returns an option of an S3 that ends every connection that reads an
// object after so many bytes, and counts these connections.
func breakEvery(t *testing.T, key string, bytes int) (option job.Option, connections *int) {
	t.Helper()
	text, _ := object(t, key)
	connections = new(int)
	return job.WithS3(s3fake.Client(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet || r.URL.Path != "/"+bucket+"/"+key {
			fakeS3.ServeHTTP(w, r)
			return
		}
		*connections++
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
	}))), connections
}

func TestASummaryContinuesReadingAfterABrokenConnection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var lines strings.Builder
		const n = 20_000
		for i := range n {
			fmt.Fprintf(&lines, `{"index":%d,"status":"SUCCEEDED"}`+"\n", i)
		}
		manifest := mapRun(t, "broken-connection", lines.String(), "", "")
		s3, connections := breakEvery(t, "broken-connection/results/uuid/SUCCEEDED_0.jsonl", 100_001)
		got := decode[accountAnswer](t, invoke(t, summarize(nothing, s3), request("broken-connection", `{"bucket": "results", "manifest": "`+manifest+`"}`, n)))
		if got.Items != (report.Items{Total: n, Succeeded: n}) || *connections < 5 {
			t.Errorf("got %+v over %d connections, expected all items over some", got, *connections)
		}
	})
}

func TestTheErrorNamesAnObjectThatCannotBeReadToItsEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		manifest := mapRun(t, "cut-off", `{"index":0,"status":"SUCCEEDED"}`, "", "")
		s3, _ := breakEvery(t, "cut-off/results/uuid/SUCCEEDED_0.jsonl", 0)
		err := refused(t, summarize(nothing, s3), request("cut-off", `{"bucket": "results", "manifest": "`+manifest+`"}`, 1))
		if err.Type != "IncompleteObject" || !strings.Contains(err.Message, "reading s3://results/cut-off/results/uuid/SUCCEEDED_0.jsonl: got 6 connections in a row") {
			t.Errorf("got %s: %s, expected the object that broke off", err.Type, err.Message)
		}
	})
}
