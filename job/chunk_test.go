package job_test

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/mapjob/mapjob/job"
	"github.com/mapjob/mapjob/job/report"
)

// chunked lets a job start store n numbers in chunks, and returns the inputs of
// the Map's child executions.
func chunked(t *testing.T, prefix string, n, size int) (children []string) {
	t.Helper()
	remove(t, prefix+"/") // the test may have run before
	payload := strings.ReplaceAll(distributedStart, "KEY", prefix+"/items.jsonl")
	answer := invoke(t, start(count(n, nil)), payload[:len(payload)-1]+fmt.Sprintf(`, "chunkSize": %d}`, size))
	if expected := fmt.Sprintf(`{"items":{"bucket":"results","key":"%s/items.jsonl","count":%d,"chunked":true}}`, prefix, n); answer != expected {
		t.Fatalf("got %s, expected %s", answer, expected)
	}
	addresses, _ := object(t, prefix+"/items.jsonl")
	for line := range strings.Lines(addresses) {
		children = append(children, fmt.Sprintf(`{"BatchInput": {"job": {"name": "nightly"}, "outcomes": {"bucket": "results", "prefix": "%s/outcomes"}}, "Chunk": %s}`, prefix, line))
	}
	return children
}

// unwrapped returns the one element of an answer as a line of results.
func unwrapped(answer string) string { return answer[1:len(answer)-1] + "\n" }

func TestItemsArePassedByReference(t *testing.T) {
	t.Parallel()
	children := chunked(t, "chunks", 25, 10)
	if len(children) != 3 || !strings.Contains(children[2], `"first":20,"count":5`) {
		t.Fatalf("got %v, expected chunks of ten, ten and five", children)
	}
	h := work(func(_ context.Context, n int) (string, error) {
		if n == 13 {
			return "", job.Errorf("Unlucky", "got %d", n)
		}
		return strings.Repeat("x", 100_000), nil // more than a payload in each chunk
	}, job.Concurrency(4))
	var written strings.Builder
	for _, child := range children {
		written.WriteString(unwrapped(invoke(t, h, child)))
	}
	lines := written.String()
	if !strings.Contains(lines, `"succeeded":9,"failed":1}`) {
		t.Errorf("got %s, expected the counts of each chunk", lines)
	}
	manifest := mapRun(t, "chunks", lines, "", "")
	payload := strings.Replace(request("chunks", fmt.Sprintf(`{"bucket": "results", "manifest": "%s"}`, manifest), 25), `"count"`, `"chunked": true, "count"`, 1)
	got := decode[accountAnswer](t, invoke(t, summarize(nothing), payload))
	if got.Items != (report.Items{Total: 25, Succeeded: 24, Failed: 1}) || got.Repeated != 0 {
		t.Errorf("got %+v, expected all but one of 25 to have succeeded, each counted once", got)
	}
	if failures, _ := object(t, "chunks/report/failures.jsonl"); failures != "13\n" {
		t.Errorf("got failures %q, expected the item itself", failures)
	}
}

func TestAChunkThatIsDeliveredAgainIsNotDoneAgain(t *testing.T) {
	t.Parallel()
	child := chunked(t, "again", 10, 10)[0]
	var handled atomic.Int32
	h := work(func(_ context.Context, n int) (int, error) { handled.Add(1); return n, nil })
	first, second := invoke(t, h, child), invoke(t, h, child)
	if first != second || handled.Load() != 10 {
		t.Errorf("got %s and then %s after %d items handled, expected the same answer and each item once", first, second, handled.Load())
	}
	// Two tries at the same time have both stored what they did.
	found, err := objects.ListBucket(bucket, &gofakes3.Prefix{HasPrefix: true, Prefix: "again/outcomes/"}, gofakes3.ListBucketPage{})
	if err != nil || len(found.Contents) != 1 {
		t.Fatalf("got %d parts (%v), expected one", len(found.Contents), err)
	}
	part, _ := object(t, found.Contents[0].Key)
	put(t, "again/outcomes/000000000000/zz-0000.jsonl", part)
	if third := invoke(t, h, child); third != first {
		t.Errorf("got %s, expected %s: what is stored twice counts once", third, first)
	}
}

func TestAnItemThatARerunCouldNotReadIsRefused(t *testing.T) {
	t.Parallel()
	largest := func(more int) job.Handler {
		return start(func(context.Context, night) iter.Seq2[string, error] {
			return func(yield func(string, error) bool) {
				_ = yield("small", nil) && yield(strings.Repeat("x", 16<<20-len(`""`)+more), nil)
			}
		})
	}
	remove(t, "largest/")
	payload := strings.ReplaceAll(distributedStart, "KEY", "largest/items.jsonl")
	payload = payload[:len(payload)-1] + `, "chunkSize": 10}`
	if answer := invoke(t, largest(0), payload); !strings.Contains(answer, `"count":2`) {
		t.Errorf("got %s, expected both items", answer)
	}
	const expected = "after 1 item: got an item of 16,777,217 bytes, expected 16,777,216 at most: store what is large in S3 and let the item be its address"
	if err := refused(t, largest(1), payload); err.Message != expected {
		t.Errorf("got %q, expected %q", err.Message, expected)
	}
}

// below counts the lines of the objects below a prefix.
func below(t *testing.T, prefix string) (lines int) {
	t.Helper()
	found, err := objects.ListBucket(bucket, &gofakes3.Prefix{HasPrefix: true, Prefix: prefix}, gofakes3.ListBucketPage{})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range found.Contents {
		text, _ := object(t, o.Key)
		lines += strings.Count(text, "\n")
	}
	return lines
}

func TestATryAfterACrashContinuesWhereTheLastOneStopped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		child := chunked(t, "crash", 10, 10)[0]
		var handled [10]atomic.Int32
		crashed, over := make(chan struct{}), make(chan struct{})
		defer close(over)
		h := work(func(_ context.Context, n int) (int, error) {
			if handled[n].Add(1) == 1 && n == 6 {
				close(crashed)
				<-over // the process is gone
			}
			return n, nil
		})
		go func() { _, _ = h.Invoke(context.Background(), []byte(child)) }()
		<-crashed
		time.Sleep(1100 * time.Millisecond)
		if n := below(t, "crash/outcomes/"); n != 6 {
			t.Errorf("got %d outcomes stored, expected the six that are older than a second", n)
		}
		// Nobody answered, and the child execution gave up: what was done counts.
		failed := fmt.Sprintf(`{"Input": %q, "Error": "Runtime.ExitError", "Cause": ""}`, child)
		mapRun(t, "crash", "", failed, "")
		summary := request("crash", `{"bucket": "results", "manifest": "crash/results/uuid/manifest.json"}`, 10)
		got := decode[accountAnswer](t, invoke(t, summarize(nothing), summary))
		if got.Items != (report.Items{Total: 10, Succeeded: 6, Failed: 4}) || got.Errors["Runtime.ExitError"] != 4 {
			t.Errorf("got %+v, expected the six that were stored to have succeeded", got)
		}
		// Or it tries again.
		answer := invoke(t, h, child)
		for n := range handled {
			if expected := map[bool]int32{true: 2, false: 1}[n == 6]; handled[n].Load() != expected {
				t.Errorf("got item %d handled %d times, expected %d", n, handled[n].Load(), expected)
			}
		}
		mapRun(t, "crash", unwrapped(answer), "", "")
		got = decode[accountAnswer](t, invoke(t, summarize(nothing), summary))
		if got.Items != (report.Items{Total: 10, Succeeded: 10}) || got.Repeated != 0 {
			t.Errorf("got %+v, expected all ten", got)
		}
	})
}

func TestAPayloadThatIsNoChunkIsRefusedByName(t *testing.T) {
	t.Parallel()
	h := work(func(_ context.Context, n int) (int, error) { return n, nil })
	for _, chunk := range []string{`{}`, `{"do": "succeed"}`, `"x"`, `{"bucket": "results", "key": "x", "first": 0, "count": 0}`} {
		payload := `{"BatchInput": {"outcomes": {"bucket": "results", "prefix": "x"}}, "Chunk": ` + chunk + `}`
		if err := refused(t, h, payload); err.Type != job.ErrorInvalidInput {
			t.Errorf("%s: got %s: %s, expected %s", chunk, err.Type, err.Message, job.ErrorInvalidInput)
		}
	}
	put(t, "short/chunk", "1\n2\n")
	payload := `{"BatchInput": {"outcomes": {"bucket": "results", "prefix": "short"}}, "Chunk": {"bucket": "results", "key": "short/chunk", "first": 0, "count": 3}}`
	if err := refused(t, h, payload); !strings.Contains(err.Message, "got 2 items in s3://results/short/chunk, expected 3") {
		t.Errorf("got %s, expected the chunk that is not whole", err.Message)
	}
}

func TestAnErrorInTheJobStartLeavesNoAddresses(t *testing.T) {
	t.Parallel()
	failing := func(context.Context, night) iter.Seq2[int, error] {
		return count(25, job.Errorf("NoDatabase", "it is down"))(context.Background(), night{})
	}
	payload := strings.ReplaceAll(distributedStart, "KEY", "half/items.jsonl")
	err := refused(t, start(failing), payload[:len(payload)-1]+`, "chunkSize": 10}`)
	if err.Message != "after 25 items: it is down" {
		t.Errorf("got %s, expected how far it came", err.Message)
	}
	if text, there := object(t, "half/items.jsonl"); there {
		t.Errorf("got %s, expected no addresses", text)
	}
}
