package redriven_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/fault/redriven"
	"github.com/mapjob/mapjob/internal/objects/objectstest"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/results"
	"github.com/mapjob/mapjob/internal/value"
)

const definition = `{"QueryLanguage":"JSONata","StartAt":"M","States":{"M":{"Type":"Map","ToleratedFailurePercentage":100,
	"ItemBatcher":{"MaxItemsPerBatch":2},"ItemSelector":{"index":"{% $states.context.Map.Item.Index %}","item":"{% $states.context.Map.Item.Value %}"},
	"ResultWriter":{"Resource":"arn:aws:states:::s3:putObject","Arguments":{"Bucket":"out","Prefix":"run/results"},"WriterConfig":{"OutputType":"JSONL","Transformation":"FLATTEN"}},
	"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"W","States":{
		"W":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Arguments":{"FunctionName":"worker","Payload":"{% $states.input %}"},"Output":"{% $states.result %}","End":true}}},"End":true}}}`

// runJob runs a job of seven items, of which the fifth fails its batch.
func runJob(t *testing.T, strikes bool) (_ *objectstest.Memory, written []bool) {
	t.Helper()
	machine, err := asl.Parse([]byte(definition))
	if err != nil {
		t.Fatal(err)
	}
	memory := &objectstest.Memory{}
	kept := &redriven.Results{Store: memory,
		Strikes: func(run engine.MapRunInfo) bool { return strikes && run.StateName == "M" },
		Ended:   func(_ engine.MapRunInfo, w bool) { written = append(written, w) },
	}
	worker := engine.IntegrationFunc(func(_ context.Context, r *engine.Request) (any, error) {
		payload, _ := r.Parameters.(*value.Object).Get("Payload")
		items, _ := payload.(*value.Object).Get("Items")
		var outcomes []any
		for _, v := range items.([]any) {
			index, _ := v.(*value.Object).Get("index")
			if index == 4.0 {
				return nil, errors.New("no luck")
			}
			outcomes = append(outcomes, value.NewObject("index", index, "status", "SUCCEEDED"))
		}
		return outcomes, nil
	})
	e, err := engine.New(machine, engine.WithObjects(kept), engine.WithMapObserver(kept.Observer()), engine.WithIntegration("arn:aws:states:::lambda:invoke", worker))
	if err != nil {
		t.Fatal(err)
	}
	x, err := e.Run(t.Context(), []byte(`["a","b","c","d","e","f","g"]`))
	if err != nil || x.Status != engine.Succeeded {
		t.Fatalf("got %+v and %v, expected a job that succeeds", x, err)
	}
	return memory, written
}

func account(t *testing.T, memory *objectstest.Memory) (outcomes []string) {
	t.Helper()
	_, err := results.Reader{Store: store{memory}}.MapRun(t.Context(), protocol.Results{Bucket: "out", Prefix: "run/results"}, func(o protocol.Outcome) error {
		outcomes = append(outcomes, fmt.Sprintf("%d %s %s", o.Index, o.Status, o.Error))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(outcomes)
	return outcomes
}

func TestTheLastResultsOfARedrivenMapRunAreWhole(t *testing.T) {
	plain, _ := runJob(t, false)
	memory, written := runJob(t, true)
	if before, after := account(t, plain), account(t, memory); len(after) != 7 || !slices.Equal(before, after) {
		t.Errorf("got outcomes %q, expected %q, as without redrives", after, before)
	}
	if !slices.Equal(written, []bool{true}) {
		t.Errorf("got %v, expected one Map Run with results", written)
	}
	var manifests, pending int
	for name, body := range memory.Objects {
		switch {
		case strings.HasSuffix(name, "/manifest.json"):
			manifests++
			if last := strings.Contains(name, "/Redrive-10/"); last == strings.Contains(body, `"SUCCEEDED":[]`) {
				t.Errorf("%s: got %s, expected successes in the last one alone", name, body)
			}
			if strings.Contains(name, "/Redrive-10/") && strings.Count(body, "/Redrive-10/") != 2 {
				t.Errorf("got %s, expected the two files of its folder", body)
			}
		case strings.HasSuffix(name, "/PENDING_0.jsonl"):
			pending++
			if n := strings.Count(body, `"Status":"PENDING"`); n != 4 || !strings.Contains(body, `\"item\":\"g\"`) {
				t.Errorf("%s: got %s, expected all four children", name, body)
			}
		}
	}
	if manifests != 3 || pending != 2 {
		t.Errorf("got %d manifests and %d files of pending children, expected 3 and 2", manifests, pending)
	}
}

func TestOtherMapRunsAreWrittenAsTheyAre(t *testing.T) {
	memory, written := runJob(t, false)
	for name := range memory.Objects {
		if strings.Contains(name, "Redrive") {
			t.Errorf("got %s, expected no redrive", name)
		}
	}
	if len(written) != 0 {
		t.Errorf("got %v, expected no Map Run", written)
	}
}

// store lets results be read from memory.
type store struct{ *objectstest.Memory }

func (s store) Keys(ctx context.Context, bucket, prefix string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for object, err := range s.List(ctx, bucket, prefix) {
			if !yield(object.Key, err) {
				return
			}
		}
	}
}
