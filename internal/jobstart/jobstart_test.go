package jobstart_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/jobstart"
	"github.com/mapjob/mapjob/internal/value"
)

// objects keeps objects by their keys.
type objects map[string]string

func (o objects) Open(_ context.Context, _, key string) (io.ReadCloser, error) {
	text, ok := o[key]
	if !ok {
		return nil, fmt.Errorf("%s: %w", key, engine.ErrNoObject)
	}
	return io.NopCloser(strings.NewReader(text)), nil
}

func (o objects) List(context.Context, string, string) iter.Seq2[engine.ObjectInfo, error] {
	return func(func(engine.ObjectInfo, error) bool) {}
}

func (o objects) Create(_ context.Context, _, key string) (io.WriteCloser, error) {
	return &object{objects: o, key: key}, nil
}

type object struct {
	bytes.Buffer
	objects objects
	key     string
}

func (o *object) Close() error {
	o.objects[o.key] = o.String()
	return nil
}

// stored stores the items 0 to n-1.
func stored(t *testing.T, o objects, n int) *jobstart.Items {
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

// job is a job with a first state and a Map.
func job(t *testing.T, first, processor string) *asl.StateMachine {
	t.Helper()
	m, err := asl.Parse(fmt.Appendf(nil, `{"QueryLanguage": "JSONata", "StartAt": %q, "States": {%q: {"Type": "Pass", "Next": "Map"}, "Map": {"Type": "Map", "End": true,
		"ItemProcessor": {"ProcessorConfig": %s, "StartAt": "Worker", "States": {"Worker": {"Type": "Pass", "End": true}}}}}}`, first, first, processor))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

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
	o := objects{}
	invoke := engine.IntegrationFunc(func(context.Context, *engine.Request) (any, error) { return "invoked", nil })
	for processor, expected := range map[string]string{
		distributed: `{"Payload":{"items":{"bucket":"mapjob-items","key":"items.jsonl","count":5}},"StatusCode":200}`,
		inline:      `{"Payload":{"items":[0,1,2,3,4]},"StatusCode":200}`,
	} {
		input, call, err := stored(t, o, 5).Feed(t.Context(), job(t, "JobStart", processor), invoke)
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
	input, _, err := stored(t, objects{}, 2).Feed(t.Context(), job(t, "ReadInput", inline), nil)
	if diff := cmp.Diff(`{"items":[0,1]}`, string(input)); err != nil || diff != "" {
		t.Errorf("got error %v and input (-expected +got):\n%s", err, diff)
	}
}

func TestItemsAreStoredInChunks(t *testing.T) {
	o := objects{}
	_, call, err := stored(t, o, 5).Feed(t.Context(), job(t, "JobStart", distributed), nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(`{"Payload":{"items":{"bucket":"mapjob-items","key":"chunks.jsonl","count":5,"chunked":true}},"StatusCode":200}`, ask(t, call, "JobStart", 2)); diff != "" {
		t.Errorf("answer (-expected +got):\n%s", diff)
	}
	delete(o, "items.jsonl")
	if diff := cmp.Diff(objects{
		"chunks/000000000000.jsonl": "0\n1\n",
		"chunks/000000000002.jsonl": "2\n3\n",
		"chunks/000000000004.jsonl": "4\n",
		"chunks.jsonl": `{"bucket":"mapjob-items","key":"chunks/000000000000.jsonl","first":0,"count":2}
{"bucket":"mapjob-items","key":"chunks/000000000002.jsonl","first":2,"count":2}
{"bucket":"mapjob-items","key":"chunks/000000000004.jsonl","first":4,"count":1}
`,
	}, o); diff != "" {
		t.Errorf("objects (-expected +got):\n%s", diff)
	}
}

func TestOnlyJobsTakeItems(t *testing.T) {
	m, err := asl.Parse([]byte(`{"StartAt": "Other", "States": {"Other": {"Type": "Succeed"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := stored(t, objects{}, 1).Feed(t.Context(), m, nil); err == nil || !strings.Contains(err.Error(), "has no state Map, expected one that constructs/mapjob makes") {
		t.Errorf("got %v, expected the state machine to be refused", err)
	}
}
