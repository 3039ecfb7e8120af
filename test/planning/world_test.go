package planning

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/objects"
	"github.com/mapjob/mapjob/internal/plan"
	"github.com/mapjob/mapjob/internal/value"
)

// definition is a definition with the names that a stack gives to what it refers to.
type definition struct {
	name    string
	text    string
	machine *asl.StateMachine
}

// resolve replaces the references of a definition, as a deployment does.
func resolve(text string) string {
	return regexp.MustCompile(`\$\{[\w:.]+\}`).ReplaceAllStringFunc(text, func(reference string) string {
		name := reference[2 : len(reference)-1]
		switch id, isARN := strings.CutSuffix(name, ".Arn"); {
		case name == "AWS::Partition":
			return "aws"
		case isARN:
			return functionARN(id)
		case strings.HasSuffix(name, "Topic"):
			return "arn:aws:sns:us-east-1:123456789012:" + name
		}
		return strings.ToLower(name)
	})
}

// read reads a definition, rewritten by edit.
func read(t testing.TB, file string, edit func(string) string) *definition {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	d := &definition{name: strings.TrimSuffix(filepath.Base(file), "-definition_1.snap.json"), text: resolve(string(text))}
	if edit != nil {
		d.text = edit(d.text)
	}
	if d.machine, err = asl.Parse([]byte(d.text)); err != nil {
		t.Fatalf("%s: %v", d.name, err)
	}
	return d
}

// functions are those of the definitions.
var functions = []string{"JobStartFunction", "JobChunkerFunction", "SummaryFunction", "JobAccountantFunction", "WorkerFunction", "Worker", "Other"}

func functionARN(name string) string { return "arn:aws:lambda:us-east-1:123456789012:function:" + name }

// roleOf returns the role of a function by its name in the definitions of the tests.
func roleOf(function string) plan.Role {
	name := function[strings.LastIndexByte(function, ':')+1:]
	switch {
	case strings.HasPrefix(name, "JobStart"):
		return plan.JobStart
	case strings.HasPrefix(name, "JobChunker"):
		return plan.Chunker
	case strings.HasPrefix(name, "Summary"), strings.HasPrefix(name, "JobAccountant"):
		return plan.Summary
	case strings.HasPrefix(name, "Worker"):
		return plan.Worker
	}
	return plan.Role(name)
}

// world answers the tasks of one execution in the engine: functions that fail as the
// workload says, and services that accept what they get.
type world struct {
	workload plan.Workload
	chunk    int // items of a chunk, for a job by reference
}

const (
	bucket    = "jobresults"
	execution = "an-execution-with-a-name"
)

// item returns the JSON of an item that has the bytes of the workload.
func (w *world) item() string {
	return `"` + strings.Repeat("x", max(w.workload.ItemBytes-2, 0)) + `"`
}

// chunks yields the chunks of the items, as the kit makes them.
func (w *world) chunks() iter.Seq2[int, int] {
	return func(yield func(int, int) bool) {
		for first := 0; first < w.workload.Items; {
			count := min(w.chunk, w.workload.Items-first)
			if !yield(first, count) {
				return
			}
			first += count
		}
	}
}

// Open implements [objects.Store]: the items, a line each.
func (w *world) Open(_ context.Context, _, key string) (io.ReadCloser, error) {
	r, pipe := io.Pipe()
	go func() {
		lines := bufio.NewWriter(pipe)
		if strings.HasSuffix(key, "chunks.jsonl") {
			for first, count := range w.chunks() {
				fmt.Fprintf(lines, `{"bucket":%q,"key":"chunk","first":%d,"count":%d}`+"\n", bucket, first, count)
			}
		} else {
			item := w.item()
			for range w.workload.Items {
				fmt.Fprintln(lines, item)
			}
		}
		pipe.CloseWithError(lines.Flush())
	}()
	return r, nil
}

// listed is what a Map gets for an object of the list. Its key has eight digits.
const listed = `{"Etag":"\"e\"","Key":"in/00000000","LastModified":1700000000,"Size":1,"StorageClass":"STANDARD"}`

// List implements [objects.Store].
func (w *world) List(context.Context, string, string) iter.Seq2[objects.Info, error] {
	return func(yield func(objects.Info, error) bool) {
		for i := range w.workload.Items {
			info := objects.Info{Key: fmt.Sprintf("in/%08d", i), Size: 1, ETag: `"e"`, StorageClass: "STANDARD", LastModified: time.Unix(1700000000, 0)}
			if !yield(info, nil) {
				return
			}
		}
	}
}

// Create implements [objects.Store].
func (*world) Create(context.Context, string, string) (io.WriteCloser, error) {
	return discarded{io.Discard}, nil
}

type discarded struct{ io.Writer }

func (discarded) Close() error { return nil }

// input returns the input of the execution.
func (w *world) input(d *definition) []byte {
	switch {
	case !strings.Contains(d.text, `"DISTRIBUTED"`):
		return []byte(`{"items":[` + strings.TrimSuffix(strings.Repeat(w.item()+",", w.workload.Items), ",") + `]}`)
	case d.name == "object-list":
		return []byte(`{"items":{"bucket":"in","prefix":"in/"}}`)
	}
	return fmt.Appendf(nil, `{"items":{"bucket":%q,"key":"StateMachine/items.jsonl"}}`, bucket)
}

// answer answers the request of a task.
func (w *world) answer(r *engine.Request) engine.Answer {
	if r.Resource.Service != "lambda" {
		return engine.Answer{Output: &value.Object{}}
	}
	arguments, _ := r.Parameters.(*value.Object)
	name, _ := arguments.Get("FunctionName")
	function, _ := name.(string)
	payload, _ := arguments.Get("Payload")
	var output any
	switch roleOf(function) {
	case plan.JobStart, plan.Chunker:
		output = w.started(payload)
	case plan.Summary:
		n := float64(w.workload.Items)
		output = value.NewObject("version", 1.0, "total", n, "succeeded", n, "failed", 0.0, "missing", 0.0, "errors", &value.Object{})
	case plan.Worker:
		first, count, answer := w.batch(payload)
		takes := time.Duration(count) * w.workload.Time.Mean()
		if fate := w.workload.Fate(first, r.Attempt); fate.Crashed {
			return engine.Answer{Err: &engine.TaskError{Name: plan.Crash, Cause: "drawn"}, Takes: time.Duration(fate.Share * float64(takes))}
		}
		if r.Callback != nil {
			r.Callback.Success(w.outcome(first))
		}
		return engine.Answer{Output: value.NewObject("Payload", answer, "StatusCode", 200.0), Takes: takes}
	}
	return engine.Answer{Output: value.NewObject("Payload", output, "StatusCode", 200.0)}
}

// started returns what a job start or a chunker answers.
func (w *world) started(request any) any {
	o, _ := request.(*value.Object)
	count := float64(w.workload.Items)
	if size, ok := o.Get("chunkSize"); ok && size != 0.0 {
		return value.NewObject("version", 1.0, "items", value.NewObject("bucket", bucket, "key", "chunks.jsonl", "count", count, "chunked", true))
	}
	if _, stored := o.Get("items"); stored {
		return value.NewObject("version", 1.0, "items", value.NewObject("bucket", bucket, "key", "items.jsonl", "count", count))
	}
	items := make([]any, w.workload.Items)
	for i := range items {
		items[i] = strings.Trim(w.item(), `"`)
	}
	return value.NewObject("version", 1.0, "items", items)
}

// outcome returns what a worker answers of an item. An item that fails fails alone.
func (w *world) outcome(index int) any {
	if every := int(1 / max(w.workload.Failed, 0.001)); index%every == 0 {
		return value.NewObject("index", float64(index), "status", "FAILED", "error", "NoPrice", "cause", "drawn")
	}
	return value.NewObject("index", float64(index), "status", "SUCCEEDED", "output", strings.Repeat("r", w.workload.ResultBytes))
}

// batch returns the first item of a batch, a chunk or an item, the number of items, and
// what the worker answers.
func (w *world) batch(payload any) (first, items int, answer any) {
	o, _ := payload.(*value.Object)
	if chunk, ok := o.Get("Chunk"); ok {
		at, _ := chunk.(*value.Object).Get("first")
		count, _ := chunk.(*value.Object).Get("count")
		stored := value.NewObject("outcomes", value.NewObject("bucket", bucket, "prefix", "outcomes/", "parts", []any{"try-0000.jsonl"}),
			"succeeded", count, "failed", 0.0)
		return int(at.(float64)), int(count.(float64)), []any{stored}
	}
	list, ok := o.Get("Items")
	if !ok { // of a Processor
		index, _ := o.Get("index")
		first, _ := index.(float64)
		return int(first), 1, &value.Object{}
	}
	outcomes := []any{}
	for i, item := range list.([]any) {
		index, _ := item.(*value.Object).Get("index")
		if i == 0 {
			first = int(index.(float64))
		}
		outcomes = append(outcomes, w.outcome(int(index.(float64))))
	}
	return first, len(outcomes), outcomes
}

// dawn is when virtual time begins.
var dawn = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

// run runs the definition in the engine.
func (w *world) run(t testing.TB, d *definition, options ...engine.Option) *engine.Execution {
	t.Helper()
	options = append(options,
		engine.WithClock(engine.VirtualClock(dawn)), engine.WithSeed(w.workload.Seed+1), engine.WithExecutionName(execution), engine.WithObjects(w),
		engine.WithIntegration("arn:aws:states:::*", engine.ImmediateFunc(w.answer)),
	)
	e, err := engine.New(d.machine, options...)
	if err != nil {
		t.Fatalf("%s: %v", d.name, err)
	}
	x, err := e.Run(context.Background(), w.input(d))
	if err != nil {
		t.Fatalf("%s: %v", d.name, err)
	}
	return x
}

// pretty returns a value for a message.
func pretty(v any) string {
	text, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return err.Error()
	}
	return string(text)
}
