// Package jobs runs the jobs that constructs/mapjob creates, with real functions,
// and checks how the items ended.
package jobs

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/gofunction"
	"github.com/mapjob/mapjob/constructs/joblock"
	"github.com/mapjob/mapjob/constructs/mapjob"
	"github.com/mapjob/mapjob/constructs/observe"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/stack"
	"github.com/mapjob/mapjob/test/running"
	"github.com/mapjob/mapjob/test/synthesis"
)

func TestMain(m *testing.M) { synthesis.Main(m) }

// jobsOfAllTests adds the jobs of all tests: functions are built once.
func jobsOfAllTests(s awscdk.Stack) {
	function := func(name string) awslambda.Function {
		return gofunction.New(s, jsii.String(name), &gofunction.Props{Entry: jsii.String("test/jobs/" + strings.ToLower(name))})
	}
	worker, teller := function("Worker"), function("Teller")
	in := awss3.NewBucket(s, jsii.String("In"), nil)
	results := awss3.NewBucket(s, jsii.String("Results"), nil)
	job := func(id string, props mapjob.Props) {
		if props.Callback == nil && props.Processor == nil {
			props.Worker = worker
		}
		if _, inline := props.Mode.(*mapjob.Inline); !inline {
			props.ResultsBucket = results
		}
		mapjob.New(s, jsii.String(id), &props)
	}
	tolerant := jsii.Number(100)
	rows := &mapjob.CSV{Bucket: in, Key: jsii.String("items.csv")}
	someRows := &mapjob.CSV{Bucket: in, Key: jsii.String("semicolons.csv"),
		Headers: jsii.Strings("id", "fail"), Delimiter: awsstepfunctions.CsvDelimiter_SEMICOLON, MaxItems: jsii.Number(3)}
	scans := &mapjob.ObjectList{Bucket: in, Prefix: jsii.String("scans/")}

	job("Lines", mapjob.Props{Source: &mapjob.JSONLines{Bucket: in, Key: jsii.String("items.jsonl")}, ToleratedFailurePercentage: tolerant})
	job("FirstLines", mapjob.Props{Source: &mapjob.JSONLines{Bucket: in, Key: jsii.String("items.jsonl"), MaxItems: jsii.Number(2)}, ToleratedFailurePercentage: tolerant})
	job("Array", mapjob.Props{Source: &mapjob.JSON{Bucket: in, Key: jsii.String("items.json")}, ToleratedFailurePercentage: tolerant})
	below := &mapjob.JSON{Bucket: in, Key: jsii.String("orders.json"), ItemsPointer: jsii.String("/days/0/of~1today")}
	job("Below", mapjob.Props{Source: below, ToleratedFailurePercentage: tolerant})
	job("ChunkedBelow", mapjob.Props{Source: below, Mode: &mapjob.ByReference{ChunkSize: jsii.Number(2)}, ToleratedFailurePercentage: tolerant})
	job("Rows", mapjob.Props{Source: rows, ToleratedFailurePercentage: tolerant})
	job("FirstRows", mapjob.Props{Source: someRows, ToleratedFailurePercentage: tolerant})
	job("Objects", mapjob.Props{Source: scans, ToleratedFailurePercentage: tolerant})
	job("Inventory", mapjob.Props{Source: &mapjob.Inventory{Bucket: in, Key: jsii.String("inventory/manifest.json")}, ToleratedFailurePercentage: tolerant})
	job("Input", mapjob.Props{Source: &mapjob.InputList{}, ToleratedFailurePercentage: tolerant})
	job("Named", mapjob.Props{Source: &mapjob.JSONLines{Bucket: in}, ToleratedFailurePercentage: tolerant})
	job("ChunkedRows", mapjob.Props{Source: rows, Mode: &mapjob.ByReference{ChunkSize: jsii.Number(2)}, ToleratedFailurePercentage: tolerant})
	job("ChunkedObjects", mapjob.Props{Source: scans, Mode: &mapjob.ByReference{}, ToleratedFailurePercentage: tolerant})
	job("ChunkedLines", mapjob.Props{Source: &mapjob.JSONLines{Bucket: in}, Mode: &mapjob.ByReference{}, ToleratedFailurePercentage: tolerant})

	job("Own", mapjob.Props{})
	job("OwnChunked", mapjob.Props{Mode: &mapjob.ByReference{}})
	job("Granted", mapjob.Props{Source: &mapjob.JSONLines{InputBuckets: []awss3.IBucket{in}}})
	job("GrantedChunked", mapjob.Props{Source: &mapjob.JSONLines{InputBuckets: []awss3.IBucket{in}}, Mode: &mapjob.ByReference{}})

	list, batchesOf := &mapjob.InputList{}, func(n float64) *mapjob.Distributed { return &mapjob.Distributed{BatchSize: &n} }
	job("Half", mapjob.Props{Source: list, ToleratedFailurePercentage: jsii.Number(50), Mode: batchesOf(4)})
	job("Count", mapjob.Props{Source: list, ToleratedFailureCount: jsii.Number(2), Mode: batchesOf(4)})
	job("Large", mapjob.Props{Source: list, ToleratedFailurePercentage: tolerant, Mode: batchesOf(1000), WorkerRetries: jsii.Number(0)})
	job("Both", mapjob.Props{Source: list, ToleratedFailureCount: jsii.Number(2), ToleratedFailurePercentage: jsii.Number(10)})
	summarized := function("Summary")
	job("Inline", mapjob.Props{Mode: &mapjob.Inline{}, Summary: summarized, ToleratedFailurePercentage: tolerant})
	job("InlineBare", mapjob.Props{Mode: &mapjob.Inline{}, ToleratedFailurePercentage: tolerant})
	jobStart := gofunction.New(s, jsii.String("JobStart"), &gofunction.Props{Entry: jsii.String("test/protocol/jobstart")})
	job("InlineStart", mapjob.Props{Mode: &mapjob.Inline{}, JobStart: jobStart})
	job("InlineStartSummary", mapjob.Props{Mode: &mapjob.Inline{}, JobStart: jobStart, Summary: summarized})
	job("Start", mapjob.Props{JobStart: jobStart})
	job("StartChunked", mapjob.Props{JobStart: jobStart, Mode: &mapjob.ByReference{ChunkSize: jsii.Number(3)}})
	job("Bytes", mapjob.Props{Source: list, Mode: &mapjob.Distributed{BatchBytes: jsii.Number(2000)}})
	job("Express", mapjob.Props{Source: list, Mode: &mapjob.Distributed{BatchSize: jsii.Number(2), Children: mapjob.ExpressChildren},
		WorkerRetries: jsii.Number(0), ToleratedFailurePercentage: tolerant})

	job("Workflow", mapjob.Props{Source: list, Processor: twoStates, Mode: batchesOf(3), ToleratedFailurePercentage: tolerant})
	job("NestedWorkflow", mapjob.Props{Source: list, Processor: nested, ToleratedFailurePercentage: tolerant})
	job("InlineWorkflow", mapjob.Props{Mode: &mapjob.Inline{}, Processor: twoStates, ToleratedFailurePercentage: tolerant})
	payments := &mapjob.Callback{Worker: teller, Timeout: awscdk.Duration_Hours(jsii.Number(6)), Heartbeat: awscdk.Duration_Minutes(jsii.Number(10))}
	job("Payments", mapjob.Props{Source: list, Callback: payments, Mode: batchesOf(2), ToleratedFailurePercentage: tolerant})
	job("InlinePayments", mapjob.Props{Mode: &mapjob.Inline{}, Callback: &mapjob.Callback{Worker: teller}, ToleratedFailurePercentage: tolerant})

	job("InlineKept", mapjob.Props{Mode: &mapjob.Inline{}, Summary: summarized, ResultsBucket: results, ToleratedFailurePercentage: tolerant})
	job("InlineStartKept", mapjob.Props{Mode: &mapjob.Inline{}, JobStart: jobStart, Summary: summarized, ResultsBucket: results, ToleratedFailurePercentage: tolerant})
	job("InlineWorkflowKept", mapjob.Props{Mode: &mapjob.Inline{}, Processor: twoStates, Summary: summarized, ResultsBucket: results, ToleratedFailurePercentage: tolerant})
	job("InlinePaymentsKept", mapjob.Props{Mode: &mapjob.Inline{}, Callback: &mapjob.Callback{Worker: teller}, Summary: summarized, ResultsBucket: results, ToleratedFailurePercentage: tolerant})

	job("Alone", mapjob.Props{Source: list, Overlap: &joblock.Skip{}})
	job("Told", mapjob.Props{Source: list, Notify: observe.NewTopic(s, jsii.String("Topic"), nil), Overlap: &joblock.Skip{}})
}

// twoStates returns a processor of two states that may end in three ways.
func twoStates(scope constructs.Construct) awsstepfunctions.IChainable {
	does := func(what string) awsstepfunctions.Condition {
		return awsstepfunctions.Condition_Jsonata(jsii.String("{% $states.input.item.do = '" + what + "' %}"))
	}
	refused := awsstepfunctions.Fail_Jsonata(scope, jsii.String("Refused"), &awsstepfunctions.FailJsonataProps{
		Error: jsii.String("Refused"), Cause: jsii.String("{% 'item ' & $string($states.input.index) & ' of ' & $states.input.job.name %}"),
	})
	nameless := awsstepfunctions.Fail_Jsonata(scope, jsii.String("Nameless"), nil)
	booked := awsstepfunctions.Pass_Jsonata(scope, jsii.String("Booked"), &awsstepfunctions.PassJsonataProps{
		Outputs: map[string]any{"booked": "{% $states.input.item.id %}"},
	})
	return awsstepfunctions.Choice_Jsonata(scope, jsii.String("Check"), nil).
		When(does("refuse"), refused, nil).When(does("die"), nameless, nil).Otherwise(booked)
}

// nested returns a processor with states inside states.
func nested(scope constructs.Construct) awsstepfunctions.IChainable {
	each := awsstepfunctions.Map_Jsonata(scope, jsii.String("Each"), &awsstepfunctions.MapJsonataProps{
		Items:        awsstepfunctions.ProvideItems_Jsonata(jsii.String("{% [$states.input] %}")),
		ItemSelector: &map[string]any{"index": "{% $states.input.index %}", "item": "{% $states.input.item %}", "job": "{% $states.input.job %}"},
		Outputs:      "{% $states.result[0] %}",
	})
	each.ItemProcessor(awsstepfunctions.Parallel_Jsonata(scope, jsii.String("Both"), nil).Branch(
		twoStates(scope), awsstepfunctions.Pass_Jsonata(scope, jsii.String("Beside"), nil)), nil)
	return each.Next(awsstepfunctions.Pass_Jsonata(scope, jsii.String("Done"), nil))
}

// outcome is a line of the results, without times.
type outcome struct {
	Index  int
	Status string
	Output json.RawMessage
	Error  string
	Cause  string
}

// ended is an execution that has ended, with its results.
type ended struct {
	*engine.Execution
	account struct {
		Total, Succeeded, Failed, Missing int
		Comparison                        *protocol.Comparison // nil if the execution is no rerun
	}
	outcomes []outcome // by index
	failures []string  // the lines of failures.jsonl, in their order
	children int
}

// counter counts the children of Map Runs.
type counter struct{ children int }

func (c *counter) Started(engine.MapRunInfo)     {}
func (c *counter) Counted(string, int)           {}
func (c *counter) ChildStarted(engine.ChildInfo) {}
func (c *counter) ChildDone(engine.ChildResult)  { c.children++ }
func (c *counter) Ended(engine.MapRunResult)     {}

var executions int

// began is when executions start.
var began = time.Date(2026, 11, 1, 2, 0, 0, 0, time.UTC)

// run executes a job on a virtual clock and reads its results. It calls invoked
// after each invocation.
func run(t *testing.T, s *running.Stack, job, input string, invoked ...func(*engine.Request, any, error)) *ended {
	t.Helper()
	executions++
	return runAs(t, s, job, fmt.Sprint("run-", executions), input, invoked...)
}

// runAs is run with the name of the execution.
func runAs(t *testing.T, s *running.Stack, job, name, input string, invoked ...func(*engine.Request, any, error)) *ended {
	t.Helper()
	var seen counter
	e := &ended{Execution: s.Execute(t, job, stack.Execution{
		Name: name, Input: []byte(input), Observer: &seen,
		Invoked: func(request *engine.Request, output any, err error) {
			for _, f := range invoked {
				f(request, output, err)
			}
		},
		Engine: []engine.Option{engine.WithClock(engine.VirtualClock(began))},
	})}
	e.children = seen.children
	results := s.Bucket(t, "Results")
	for key, err := range s.Keys(t.Context(), results, "") {
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(key, "/"+name+"/") {
			continue
		}
		switch {
		case strings.Contains(key, "/results/") && strings.Contains(key, "SUCCEEDED_"), strings.Contains(key, "/outcomes/"):
			for line := range strings.Lines(s.Object(t, results, key)) {
				var o outcome
				if err := json.Unmarshal([]byte(line), &o); err != nil {
					t.Fatalf("%v in %s of %s", err, line, key)
				}
				if o.Status != "" { // else it says where the outcomes are
					e.outcomes = append(e.outcomes, o)
				}
			}
		case strings.HasSuffix(key, "/report/failures.jsonl"):
			e.failures = slices.Collect(strings.Lines(s.Object(t, results, key)))
		}
	}
	slices.SortFunc(e.outcomes, func(a, b outcome) int { return cmp.Compare(a.Index, b.Index) })
	if e.Status == engine.Succeeded && !strings.HasPrefix(strings.TrimSpace(string(e.Output)), "[") {
		if err := json.Unmarshal(e.Output, &e.account); err != nil {
			t.Fatal(err)
		}
	}
	return e
}

// outputs returns the results of the items by index: outputs, or errors and causes.
func (e *ended) outputs() string {
	var list []string
	for _, o := range e.outcomes {
		if o.Status == "SUCCEEDED" {
			list = append(list, string(o.Output))
		} else {
			list = append(list, o.Error+": "+o.Cause)
		}
	}
	return strings.Join(list, "\n")
}
