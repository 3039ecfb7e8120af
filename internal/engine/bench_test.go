package engine_test

import (
	"context"
	"fmt"
	"io"
	"iter"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/engine"
)

const inlineMap = `{"StartAt":"Map","States":{"Map":{"Type":"Map","MaxConcurrency":16,"End":true,
	"ItemProcessor":{"ProcessorConfig":{"Mode":"INLINE"},"StartAt":"Work","States":{
		"Work":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:123456789012:function:work","End":true}}}}}}`

// BenchmarkInlineMap is an inline Map over one task with a handler in process.
func BenchmarkInlineMap(b *testing.B) {
	for _, n := range []int{10_000, 100_000, 1_000_000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			input := numbers(n)
			e := prepare(b, inlineMap, engine.WithIntegration("arn:aws:lambda:*", payload))
			b.ReportAllocs()
			for b.Loop() {
				x, err := e.Run(context.Background(), input)
				if err != nil || x.Status != engine.Succeeded {
					b.Fatalf("got %v %v, expected success", x, err)
				}
			}
			b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "items/s")
		})
	}
}

func numbers(n int) []byte {
	var text strings.Builder
	for i := range n {
		fmt.Fprintf(&text, `,{"id":%d}`, i)
	}
	return []byte("[" + text.String()[1:] + "]")
}

func prepare(b testing.TB, definition string, options ...engine.Option) *engine.Engine {
	machine, err := asl.Parse([]byte(definition))
	if err != nil {
		b.Fatal(err)
	}
	e, err := engine.New(machine, append(options, engine.WithLimits(engine.Limits{}))...)
	if err != nil {
		b.Fatal(err)
	}
	return e
}

const distributedMap = `{"QueryLanguage":"JSONata","StartAt":"Map","States":{"Map":{"Type":"Map","Label":"Map","End":true,
	"ItemReader":{"Resource":"arn:aws:states:::s3:getObject","ReaderConfig":{"InputType":"JSONL"},"Arguments":{"Bucket":"in","Key":"items.jsonl"}},
	"ItemSelector":{"index":"{% $states.context.Map.Item.Index %}","item":"{% $states.context.Map.Item.Value %}"},
	"ItemBatcher":{"MaxItemsPerBatch":100,"BatchInput":{"execution":"{% $states.context.Execution.Id %}"}},
	"ResultWriter":{"Resource":"arn:aws:states:::s3:putObject","Arguments":{"Bucket":"out","Prefix":"results"},"WriterConfig":{"OutputType":"JSONL","Transformation":"FLATTEN"}},
	"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"Work","States":{
		"Work":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Arguments":{"FunctionName":"work","Payload":"{% $states.input %}"},"Output":"{% $states.result.Payload.Items %}","End":true}}}}}}`

// generated is an object store whose only object has n lines, and which drops
// what is written.
type generated struct{ n int }

func (g generated) Open(context.Context, string, string) (io.ReadCloser, error) {
	return io.NopCloser(&lines{n: g.n}), nil
}
func (generated) List(context.Context, string, string) iter.Seq2[engine.ObjectInfo, error] {
	return nil
}
func (generated) Create(context.Context, string, string) (io.WriteCloser, error) {
	return discard{}, nil
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) Close() error                { return nil }

type lines struct {
	n, at int
	rest  []byte
}

func (l *lines) Read(p []byte) (int, error) {
	if len(l.rest) == 0 {
		if l.at == l.n {
			return 0, io.EOF
		}
		for range min(1000, l.n-l.at) {
			l.rest = fmt.Appendf(l.rest, `{"order":"order-%08d","customer":%d,"amount":%d,"due":"2026-11-23T00:00:00Z"}`+"\n", l.at, l.at%977, l.at%10007)
			l.at++
		}
	}
	n := copy(p, l.rest)
	l.rest = l.rest[n:]
	return n, nil
}

func BenchmarkDistributedMap(b *testing.B) {
	for _, n := range []int{10_000, 100_000, 1_000_000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			e := prepare(b, distributedMap, engine.WithIntegration(lambda, payload), engine.WithObjects(generated{n}))
			b.ReportAllocs()
			for b.Loop() {
				x, err := e.Run(context.Background(), []byte(`{}`))
				if err != nil || x.Status != engine.Succeeded {
					b.Fatalf("got %v %v, expected success", x, err)
				}
			}
			b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "items/s")
			b.ReportMetric(float64(peak())/(1<<20), "peak-MB")
		})
	}
}

// peak is the largest resident size that this process has had, in bytes.
func peak() int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.Sys)
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return kb << 10
		}
	}
	return 0
}

// BenchmarkInlineMapBlocking is the same Map over a handler that the engine
// can't tell not to block: each call has a goroutine.
func BenchmarkInlineMapBlocking(b *testing.B) {
	const n = 50_000
	input := numbers(n)
	e := prepare(b, inlineMap, engine.WithIntegration("arn:aws:lambda:*", engine.IntegrationFunc(func(_ context.Context, r *engine.Request) (any, error) {
		return r.Parameters, nil
	})))
	b.ReportAllocs()
	for b.Loop() {
		x, err := e.Run(context.Background(), input)
		if err != nil || x.Status != engine.Succeeded {
			b.Fatalf("got %v %v, expected success", x, err)
		}
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "items/s")
}
