package engine_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/engine"
)

// start is where virtual time begins in tests.
var start = time.Date(2026, 3, 14, 1, 59, 0, 0, time.UTC)

// run runs a definition on a virtual clock.
func run(t *testing.T, definition, input string, options ...engine.Option) *engine.Execution {
	t.Helper()
	machine, err := asl.Parse([]byte(definition))
	if err != nil {
		t.Fatal(err)
	}
	options = append([]engine.Option{engine.WithSeed(1), engine.WithClock(engine.VirtualClock(start)), engine.WithExecutionName("one")}, options...)
	e, err := engine.New(machine, options...)
	if err != nil {
		t.Fatal(err)
	}
	x, err := e.Run(context.Background(), []byte(input))
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// succeeds checks the output of an execution that has to succeed.
func succeeds(t *testing.T, x *engine.Execution, output string) {
	t.Helper()
	if x.Status != engine.Succeeded || string(x.Output) != output {
		t.Errorf("got %s %s %s %s, expected SUCCEEDED %s", x.Status, x.Output, x.Error, x.Cause, output)
	}
}

const lambda = "arn:aws:states:::lambda:invoke"

// payload answers like a function that returns its payload.
var payload = engine.ImmediateFunc(func(r *engine.Request) engine.Answer { return engine.Answer{Output: r.Parameters} })

func TestDistributedMapReadsBatchesAndWrites(t *testing.T) {
	store := &memory{objects: map[string]string{"in/items.jsonl": "{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n"}}
	x := run(t, `{"QueryLanguage":"JSONata","StartAt":"Map","States":{"Map":{"Type":"Map","End":true,"Label":"Lines",
		"ItemReader":{"Resource":"arn:aws:states:::s3:getObject","ReaderConfig":{"InputType":"JSONL"},"Arguments":{"Bucket":"in","Key":"{% $states.input.key %}"}},
		"ItemSelector":{"index":"{% $states.context.Map.Item.Index %}","item":"{% $states.context.Map.Item.Value %}"},
		"ItemBatcher":{"MaxItemsPerBatch":2,"BatchInput":{"by":"{% $states.context.Execution.Name %}"}},
		"ResultWriter":{"Resource":"arn:aws:states:::s3:putObject","Arguments":{"Bucket":"out","Prefix":"results"},"WriterConfig":{"OutputType":"JSONL","Transformation":"FLATTEN"}},
		"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"EXPRESS"},"StartAt":"Work","States":{
			"Work":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Arguments":"{% $states.input %}","Output":"{% $states.result.Items %}","End":true}}}}}}`,
		`{"key":"items.jsonl"}`, engine.WithObjects(store), engine.WithIntegration(lambda, payload))
	if x.Status != engine.Succeeded {
		t.Fatalf("got %s %s %s, expected SUCCEEDED", x.Status, x.Error, x.Cause)
	}
	var results, manifest string
	for name, body := range store.objects {
		switch {
		case strings.HasSuffix(name, "/SUCCEEDED_0.jsonl"):
			results = body
		case strings.HasSuffix(name, "/manifest.json"):
			manifest = name
		}
	}
	const expected = `{"index":0,"item":{"n":1}}
{"index":1,"item":{"n":2}}
{"index":2,"item":{"n":3}}
`
	if results != expected {
		t.Errorf("got the results\n%s, expected\n%s", results, expected)
	}
	if !strings.Contains(string(x.Output), `"Bucket":"out","Key":"`+strings.TrimPrefix(manifest, "out/")+`"`) {
		t.Errorf("got the output %s, expected the address of %s", x.Output, manifest)
	}
}

func TestVirtualTimeIsThatOfTheWaits(t *testing.T) {
	x := run(t, `{"QueryLanguage":"JSONata","StartAt":"Wait","States":{"Wait":{"Type":"Wait","Seconds":"{% $states.input.s %}","Next":"End"},"End":{"Type":"Succeed"}}}`, `{"s":3600}`)
	if took := x.Stop.Sub(x.Start); took != time.Hour {
		t.Errorf("got an execution of %v, expected 1h", took)
	}
}

func TestRetryBacksOffUpToMaxDelay(t *testing.T) {
	var calls []time.Duration
	failing := engine.ImmediateFunc(func(r *engine.Request) engine.Answer {
		calls = append(calls, r.Now.Sub(start))
		return engine.Answer{Err: &engine.TaskError{Name: "Busy", Cause: "later"}}
	})
	x := run(t, `{"QueryLanguage":"JSONata","StartAt":"Work","States":{"Work":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","End":true,
		"Retry":[{"ErrorEquals":["Busy"],"IntervalSeconds":1,"BackoffRate":3,"MaxAttempts":4,"MaxDelaySeconds":10}]}}}`, `{}`, engine.WithIntegration(lambda, failing))
	expected := []time.Duration{0, 1 * time.Second, 4 * time.Second, 13 * time.Second, 23 * time.Second}
	if len(calls) != len(expected) {
		t.Fatalf("got calls at %v, expected %v", calls, expected)
	}
	for i := range calls {
		if calls[i] != expected[i] {
			t.Fatalf("got calls at %v, expected %v", calls, expected)
		}
	}
	if x.Error != "Busy" || x.Cause != "later" {
		t.Errorf("got %s %s, expected Busy later", x.Error, x.Cause)
	}
}

func TestCancelledContextAborts(t *testing.T) {
	machine, err := asl.Parse([]byte(`{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":60,"End":true}}}`))
	if err != nil {
		t.Fatal(err)
	}
	e, err := engine.New(machine)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	x, err := e.Run(ctx, []byte(`{}`))
	if err != nil || x.Status != engine.Aborted {
		t.Errorf("got %v %v, expected an aborted execution", x, err)
	}
}

func TestNewNamesTheIntegrationsThatAreNotThere(t *testing.T) {
	machine, err := asl.Parse([]byte(`{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::sns:publish","Next":"M"},
		"M":{"Type":"Map","End":true,"ItemReader":{"Resource":"arn:aws:states:::s3:getObject","ReaderConfig":{"InputType":"PARQUET"},"Parameters":{"Bucket":"b","Key":"k"}},
			"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"EXPRESS"},"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	_, err = engine.New(machine)
	for _, expected := range []string{`$.States.T.Resource: got "arn:aws:states:::sns:publish"`, `$.States.M.ItemReader: got a reader`, `$.States.M.ItemReader.ReaderConfig.InputType: got "PARQUET"`} {
		if err == nil || !strings.Contains(err.Error(), expected) {
			t.Errorf("got %v, expected %s", err, expected)
		}
	}
}
