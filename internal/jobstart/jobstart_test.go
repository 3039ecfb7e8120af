package jobstart_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/jobstart"
	"github.com/mapjob/mapjob/internal/objects/objectstest"
	"github.com/mapjob/mapjob/internal/value"
)

// stored stores the items 0 to n-1.
func stored(t *testing.T, o *objectstest.Memory, n int) *jobstart.Items {
	t.Helper()
	items, err := jobstart.Store(t.Context(), o, func(yield func(json.RawMessage, error) bool) {
		for i := range n {
			if !yield(fmt.Appendf(nil, `%d`, i), nil) {
				return
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return items
}

const (
	distributed = `{"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}`
	inline      = `{"Mode": "INLINE"}`
)

// job returns a job with a first state, which may assign variables, and a Map.
func job(t *testing.T, first, processor string) *asl.StateMachine {
	t.Helper()
	reader := jsonLines
	if processor == inline {
		reader = ""
	}
	return jobThatReads(t, first, "{}", processor, reader)
}

func jobThatReads(t *testing.T, first, assign, processor, reader string) *asl.StateMachine {
	t.Helper()
	m, err := asl.Parse(fmt.Appendf(nil, `{"QueryLanguage": "JSONata", "StartAt": %q, "States": {%q: {"Type": "Pass", "Assign": %s, "Next": "Map"}, "Map": {"Type": "Map", "End": true, %s
		"ItemProcessor": {"ProcessorConfig": %s, "StartAt": "Worker", "States": {"Worker": {"Type": "Pass", "End": true}}}}}}`, first, first, assign, reader, processor))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

const jsonLines = `"ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {"InputType": "JSONL"}, "Arguments": {"Bucket": "{% $items.bucket %}", "Key": "{% $items.key %}"}},`

func ask(t *testing.T, call engine.IntegrationFunc, state string, chunkSize int) string {
	t.Helper()
	answer, err := call(t.Context(), &engine.Request{StateName: state,
		Parameters: value.NewObject("Payload", value.NewObject("chunkSize", float64(chunkSize)))})
	if err != nil {
		t.Fatal(err)
	}
	return value.Text(answer)
}

func TestItemsAreTheAnswerOfTheJobStart(t *testing.T) {
	o := &objectstest.Memory{}
	invoke := engine.IntegrationFunc(func(context.Context, *engine.Request) (any, error) { return "invoked", nil })
	for processor, expected := range map[string]string{
		distributed: `{"Payload":{"items":{"bucket":"mapjob-items","key":"items.jsonl","count":5}},"StatusCode":200}`,
		inline:      `{"Payload":{"items":[0,1,2,3,4]},"StatusCode":200}`,
	} {
		input, call, err := stored(t, o, 5).Feed(t.Context(), job(t, "JobStart", processor), "Job", invoke)
		if err != nil || input != nil {
			t.Fatalf("got input %s and error %v, expected the input to stay", input, err)
		}
		if diff := cmp.Diff(expected, ask(t, call, "JobStart", 0)); diff != "" {
			t.Errorf("%s (-expected +got):\n%s", processor, diff)
		}
		if got := ask(t, call, "Worker", 0); got != `"invoked"` {
			t.Errorf("got %s, expected other functions to be invoked", got)
		}
	}
}

func TestItemsAreTheInputOfAJobWithoutJobStart(t *testing.T) {
	input, _, err := stored(t, &objectstest.Memory{}, 2).Feed(t.Context(), job(t, "ReadInput", inline), "Job", nil)
	if diff := cmp.Diff(`{"items":[0,1]}`, string(input)); err != nil || diff != "" {
		t.Errorf("got error %v and input (-expected +got):\n%s", err, diff)
	}
}

func TestItemsAreStoredInChunks(t *testing.T) {
	o := &objectstest.Memory{}
	_, call, err := stored(t, o, 5).Feed(t.Context(), job(t, "JobStart", distributed), "Job", nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(`{"Payload":{"items":{"bucket":"mapjob-items","key":"chunks.jsonl","count":5,"chunked":true}},"StatusCode":200}`, ask(t, call, "JobStart", 2)); diff != "" {
		t.Errorf("answer (-expected +got):\n%s", diff)
	}
	delete(o.Objects, "mapjob-items/items.jsonl")
	if diff := cmp.Diff(map[string]string{
		"mapjob-items/chunks/000000000000.jsonl": "0\n1\n",
		"mapjob-items/chunks/000000000002.jsonl": "2\n3\n",
		"mapjob-items/chunks/000000000004.jsonl": "4\n",
		"mapjob-items/chunks.jsonl": `{"bucket":"mapjob-items","key":"chunks/000000000000.jsonl","first":0,"count":2}
{"bucket":"mapjob-items","key":"chunks/000000000002.jsonl","first":2,"count":2}
{"bucket":"mapjob-items","key":"chunks/000000000004.jsonl","first":4,"count":1}
`,
	}, o.Objects); diff != "" {
		t.Errorf("objects (-expected +got):\n%s", diff)
	}
}

func TestOnlyJobsTakeItems(t *testing.T) {
	m, err := asl.Parse([]byte(`{"StartAt": "Other", "States": {"Other": {"Type": "Succeed"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := stored(t, &objectstest.Memory{}, 1).Feed(t.Context(), m, "Job", nil); err == nil || !strings.Contains(err.Error(), "has no state Map, expected one that constructs/mapjob makes") {
		t.Errorf("got %v, expected the state machine to be refused", err)
	}
}

func TestItemsAreStoredAsTheMapReadsThem(t *testing.T) {
	const (
		ofInput  = `{"items": "{% $states.input.items %}", "results": {"bucket": "results", "prefix": "{% $states.context.StateMachine.Name & '/' & $states.context.Execution.Name %}"}}`
		ofBucket = `{"items": "{% $merge([$states.input.items, {'bucket': 'orders'}]) %}"}`
		ofKey    = `{"items": {"bucket": "orders", "key": "today.json"}}`
		array    = "[0\n,1\n,2\n]"
	)
	json := strings.Replace(jsonLines, "JSONL", "JSON", 1)
	below := strings.Replace(jsonLines, `"JSONL"`, `"JSON", "ItemsPointer": "/a~1b/0/~0\""`, 1)
	for name, c := range map[string]struct {
		assign, reader, input string
		stored                map[string]string
	}{
		"JSON Lines":           {ofInput, jsonLines, `{"items":{"bucket":"results","key":"Job/items.jsonl","prefix":"Job/items.jsonl","count":3}}`, map[string]string{"results/Job/items.jsonl": "0\n1\n2\n"}},
		"JSON":                 {ofInput, json, `{"items":{"bucket":"results","key":"Job/items.json","prefix":"Job/items.json","count":3}}`, map[string]string{"results/Job/items.json": array}},
		"below a pointer":      {ofKey, below, `{"items":{"bucket":"mapjob-items","key":"items.json","prefix":"items.json","count":3}}`, map[string]string{"orders/today.json": `{"a/b":{"0":{"~\"":` + array + `}}}`}},
		"of a bucket":          {ofBucket, jsonLines, `{"items":{"bucket":"mapjob-items","key":"items.jsonl","prefix":"items.jsonl","count":3}}`, map[string]string{"orders/items.jsonl": "0\n1\n2\n"}},
		"of one object":        {ofKey, json, `{"items":{"bucket":"mapjob-items","key":"items.json","prefix":"items.json","count":3}}`, map[string]string{"orders/today.json": array}},
		"the list of an input": {ofInput, "", `{"items":[0,1,2]}`, map[string]string{}},
	} {
		o := &objectstest.Memory{}
		input, _, err := stored(t, o, 3).Feed(t.Context(), jobThatReads(t, "ReadInput", c.assign, distributed, c.reader), "Job", nil)
		c.stored["mapjob-items/items.jsonl"] = "0\n1\n2\n"
		if diff := cmp.Diff(c.stored, o.Objects); err != nil || diff != "" || string(input) != c.input {
			t.Errorf("%s: got error %v, input %s, expected %s, and objects (-expected +got):\n%s", name, err, input, c.input, diff)
		}
	}
	for reader, expected := range map[string]string{
		strings.Replace(jsonLines, `"JSONL"`, `"CSV", "CSVHeaderLocation": "FIRST_ROW"`, 1):                                                    "reads CSV, expected JSON Lines or JSON",
		`"ItemReader": {"Resource": "arn:aws:states:::s3:listObjectsV2", "Arguments": {"Bucket": "orders", "Prefix": "{% $items.prefix %}"}},`: "reads a list of objects, expected JSON Lines or JSON",
	} {
		_, _, err := stored(t, &objectstest.Memory{}, 3).Feed(t.Context(), jobThatReads(t, "ReadInput", ofInput, distributed, reader), "Job", nil)
		if err == nil || !strings.Contains(err.Error(), expected) {
			t.Errorf("got %v, expected that the job's Map %s", err, expected)
		}
	}
}

func TestWhatCouldNotBeStoredIsGivenUp(t *testing.T) {
	o := &objectstest.Memory{}
	_, err := jobstart.Store(t.Context(), o, func(yield func(json.RawMessage, error) bool) {
		_ = yield([]byte(`1`), nil) && yield(nil, errors.New("line 2 is broken"))
	})
	if err == nil || len(o.Objects) > 0 {
		t.Errorf("got error %v and objects %v, expected no object of half the items", err, o.Objects)
	}

	items := stored(t, o, 3)
	o.Objects["mapjob-items/items.jsonl"] = "0\n1\n" // the third is lost
	_, call, err := items.Feed(t.Context(), job(t, "JobStart", distributed), "Job", nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = call(t.Context(), &engine.Request{StateName: "JobStart", Parameters: value.NewObject("Payload", value.NewObject("chunkSize", 2.0))})
	delete(o.Objects, "mapjob-items/items.jsonl")
	if diff := cmp.Diff(map[string]string{"mapjob-items/chunks/000000000000.jsonl": "0\n1\n"}, o.Objects); err == nil || diff != "" {
		t.Errorf("got error %v and objects (-expected +got):\n%s", err, diff)
	}
}
