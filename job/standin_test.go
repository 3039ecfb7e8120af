package job_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"
	"github.com/mapjob/mapjob/internal/s3object"
	"github.com/mapjob/mapjob/internal/s3object/s3fake"
	"github.com/mapjob/mapjob/internal/standin"
	"github.com/mapjob/mapjob/job"
	"github.com/mapjob/mapjob/job/internal/once/oncetest"
	"github.com/mapjob/mapjob/job/jobtest"
)

// testRun has the services of a test run, and writes down what handlers ask of
// them.
type testRun struct {
	table oncetest.Table

	mutex    sync.Mutex
	requests []string
}

func (r *testRun) add(request string) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.requests = append(r.requests, request)
}

// ServeHTTP is its S3.
func (r *testRun) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	r.add(request.Method + " " + request.URL.Path)
	fakeS3.ServeHTTP(w, request)
}

// RoundTrip is its DynamoDB.
func (r *testRun) RoundTrip(request *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return nil, err
	}
	var members map[string]any // which the client writes in any order
	if err := json.Unmarshal(body, &members); err != nil {
		return nil, err
	}
	sorted, _ := json.Marshal(members)
	r.add(request.Header.Get("X-Amz-Target") + " " + string(sorted))
	request.Body = io.NopCloser(bytes.NewReader(body))
	return r.table.RoundTrip(request)
}

// context returns the context of an invocation.
func (r *testRun) context(seed uint64, invocation string) context.Context {
	ctx := standin.With[s3object.API](context.Background(), s3fake.Client(r))
	ctx = standin.With(ctx, aws.Config{Region: "us-east-1", Credentials: aws.AnonymousCredentials{}, HTTPClient: &http.Client{Transport: r}})
	return standin.WithRandom(ctx, seed, invocation)
}

func TestHandlersUseTheServicesOfATestRun(t *testing.T) {
	t.Parallel()
	var r testRun
	call := jobtest.Call{Context: r.context(1, "1")}
	if _, err := call.Invoke(job.Start(count(3, nil), silent), []byte(strings.ReplaceAll(distributedStart, "KEY", "standin/items.jsonl"))); err != nil {
		t.Fatal(err)
	}
	worker := job.Work(func(_ context.Context, item string) (string, error) { return item, nil }, job.Once("Table", itself), silent)
	if o := call.Work(t, worker, "a"); o[0].Status != job.Succeeded {
		t.Errorf("got %+v, expected the item to succeed", o[0])
	}
	var operations []string
	for _, request := range r.requests {
		operation, _, _ := strings.Cut(request, " {")
		operations = append(operations, operation)
	}
	const put = "DynamoDB_20120810.PutItem"
	if diff := cmp.Diff([]string{"PUT /results/standin/items.jsonl", put, put}, operations); diff != "" {
		t.Errorf("requests (-expected +got):\n%s", diff)
	}
}

// requestsOf returns what a worker with chunks and one with Once ask of a test run,
// and when they try an item again.
func requestsOf(t *testing.T, seed uint64, invocation string) (requests []string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var r testRun
		var tries atomic.Int64
		folder := "repeats/" + rand.Text()
		began := time.Now()
		handle := func(context.Context, int) (int, error) {
			r.add(fmt.Sprint("try after ", time.Since(began)))
			if tries.Add(1)%3 != 0 {
				return 0, job.Retryable(errors.New("busy"))
			}
			return 1, nil
		}
		call := jobtest.Call{Context: r.context(seed, invocation), RequestID: "id"}
		child := fmt.Sprintf(`{"BatchInput": {"outcomes": {"bucket": "results", "prefix": "%s"}}, "Chunk": {"bucket": "results", "key": "repeats/chunk", "first": 0, "count": 1}}`, folder)
		if _, err := call.Invoke(job.Work(handle, silent), []byte(child)); err != nil {
			t.Fatal(err)
		}
		call.Work(t, job.Work(handle, job.Once("Table", strconv.Itoa), silent), 7)
		for _, request := range r.requests {
			requests = append(requests, strings.ReplaceAll(request, folder, "FOLDER"))
		}
	})
	return requests
}

func TestATestRunWithASeedRepeats(t *testing.T) {
	t.Parallel()
	put(t, "repeats/chunk", "1\n")
	first := requestsOf(t, 1, "1")
	if diff := cmp.Diff(first, requestsOf(t, 1, "1")); diff != "" {
		t.Errorf("requests with the same seed (-first +second):\n%s", diff)
	}
	for i, other := range [][]string{requestsOf(t, 2, "1"), requestsOf(t, 1, "2")} {
		different := 0
		for at := range min(len(first), len(other)) {
			if first[at] != other[at] {
				different++
			}
		}
		if different < 7 { // four pauses, the name of a part, the owner of a record, twice
			t.Errorf("run %d: got %d other requests, expected other pauses and names with another seed or invocation", i, different)
		}
	}
}

func TestASeedTellsTwoItemsWithOneKeyApart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var r testRun
		var done atomic.Int64
		worker := job.Work(func(_ context.Context, item string) (string, error) {
			time.Sleep(time.Second)
			return fmt.Sprint(item, done.Add(1)), nil
		}, job.Once("Table", itself), job.Concurrency(2), silent)
		outcomes := jobtest.Call{Context: r.context(1, "1")}.Work(t, worker, "a", "a")
		for _, o := range outcomes {
			if string(o.Output) != `"a1"` || done.Load() != 1 {
				t.Errorf("got %s after %d calls of the handler, expected the outcome of the only one", o.Output, done.Load())
			}
		}
	})
}
