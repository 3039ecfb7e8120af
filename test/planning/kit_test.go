package planning

import (
	"context"
	"io"
	"iter"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/mapjob/mapjob/internal/plan"
	"github.com/mapjob/mapjob/internal/plan/option"
	"github.com/mapjob/mapjob/internal/price"
	"github.com/mapjob/mapjob/internal/s3object"
	"github.com/mapjob/mapjob/internal/standin"
	"github.com/mapjob/mapjob/job"
	"github.com/mapjob/mapjob/sfntest"
)

// requests counts the requests of functions to S3, by their price.
type requests struct {
	mutex      sync.Mutex
	puts, gets map[string]int // by operation
}

func (r *requests) add(to map[string]int, operation string) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	to[operation]++
}

func total(of map[string]int) (n float64) {
	for _, count := range of {
		n += float64(count)
	}
	return n
}

// counting is the S3 of a run, counted.
type counting struct {
	s3object.API
	*requests
}

func (c counting) GetObject(ctx context.Context, in *s3.GetObjectInput, o ...func(*s3.Options)) (*s3.GetObjectOutput, error) {
	c.add(c.gets, "GetObject")
	return c.API.GetObject(ctx, in, o...)
}

func (c counting) PutObject(ctx context.Context, in *s3.PutObjectInput, o ...func(*s3.Options)) (*s3.PutObjectOutput, error) {
	c.add(c.puts, "PutObject")
	return c.API.PutObject(ctx, in, o...)
}

func (c counting) CopyObject(ctx context.Context, in *s3.CopyObjectInput, o ...func(*s3.Options)) (*s3.CopyObjectOutput, error) {
	c.add(c.puts, "CopyObject")
	return c.API.CopyObject(ctx, in, o...)
}

func (c counting) ListObjectsV2(ctx context.Context, in *s3.ListObjectsV2Input, o ...func(*s3.Options)) (*s3.ListObjectsV2Output, error) {
	c.add(c.puts, "ListObjectsV2")
	return c.API.ListObjectsV2(ctx, in, o...)
}

func (c counting) CreateMultipartUpload(ctx context.Context, in *s3.CreateMultipartUploadInput, o ...func(*s3.Options)) (*s3.CreateMultipartUploadOutput, error) {
	c.add(c.puts, "CreateMultipartUpload")
	return c.API.CreateMultipartUpload(ctx, in, o...)
}

func (c counting) UploadPart(ctx context.Context, in *s3.UploadPartInput, o ...func(*s3.Options)) (*s3.UploadPartOutput, error) {
	c.add(c.puts, "UploadPart")
	return c.API.UploadPart(ctx, in, o...)
}

func (c counting) CompleteMultipartUpload(ctx context.Context, in *s3.CompleteMultipartUploadInput, o ...func(*s3.Options)) (*s3.CompleteMultipartUploadOutput, error) {
	c.add(c.puts, "CompleteMultipartUpload")
	return c.API.CompleteMultipartUpload(ctx, in, o...)
}

// counted is a function whose requests are counted.
type counted struct {
	lambda.Handler
	requests *requests
}

func (c counted) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	api, _ := standin.Of[s3object.API](ctx)
	return c.Handler.Invoke(standin.With[s3object.API](ctx, counting{api, c.requests}), payload)
}

// kitJob is a job whose functions are those of the kit.
type kitJob struct {
	name        string
	passing     plan.Passing
	items       int
	bytes       int // of an item and of a result
	resultBytes int
	batch       int
	takes       time.Duration // an item
	failed      int           // one item of so many fails
}

func (k kitJob) text(bytes int) string { return strings.Repeat("x", max(bytes-2, 0)) }

// count runs the job, and counts what its functions ask of S3.
func (k kitJob) count(t *testing.T) *requests {
	file, old := "value", `MaxItemsPerBatch\":\"{% $min([3,`
	if k.passing == plan.ByReference {
		file, old = "reference", `chunkSize\":3`
	}
	text, err := os.ReadFile("../soak/forms/testdata/" + file + "_1.snap.json")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), old) {
		t.Fatalf("got no %s in the template", old)
	}
	template := filepath.Join(t.TempDir(), "template.json")
	rewritten := strings.ReplaceAll(string(text), old, strings.Replace(old, "3", strconv.Itoa(k.batch), 1))
	rewritten = strings.ReplaceAll(rewritten, `"Timeout": 60`, `"Timeout": 900`)
	if err := os.WriteFile(template, []byte(rewritten), 0o600); err != nil {
		t.Fatal(err)
	}
	stack := sfntest.Open(t, template)
	counted := k.functions()
	synctest.Test(t, func(t *testing.T) {
		x := sfntest.New(t, stack, counted.options...).Start("None", struct{}{})
		x.RunToEnd()
		if err := x.Err(); err != nil && err.Name != "MapJob.TooManyFailures" {
			t.Fatalf("got %v:\n%s", err, x.History())
		}
	})
	return counted.requests
}

type functionsOfKit struct {
	options  []sfntest.Option
	requests *requests
}

func (k kitJob) functions() functionsOfKit {
	quiet := job.WithLogger(slog.New(slog.DiscardHandler))
	start := func(context.Context, struct{}) iter.Seq2[string, error] {
		return func(yield func(string, error) bool) {
			for range k.items {
				if !yield(k.text(k.bytes), nil) {
					return
				}
			}
		}
	}
	var begun atomic.Int64
	work := func(context.Context, string) (string, error) {
		n := int(begun.Add(1))
		if k.takes > 0 {
			time.Sleep(k.takes)
		}
		if k.failed > 0 && n%k.failed == 0 {
			return "", job.Errorf("Refused", "")
		}
		return k.text(k.resultBytes), nil
	}
	r := &requests{puts: map[string]int{}, gets: map[string]int{}}
	summarize := func(context.Context, *job.Summary) error { return nil }
	return functionsOfKit{[]sfntest.Option{
		sfntest.Handle("JobStart", counted{job.Start(start, quiet), r}),
		sfntest.Handle("Worker", counted{job.Work(work, job.Concurrency(1), quiet), r}),
		sfntest.Handle("Summary", counted{job.Summarize(summarize, quiet, job.WithMetrics(io.Discard)), r}),
	}, r}
}

// plan returns what the functions ask of S3 by the plan. What Step Functions asks is
// left out, because it is an assumption.
func (k kitJob) plan(t *testing.T) plan.Counts {
	book, err := price.Read("us-east-1")
	if err != nil {
		t.Fatal(err)
	}
	s := plan.Setup{Passing: k.passing, Children: plan.Standard, Batch: k.batch, ItemsAtOnce: 1, Architecture: "arm64", Memory: map[plan.Role]int{}}
	if k.passing == plan.ByValue {
		s.BatchBytes, s.Overhead = 245_760, 383
	}
	for _, role := range []plan.Role{plan.Worker, plan.JobStart, plan.Chunker, plan.Summary} {
		s.Memory[role] = 256
	}
	w := plan.Workload{Items: k.items, ItemBytes: k.bytes, ResultBytes: k.resultBytes, Time: plan.Exactly(k.takes)}
	if k.failed > 0 {
		w.Failed = 1 / float64(k.failed)
	}
	shape := plan.Form(s, plan.FormOptions{JobStart: true})
	shape.Map.Reader, shape.Map.Writer = false, false
	o, err := option.Evaluate(w, s, shape, book)
	if err != nil {
		t.Fatal(err)
	}
	return o.Counts
}

func TestPlannedRequestsToS3AreThoseOfTheKit(t *testing.T) {
	t.Setenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
	const second = time.Second
	for _, k := range []kitJob{
		{name: "one item", passing: plan.ByValue, items: 1, bytes: 20, resultBytes: 20, batch: 10},
		{name: "batches", passing: plan.ByValue, items: 95, bytes: 20, resultBytes: 20, batch: 10},
		{name: "items of less than 1 MiB", passing: plan.ByValue, items: 1000, bytes: 1000, resultBytes: 20, batch: 100},
		{name: "items of more than 1 MiB", passing: plan.ByValue, items: 3000, bytes: 1000, resultBytes: 20, batch: 100},
		{name: "items of one part", passing: plan.ByValue, items: 16_500, bytes: 1000, resultBytes: 20, batch: 200},
		{name: "items in two parts", passing: plan.ByValue, items: 17_500, bytes: 1000, resultBytes: 20, batch: 200},
		{name: "answers in S3", passing: plan.ByValue, items: 300, bytes: 20, resultBytes: 3000, batch: 100},
		{name: "failed items", passing: plan.ByValue, items: 100, bytes: 20, resultBytes: 20, batch: 10, failed: 7},
		{name: "chunks", passing: plan.ByReference, items: 95, bytes: 20, resultBytes: 20, batch: 10},
		{name: "chunks of many seconds", passing: plan.ByReference, items: 950, bytes: 20, resultBytes: 20, batch: 100, takes: second},
		{name: "chunks longer than the interval", passing: plan.ByReference, items: 1500, bytes: 20, resultBytes: 20, batch: 700, takes: second},
		{name: "chunks that end before an interval", passing: plan.ByReference, items: 1180, bytes: 20, resultBytes: 20, batch: 590, takes: second},
		{name: "items longer than the interval", passing: plan.ByReference, items: 4, bytes: 20, resultBytes: 20, batch: 2, takes: 310 * second},
		{name: "outcomes that fill parts", passing: plan.ByReference, items: 4000, bytes: 20, resultBytes: 3000, batch: 4000, takes: 10 * time.Millisecond},
		{name: "failed items of chunks", passing: plan.ByReference, items: 95, bytes: 20, resultBytes: 20, batch: 10, failed: 2},
		{name: "large items in chunks", passing: plan.ByReference, items: 40, bytes: 1 << 20, resultBytes: 20, batch: 100},
	} {
		t.Run(k.name, func(t *testing.T) {
			planned, counted := k.plan(t), k.count(t)
			// In which chunks items fail is an expectation.
			if planned.S3Puts != total(counted.puts) || math.Round(planned.S3Gets) != total(counted.gets) {
				t.Errorf("got %v PUTs and %v GETs planned, expected %v %v and %v %v", planned.S3Puts, planned.S3Gets, total(counted.puts), counted.puts, total(counted.gets), counted.gets)
			}
		})
	}
}
