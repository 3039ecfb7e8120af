package kit

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/mapjob/mapjob/job"
	"github.com/mapjob/mapjob/test/bench/figure"
)

const outcomes = 1_000_000

// resultsOfMapRun is an S3 that has the results of a Map Run. It generates the
// lines as they are read, and discards what is written.
type resultsOfMapRun struct{}

func (resultsOfMapRun) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method == http.MethodPut:
		_, _ = io.Copy(io.Discard, r.Body) // the client gets the error
	case r.URL.Query().Has("list-type"): // a redrive would have left more
		fmt.Fprint(w, `<ListBucketResult><KeyCount>0</KeyCount></ListBucketResult>`)
	case strings.HasSuffix(r.URL.Path, "/manifest.json"):
		fmt.Fprint(w, `{"DestinationBucket": "results", "ResultFiles": {"SUCCEEDED": [{"Key": "SUCCEEDED_0.json"}], "FAILED": [], "PENDING": []}}`)
	case strings.HasSuffix(r.URL.Path, "/SUCCEEDED_0.json"):
		w.Header().Set("Content-Length", sizeOfOutcomes())
		_ = writeOutcomes(w)
	default:
		http.NotFound(w, r)
	}
}

// sizeOfOutcomes returns the number of bytes that writeOutcomes writes.
var sizeOfOutcomes = sync.OnceValue(func() string {
	var size counter
	_ = writeOutcomes(&size)
	return strconv.FormatInt(int64(size), 10)
})

func writeOutcomes(w io.Writer) error {
	lines := bufio.NewWriterSize(w, 1<<16)
	var line []byte
	for i := range outcomes {
		line = append(line[:0], `{"index":`...)
		line = strconv.AppendInt(line, int64(i), 10)
		line = append(line, `,"status":"SUCCEEDED","output":{"n":`...)
		line = strconv.AppendInt(line, int64(i), 10)
		line = append(line, `},"startedAt":`...)
		line = strconv.AppendInt(line, int64(1_793_498_400_000+i), 10)
		line = append(line, `,"ms":12}`+"\n"...)
		if _, err := lines.Write(line); err != nil {
			return err
		}
	}
	return lines.Flush()
}

// startResults serves the results and returns their URL.
func startResults(w *figure.Workplace) (url string) {
	server := httptest.NewServer(resultsOfMapRun{})
	w.OnClose(func() error { server.Close(); return nil })
	return server.URL
}

// Summarize runs a summary over all results of the S3 at a URL.
func Summarize(url string) error {
	client := s3.New(s3.Options{Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""), BaseEndpoint: &url, UsePathStyle: true})
	summary := job.Summarize(func(context.Context, *job.Summary) error { return nil }, job.WithS3(client), job.WithMetrics(io.Discard))
	payload := fmt.Sprintf(`{"job": {"name": "bench"}, "items": {"count": %d}, "results": {"bucket": "results", "manifest": "manifest.json"}}`, outcomes)
	answer, err := summary.Invoke(context.Background(), []byte(payload))
	if err != nil {
		return err
	}
	var account struct{ Succeeded int }
	if err := json.Unmarshal(answer, &account); err != nil {
		return fmt.Errorf("got the account %s: %w", answer, err)
	}
	if account.Succeeded != outcomes {
		return fmt.Errorf("got the account %s, expected %d succeeded", answer, outcomes)
	}
	return nil
}

// summarySpeed compares the summary with a loop that only decodes the same lines
// from the same server.
func summarySpeed(w *figure.Workplace) (figure.Sides, error) {
	url := startResults(w)
	return figure.Sides{
		Ours: func() (float64, error) { return figure.PerSecond(outcomes, func() error { return Summarize(url) }) },
		Peer: func() (float64, error) {
			return figure.PerSecond(outcomes, func() error { return decodeAll(url + "/SUCCEEDED_0.json") })
		},
	}, nil
}

func decodeAll(url string) error {
	response, err := http.Get(url)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	lines := json.NewDecoder(response.Body)
	count := 0
	for ; ; count++ {
		var o job.Outcome
		if err := lines.Decode(&o); err == io.EOF {
			break
		} else if err != nil {
			return err
		}
	}
	if count != outcomes {
		return fmt.Errorf("got %d outcomes, expected %d", count, outcomes)
	}
	return nil
}

// summaryPeak measures the peak of memory of a process that only runs the summary.
func summaryPeak(w *figure.Workplace) (figure.Sides, error) {
	return figure.Sides{Ours: figure.PeakOf("-summary", startResults(w)), Peer: figure.Always(64)}, nil
}
