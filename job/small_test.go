package job_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/mapjob/mapjob/internal/s3object"
	"github.com/mapjob/mapjob/internal/standin"
	"github.com/mapjob/mapjob/job"
)

// plainS3 keeps objects in memory and answers without HTTP.
type plainS3 struct {
	s3object.API // nil: a small job calls nothing else

	mutex   sync.Mutex
	objects map[string][]byte
}

func (p *plainS3) PutObject(_ context.Context, in *s3.PutObjectInput, _ ...func(*s3.Options)) (*s3.PutObjectOutput, error) {
	text, err := io.ReadAll(in.Body)
	if err != nil {
		return nil, err
	}
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.objects[*in.Key] = text
	return &s3.PutObjectOutput{}, nil
}

func (p *plainS3) GetObject(_ context.Context, in *s3.GetObjectInput, _ ...func(*s3.Options)) (*s3.GetObjectOutput, error) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	text, ok := p.objects[*in.Key]
	if !ok {
		return nil, &types.NoSuchKey{}
	}
	size := int64(len(text))
	return &s3.GetObjectOutput{Body: io.NopCloser(bytes.NewReader(text)), ContentLength: &size}, nil
}

func (p *plainS3) ListObjectsV2(context.Context, *s3.ListObjectsV2Input, ...func(*s3.Options)) (*s3.ListObjectsV2Output, error) {
	return &s3.ListObjectsV2Output{}, nil
}

// smallJob has the handlers and payloads of a job with twenty items, one of which
// fails.
type smallJob struct {
	context                  context.Context
	start, work, summary     job.Handler
	startRequest, summarizer []byte
	batches                  [][]byte
}

func newSmallJob() *smallJob {
	const n = 20
	memory := &plainS3{objects: map[string][]byte{}}
	j := &smallJob{context: standin.With[s3object.API](context.Background(), memory)}
	log := job.WithLogger(slog.New(slog.DiscardHandler))
	j.start = job.Start(count(n, nil), log)
	j.work = job.Work(func(_ context.Context, n int) (string, error) {
		if n == 7 {
			return "", job.Errorf("Refused", "got %d", n)
		}
		return fmt.Sprint("invoice ", n), nil
	}, log, job.Concurrency(8))
	j.summary = job.Summarize(func(_ context.Context, s *job.Summary) error {
		for range s.Results() {
		}
		return nil
	}, log, job.WithMetrics(io.Discard))
	j.startRequest = []byte(`{"job": {"name": "nightly", "startedAt": "2026-11-01T02:00:00Z"}, "execution": "arn:x", "input": {"date": "today"}, "items": {"bucket": "results", "key": "small/items.jsonl"}}`)
	for first := 0; first < n; first += 5 {
		j.batches = append(j.batches, []byte(batchOf(first, first, first+1, first+2, first+3, first+4)))
	}
	var lines bytes.Buffer
	for i := range n {
		if i == 7 {
			fmt.Fprintf(&lines, `{"index":%d,"status":"FAILED","error":"Refused","cause":"got 7","startedAt":%d,"ms":12}`+"\n", i, 1_793_498_400_000+i)
			continue
		}
		fmt.Fprintf(&lines, `{"index":%d,"status":"SUCCEEDED","output":"invoice %[1]d","startedAt":%d,"ms":12}`+"\n", i, 1_793_498_400_000+i)
	}
	memory.objects["small/results/run/SUCCEEDED_0.jsonl"] = lines.Bytes()
	memory.objects["small/results/run/manifest.json"] = []byte(`{"DestinationBucket": "results", "ResultFiles": {"SUCCEEDED": [{"Key": "small/results/run/SUCCEEDED_0.jsonl"}], "FAILED": [], "PENDING": []}}`)
	j.summarizer = []byte(request("small", `{"bucket": "results", "manifest": "small/results/run/manifest.json"}`, n))
	return j
}

func (j *smallJob) run(tb testing.TB, start, work, summarize bool) {
	invoke := func(h job.Handler, payload []byte) {
		if _, err := h.Invoke(j.context, payload); err != nil {
			tb.Fatal(err)
		}
	}
	if start {
		invoke(j.start, j.startRequest)
	}
	for _, batch := range j.batches {
		if work {
			invoke(j.work, batch)
		}
	}
	if summarize {
		invoke(j.summary, j.summarizer)
	}
}

// Most jobs are small, and a test may run thousands: buffers for a million items must
// not be allocated for twenty.
func TestASmallJobTakesLittleMemory(t *testing.T) {
	const runs, most = 50, 300 << 10 // bytes of a run
	j := newSmallJob()
	j.run(t, true, true, true)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range runs {
		j.run(t, true, true, true)
	}
	runtime.ReadMemStats(&after)
	if got := (after.TotalAlloc - before.TotalAlloc) / runs; got > most {
		t.Errorf("got %d bytes allocated in each run, expected at most %d", got, most)
	}
}

func BenchmarkSmallJob(b *testing.B) {
	j := newSmallJob()
	for _, c := range []struct {
		name                   string
		start, work, summarize bool
	}{{"all", true, true, true}, {"start", true, false, false}, {"work", false, true, false}, {"summarize", false, false, true}} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			j.run(b, true, true, true)
			for b.Loop() {
				j.run(b, c.start, c.work, c.summarize)
			}
		})
	}
}
