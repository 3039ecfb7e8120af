package measured_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/archive"
	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/plan"
	"github.com/mapjob/mapjob/internal/plan/measured"
	"github.com/mapjob/mapjob/internal/value"
)

const machineARN = "arn:aws:states:us-east-1:123456789012:stateMachine:Job"

// recorded runs a definition and keeps it in a folder, whose files come on top. A
// function takes a second, and crashes once if its name begins with "bad".
func recorded(t *testing.T, definition string, inputs []string, files map[string]string) string {
	t.Helper()
	folder := t.TempDir()
	recorder, err := archive.Record(folder)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := asl.Parse([]byte(definition))
	if err != nil {
		t.Fatal(err)
	}
	function := engine.ImmediateFunc(func(r *engine.Request) engine.Answer {
		parameters, _ := r.Parameters.(*value.Object)
		name, _ := parameters.Get("FunctionName")
		if strings.HasPrefix(fmt.Sprint(name), "bad") && r.Attempt == 0 {
			return engine.Answer{Err: crash, Takes: time.Second}
		}
		return engine.Answer{Output: value.NewObject("Payload", "done"), Takes: time.Second}
	})
	recorder.StateMachine(archive.StateMachine{ARN: machineARN, Name: "Job", Type: engine.Standard, Definition: definition})
	for i, input := range inputs {
		begin := time.Unix(1_800_000_000+int64(i)*3600, 0)
		name := fmt.Sprint("x", i)
		e, err := engine.New(parsed, engine.WithClock(engine.VirtualClock(begin)), engine.WithSeed(uint64(i)), engine.WithExecutionName(name),
			engine.WithStateMachineARN(machineARN), engine.WithHistory(recorder.Event), engine.WithMapObserver(recorder),
			engine.WithIntegration("arn:aws:states:::*", function))
		if err != nil {
			t.Fatal(err)
		}
		arn := "arn:aws:states:us-east-1:123456789012:execution:Job:" + name
		recorder.Begin(arn, input, begin)
		x, err := e.Run(t.Context(), []byte(input))
		if err != nil {
			t.Fatal(err)
		}
		recorder.End(arn, x.Status, x.Error, x.Cause, x.Stop)
	}
	if err := recorder.Close(); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		path := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// outcomes writes outcomes: an index, a status, when it started and how long it took.
func outcomes(list ...[4]any) string {
	var text strings.Builder
	for _, o := range list {
		line, _ := json.Marshal(map[string]any{"index": o[0], "status": o[1], "startedAt": o[2], "ms": o[3], "output": "12345678"})
		text.Write(append(line, '\n'))
	}
	return text.String()
}

const start = `{"stateMachineArn": "` + machineARN + `", "memoryMB": {"bad worker": 87, "other": 99}}`

// job is a job by value, of two items a batch. Its Map's items are the input.
var job = strings.Replace(distributed("STANDARD", "bad worker"), `"ItemBatcher"`,
	`"ItemSelector":{"index":"{% $states.context.Map.Item.Index %}","item":"{% $states.context.Map.Item.Value %}"},"ItemBatcher"`, 1)

func TestARunByValue(t *testing.T) {
	t.Parallel()
	folder := recorded(t, job, []string{`["ab","abcd","abcdef"]`, `["a rerun"]`}, map[string]string{"run.json": start, "results.jsonl": outcomes(
		[4]any{0, "SUCCEEDED", 1000, 30}, [4]any{1, "FAILED", 1010, 20}, // both within 30 ms
		[4]any{2, "SUCCEEDED", 1000, 10})}) // the other batch, at the same time
	run, err := measured.Read(folder)
	if err != nil {
		t.Fatal(err)
	}
	if got, expected := describe(run.Counts), "transitions 7, events 28, parent 8, children 2, retries 2; bad worker 4 (2 retries) in 2s"; got != expected {
		t.Errorf("got %q, expected %q", got, expected)
	}
	if run.Items != 3 || run.Failed != 1 || run.ItemBytes != 6 || run.ResultBytes != 10 || run.ByChild || run.MostMemory["bad worker"] != 87 {
		t.Errorf("got %+v, expected 3 items of 6 bytes, one of which failed, results of 10 bytes, 87 MB", run)
	}
	if got, expected := run.ItemsAtOnce, 60.0/40; math.Abs(got-expected) > 1e-9 {
		t.Errorf("got %v items at once, expected %v", got, expected)
	}
	if run.Time.Mean() != 20*time.Millisecond || run.Time.At(1) != 30*time.Millisecond {
		t.Errorf("got a mean of %v and a longest time of %v, expected 20ms and 30ms", run.Time.Mean(), run.Time.At(1))
	}
	if run.Definition != job || run.StateMachine != machineARN || run.Status != engine.Succeeded {
		t.Errorf("got the definition %q of %s, which %s", run.Definition, run.StateMachine, run.Status)
	}
	path := []plan.Step{{State: "W", Call: &plan.Call{Role: plan.Worker}}}
	if got := run.Crashed(path); got != 0.5 {
		t.Errorf("got a share of %v of the attempts that were retried, expected 0.5", got)
	}
	if got := run.WorkerMemory([]plan.Step{{State: "Both", Inner: path}}); got != 87 {
		t.Errorf("got %d MB of the worker, expected 87", got)
	}
	if got := run.Crashed([]plan.Step{{State: "Other", Call: &plan.Call{Role: plan.Worker}}}); got != 0 {
		t.Errorf("got a share of %v of a state that was not entered, expected 0", got)
	}
}

func TestARunByReferenceHasTheBytesOfItsChunks(t *testing.T) {
	t.Parallel()
	definition := machine(`"A":{"Type":"Map","Label":"Map","End":true,"ItemSelector":{"Chunk":"{% $states.context.Map.Item.Value %}"},
		"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"W","States":{"W":` + fmt.Sprintf(task, "worker") + `}}}`)
	input := `[{"bucket":"b","key":"chunks/1.jsonl","first":0,"count":2},{"bucket":"b","key":"chunks/2.jsonl","first":2,"count":1}]`
	run, err := measured.Read(recorded(t, definition, []string{input}, map[string]string{"run.json": start,
		"s3/buckets/b/chunks/1.jsonl": "[1]\n[2]\n", "s3/buckets/b/chunks/2.jsonl": "[300000]\n",
		"results.jsonl": outcomes([4]any{0, "SUCCEEDED", 1000, 10}, [4]any{1, "SUCCEEDED", 1010, 10}, [4]any{2, "SUCCEEDED", 1000, 0})}))
	if err != nil {
		t.Fatal(err)
	}
	if run.ItemBytes != 5 || run.ItemsAtOnce != 1 || run.Time.At(0.1) != time.Millisecond/2 {
		t.Errorf("got items of %d bytes, %v at once, the shortest of %v, expected 5 bytes, one at once, 0.5ms", run.ItemBytes, run.ItemsAtOnce, run.Time.At(0.1))
	}
}

func TestAnInlineRun(t *testing.T) {
	t.Parallel()
	definition := machine(`"A":{"Type":"Map","End":true,"ItemSelector":{"Items":[{"index":"{% $states.context.Map.Item.Index %}","item":"{% $states.context.Map.Item.Value %}"}]},
		"ItemProcessor":{"StartAt":"W","States":{"W":` + fmt.Sprintf(task, "worker") + `}}}`)
	run, err := measured.Read(recorded(t, definition, []string{`["ab","abcd"]`}, map[string]string{"run.json": start,
		"results.jsonl": outcomes([4]any{0, "SUCCEEDED", 1000, 10}, [4]any{1, "SUCCEEDED", 1000, 10})}))
	if err != nil {
		t.Fatal(err)
	}
	if run.Items != 2 || run.ItemBytes != 5 || run.ItemsAtOnce != 1 || describe(run.Counts) != "transitions 3, events 20, parent 20; worker 2 in 2s" {
		t.Errorf("got %+v with %s, expected 2 items of 5 bytes, each alone in its batch", run, describe(run.Counts))
	}
}

// The workers of other definitions do not say how long an item took.
func TestARunOfAnotherDefinitionHasTheTimesOfItsChildren(t *testing.T) {
	t.Parallel()
	lines := `{"index":0,"status":"SUCCEEDED"}` + "\n" + `{"index":1,"status":"SUCCEEDED"}` + "\n" + `{"index":2,"status":"SUCCEEDED"}` + "\n"
	run, err := measured.Read(recorded(t, distributed("STANDARD", "worker"), []string{`["ab","abcd","abcdef"]`}, map[string]string{"results.jsonl": lines}))
	if err != nil {
		t.Fatal(err)
	}
	if !run.ByChild || run.Time.At(0.5) != time.Second/2 || run.Time.At(1) != time.Second || run.ItemBytes != 6 || run.ItemsAtOnce != 0 || run.MostMemory != nil {
		t.Errorf("got %+v with the times %v and %v, expected those of children, 0.5s and 1s, and items of 6 bytes", run, run.Time.At(0.5), run.Time.At(1))
	}
}

func TestRunsThatMeasuredNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		inputs   []string
		files    map[string]string
		expected string
	}{
		"without outcomes":     {[]string{`["a"]`}, nil, "got no outcomes of items, expected some"},
		"without an execution": {nil, map[string]string{"run.json": start}, "got no execution of its job, expected one"},
		"of another job":       {[]string{`["a"]`}, map[string]string{"run.json": `{"stateMachineArn": "arn:other"}`}, "got no execution of its job, expected one"},
		"with a broken start":  {[]string{`["a"]`}, map[string]string{"run.json": `{`}, "run.json: unexpected end of JSON input"},
		"with a broken outcome": {[]string{`["a"]`}, map[string]string{"results.jsonl": outcomes([4]any{0, "SUCCEEDED", 1, 1}) + "{\n"},
			"results.jsonl: outcome 2: unexpected end of JSON input"},
		"with a broken history": {[]string{`["a"]`}, map[string]string{"history.jsonl": `{"id":1}` + "\n"},
			`history.jsonl: event 1: got "{\"id\":1}", expected an event with its execution, number, time and type`},
	} {
		folder := recorded(t, job, c.inputs, c.files)
		_, err := measured.Read(folder)
		if expected := "run " + filepath.Base(folder) + ": " + c.expected; err == nil || err.Error() != expected {
			t.Errorf("%s: got the error %v, expected %q", name, err, expected)
		}
	}
}

func TestARunHasTheWaysThatWereTaken(t *testing.T) {
	t.Parallel()
	definition := machine(`"A":{"Type":"Choice","Choices":[{"Condition":"{% $count($states.input) > 9 %}","Next":"Many"}],"Default":"Few"},"Many":{"Type":"Pass","Next":"Map"},"Few":{"Type":"Pass","Next":"Map"},
		"Map":{"Type":"Map","End":true,"ItemProcessor":{"StartAt":"C","States":{
			"C":{"Type":"Choice","Choices":[{"Condition":"{% $states.input > 1 %}","Next":"Large"}],"Default":"Small"},"Large":{"Type":"Pass","End":true},"Small":{"Type":"Pass","End":true}}}}`)
	run, err := measured.Read(recorded(t, definition, []string{`[1,2,3]`}, map[string]string{"run.json": start, "results.jsonl": outcomes([4]any{0, "SUCCEEDED", 1000, 10})}))
	if err != nil {
		t.Fatal(err)
	}
	if got, expected := fmt.Sprint(run.Choices()), "map[A:Few C:Large]"; got != expected {
		t.Errorf("got the ways %s, expected %s", got, expected)
	}
}
