package protocol

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"
	jsonv2 "github.com/go-json-experiment/json"
	"github.com/mapjob/mapjob/constructs/joblock"
	"github.com/mapjob/mapjob/constructs/mapjob"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/stack"
	"github.com/mapjob/mapjob/internal/value"
	"github.com/mapjob/mapjob/test/running"
)

// pythonFolder has the example of a worker in Python.
const pythonFolder = "examples/python/worker"

// callWorker calls the handler of the example with a batch, in a process of its own.
// It prints the answer, or the error as Lambda's runtime reports it.
const callWorker = `
import json, sys
sys.path.insert(0, sys.argv[1])
sys.dont_write_bytecode = True
import worker
class Context:
    def get_remaining_time_in_millis(self): return int(sys.argv[2])
try:
    answer = worker.handler(json.loads(sys.stdin.buffer.read()), Context())
    print(json.dumps(answer, allow_nan=False))
except Exception as error:
    print(json.dumps({"errorType": type(error).__name__, "errorMessage": str(error)}))
`

// python returns the interpreter of this machine. It skips the test if there is none,
// except in CI.
func python(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("python3")
	switch {
	case err == nil:
		return path
	case os.Getenv("CI") == "true":
		t.Fatal("got no python3 on PATH, expected one: CI tests the worker in Python")
	default:
		t.Skip("needs python3 on PATH")
	}
	return ""
}

func TestPythonWorkerAnswersByTheProtocol(t *testing.T) {
	interpreter := python(t)
	batch := func(about string, items ...string) string {
		var list []string
		for i, item := range items {
			list = append(list, fmt.Sprintf(`{"index": %d, "item": %s}`, 5+i, item))
		}
		return `{"BatchInput": {` + about + `"job": {"name": "Greet", "startedAt": "2026-11-01T02:00:00Z"}, "execution": "arn:x"}, "Items": [` + strings.Join(list, ", ") + `]}`
	}
	const folder = `"outcomes": {"bucket": "b", "prefix": "m/x/outcomes"}, `
	good, bad := `{"customer": "Delta"}`, `{"orderId": "A-1"}`
	many := func(n int, item string) []string { return strings.Split(strings.Repeat(item+"\n", n-1)+item, "\n") }
	for _, test := range []struct {
		name     string
		batch    string
		left     int // milliseconds of the invocation
		expected []string
		raised   string
	}{
		{name: "a batch of one", batch: batch("", good), expected: []string{`SUCCEEDED "Grüezi, Delta!"`}},
		{name: "several", batch: batch(folder, good, good), expected: []string{`SUCCEEDED "Grüezi, Delta!"`, `SUCCEEDED "Grüezi, Delta!"`}},
		{name: "an item that fails", batch: batch(folder, good, bad, good),
			expected: []string{`SUCCEEDED "Grüezi, Delta!"`, `FAILED NobodyToGreet: the order has no customer`, `SUCCEEDED "Grüezi, Delta!"`}},
		{name: "an item that is kept", batch: batch(`"keepItems": true, `, good, bad),
			expected: []string{`SUCCEEDED "Grüezi, Delta!"`, `FAILED NobodyToGreet: the order has no customer {"orderId":"A-1"}`}},
		{name: "an item of another type", batch: batch(folder, `"text"`, good),
			expected: []string{`FAILED AttributeError: 'str' object has no attribute 'get'`, `SUCCEEDED "Grüezi, Delta!"`}},
		{name: "an item that is null", batch: batch(folder, `null`),
			expected: []string{`FAILED AttributeError: 'NoneType' object has no attribute 'get'`}},
		{name: "beyond ASCII", batch: batch(folder, `{"customer": "Zürich Käse 🧀"}`, `{"customer": "日本"}`),
			expected: []string{`SUCCEEDED "Grüezi, Zürich Käse 🧀!"`, `SUCCEEDED "Grüezi, 日本!"`}},
		{name: "time that is up", batch: batch(`"keepItems": true, `, good), left: 1,
			expected: []string{`FAILED MapJob.DeadlineExceeded: the invocation's time was up before the item was started retryable {"customer":"Delta"}`}},
		{name: "a result that is too large", batch: batch(folder, `{"customer": "`+strings.Repeat("x", 240_000)+`"}`, `{"customer": "`+strings.Repeat("y", 6_000)+`"}`),
			expected: []string{`FAILED MapJob.ResultTooLarge: `, `SUCCEEDED "Grüezi, yyy`}},
		{name: "kept items that are too large", batch: batch(`"keepItems": true, `, many(100, `{"note": "`+strings.Repeat("ü", 600)+`"}`)...),
			expected: many(100, `FAILED NobodyToGreet: the order has no customer`)},
		{name: "a later version", batch: batch(`"version": 2, `, good), raised: "MapJob.InvalidInput: got a message of protocol version 2, expected 1"},
		{name: "a chunk", batch: strings.Replace(batch(folder), `"Items": []`, `"Chunk": {"bucket": "b", "key": "c", "first": 0, "count": 2}`, 1),
			raised: "MapJob.InvalidInput: got no Items, expected a batch by value"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if err := checkSchema("batch", []byte(test.batch)); err != nil {
				t.Fatal(err)
			}
			if test.left == 0 {
				test.left = 60_000
			}
			command := exec.Command(interpreter, "-c", callWorker, pythonFolder, strconv.Itoa(test.left))
			command.Stdin = strings.NewReader(test.batch)
			var problems bytes.Buffer
			command.Stderr = &problems
			answer, err := command.Output()
			if err != nil {
				t.Fatalf("%v: %s", err, &problems)
			}
			if test.raised != "" {
				var raised struct{ ErrorType, ErrorMessage string }
				if err := json.Unmarshal(answer, &raised); err != nil || raised.ErrorType+": "+raised.ErrorMessage != test.raised {
					t.Errorf("got %s, expected the error %s", answer, test.raised)
				}
				return
			}
			if err := checkSchema("answer", answer); err != nil {
				t.Fatal(err)
			}
			if len(answer) > protocol.MaxAnswer {
				t.Errorf("got an answer of %d bytes, expected %d at most", len(answer), protocol.MaxAnswer)
			}
			var outcomes []protocol.Outcome
			err = jsonv2.Unmarshal(answer, &outcomes, jsonv2.RejectUnknownMembers(true)) // names of members are case-sensitive
			if err != nil || len(outcomes) != len(test.expected) {
				t.Fatalf("got %.500s (%v), expected %d outcomes", answer, err, len(test.expected))
			}
			for i, o := range outcomes {
				if got := describe(&o); o.Index != 5+i || !strings.HasPrefix(got, test.expected[i]) {
					t.Errorf("got item %d %.200s, expected item %d %s", o.Index, got, 5+i, test.expected[i])
				}
			}
		})
	}
}

// describe returns an outcome as a line.
func describe(o *protocol.Outcome) string {
	compact := func(text []byte) string {
		var plain any
		if json.Unmarshal(text, &plain) != nil {
			return ""
		}
		var line bytes.Buffer
		e := json.NewEncoder(&line)
		e.SetEscapeHTML(false)
		_ = e.Encode(plain)
		return strings.TrimSpace(line.String())
	}
	if o.Status == protocol.Succeeded {
		return string(o.Status) + " " + compact(o.Output)
	}
	line := string(o.Status) + " " + o.Error + ": " + o.Cause
	if o.Retryable {
		line += " retryable"
	}
	return strings.TrimSpace(line + " " + compact(o.Item))
}

// Jobs run the worker in Python, and the report of one that failed is where
// docs/protocol.md says.
func TestPythonWorkerRuns(t *testing.T) {
	python(t)
	s := running.Start(t, func(parent awscdk.Stack) {
		worker := awslambda.NewFunction(parent, jsii.String("Worker"), &awslambda.FunctionProps{
			Runtime: awslambda.Runtime_PYTHON_3_13(),
			Handler: jsii.String("worker.handler"),
			Code:    awslambda.Code_FromAsset(jsii.String(pythonFolder), nil),
		})
		in, input := awss3.NewBucket(parent, jsii.String("In"), nil), &mapjob.InputList{}
		mapjob.New(parent, jsii.String("Greet"), &mapjob.Props{Worker: worker, Source: input, Mode: &mapjob.Distributed{BatchSize: jsii.Number(2)},
			ToleratedFailurePercentage: jsii.Number(50), Overlap: &joblock.Skip{}})
		mapjob.New(parent, jsii.String("Single"), &mapjob.Props{Worker: worker, Source: input, PinVersions: jsii.Bool(true), Mode: &mapjob.Distributed{BatchSize: jsii.Number(1)},
			ToleratedFailurePercentage: jsii.Number(50)})
		mapjob.New(parent, jsii.String("Inline"), &mapjob.Props{Worker: worker, Mode: &mapjob.Inline{}, ToleratedFailurePercentage: jsii.Number(50)})
		mapjob.New(parent, jsii.String("Strict"), &mapjob.Props{Worker: worker, Source: input})
		mapjob.New(parent, jsii.String("Chunks"), &mapjob.Props{Worker: worker, Source: &mapjob.JSONLines{Bucket: in}, Mode: &mapjob.ByReference{}})
	})
	s.Put(t, s.Bucket(t, "In"), "items.jsonl", []byte(`{"customer": "Delta"}`+"\n"+`{"customer": "Zürich 🧀"}`+"\n"))
	const input = `{"items": [{"customer": "Delta"}, {"orderId": "A-1"}, {"customer": "Zürich 🧀"}]}`
	for name, expected := range map[string]string{
		"Greet":  "",
		"Single": "",
		"Inline": "",
		"Strict": "MapJob.TooManyFailures",
		"Chunks": "MapJob.TooManyFailures", // the worker refuses chunks
	} {
		t.Run(name, func(t *testing.T) {
			var mutex sync.Mutex
			batches, input := 0, input
			if name == "Chunks" {
				input = `{"items": {"key": "items.jsonl"}}`
			}
			x := s.Execute(t, name, stack.Execution{Name: "greet", Input: []byte(input), Invoked: func(request *engine.Request, output any, err error) {
				mutex.Lock()
				defer mutex.Unlock()
				if request.StateName != protocol.StateWorker {
					return
				}
				batches++
				if problem := checkSchema("batch", payloadOf(request.Parameters)); problem != nil {
					t.Error(problem)
				}
				if err == nil {
					if problem := checkSchema("answer", payloadOf(output)); problem != nil {
						t.Error(problem)
					}
				}
			}})
			if x.Error != expected {
				t.Fatalf("got %s (%s: %s), expected the error %q", x.Status, x.Error, x.Cause, expected)
			}
			if of, ok := map[string]int{"Greet": 2, "Single": 3, "Inline": 3, "Chunks": 1}[name]; ok && batches != of {
				t.Errorf("got %d batches, expected %d", batches, of)
			}
			if x.Output != nil {
				if err := checkSchema("output", x.Output); err != nil {
					t.Error(err)
				}
				if name == "Inline" && !strings.Contains(string(x.Output), "Grüezi, Zürich 🧀!") {
					t.Errorf("got %s, expected the greeting", x.Output)
				}
				return
			}
			// arn:aws:states:REGION:ACCOUNT:execution:STATE-MACHINE:EXECUTION
			parts := strings.Split(x.ARN, ":")
			text := s.Object(t, s.Bucket(t, name+".Results"), parts[6]+"/"+parts[7]+"/report/report.json")
			if err := checkSchema("report", []byte(text)); err != nil {
				t.Error(err)
			}
			if !strings.Contains(text, `"execution": "`+x.ARN+`"`) {
				t.Errorf("got %s, expected the report of %s", text, x.ARN)
			}
			if name == "Chunks" && !strings.Contains(text, "got no Items, expected a batch by value") {
				t.Errorf("got %s, expected the worker's error", text)
			}
		})
	}
	t.Run("skipped", func(t *testing.T) { skips(t, s) })
}

// skips starts a job twice at once, so that one execution is skipped.
func skips(t *testing.T, s *running.Stack) {
	outputs := make([][]byte, 2)
	var both sync.WaitGroup
	for i := range outputs {
		both.Go(func() {
			outputs[i] = s.Execute(t, "Greet", stack.Execution{Name: fmt.Sprint("at-once-", i), Input: []byte(`{"items": [{"customer": "Delta"}]}`)}).Output
		})
	}
	both.Wait()
	skipped := 0
	for _, output := range outputs {
		if err := checkSchema("output", output); err != nil {
			t.Error(err)
		}
		if bytes.Contains(output, []byte(`"skipped"`)) {
			skipped++
		}
	}
	if skipped != 1 {
		t.Errorf("got the outputs %s, expected one of a skipped execution", outputs)
	}
}

// payloadOf returns the payload of a function, or of its answer.
func payloadOf(of any) []byte {
	object, _ := of.(*value.Object)
	member, _ := object.Get("Payload")
	return value.Append(nil, member)
}
