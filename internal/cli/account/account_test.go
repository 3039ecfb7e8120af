package account

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/mapjob/mapjob/internal/cli/terminal"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/engine/event"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/value"
	"github.com/mapjob/mapjob/job/report"
)

// store has objects by their keys, in any bucket.
type store map[string]string

func (s store) Open(_ context.Context, _, key string) (io.ReadCloser, error) {
	text, ok := s[key]
	if !ok {
		return nil, errors.New("s3://bucket/" + key + ": no such object")
	}
	return io.NopCloser(strings.NewReader(text)), nil
}

func (s store) Keys(_ context.Context, _, prefix string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for _, key := range slices.Sorted(maps.Keys(s)) {
			if strings.HasPrefix(key, prefix) && !yield(key, nil) {
				return
			}
		}
	}
}

func parse(t *testing.T, text string) any {
	t.Helper()
	v, err := value.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// batch returns the input of a worker with two items.
func batch(first int) string {
	return fmt.Sprintf(`{"BatchInput": {"execution": "arn"}, "Items": [{"index": %d, "item": 1}, {"index": %d, "item": 2}]}`, first, first+1)
}

func TestEachItemOfAMapRunIsCountedOnce(t *testing.T) {
	folder := t.TempDir()
	a, err := Create(folder, store{
		"outcomes/000000000000.jsonl":        `{"index": 0, "status": "SUCCEEDED"}` + "\n" + `{"index": 1, "status": "FAILED", "error": "Bad"}`,
		"outcomes/000000000002/a-0000.jsonl": `{"index": 2, "status": "FAILED", "error": "Busy", "retryable": true}`,
		"outcomes/000000000002/b-0000.jsonl": `{"index": 2, "status": "SUCCEEDED"}`,
	})
	if err != nil {
		t.Fatal(err)
	}
	a.Started(engine.MapRunInfo{})
	a.Announce(20)
	for _, child := range []struct {
		first                  int
		status                 engine.Status
		input, output, failure string
	}{
		{0, engine.Succeeded, batch(0), `[{"outcomes": {"bucket": "bucket", "key": "outcomes/000000000000.jsonl"}, "succeeded": 1, "failed": 1}]`, ""},
		{2, engine.Failed, `{"BatchInput": {"execution": "arn", "outcomes": {"bucket": "bucket", "prefix": "outcomes"}},
			"Chunk": {"bucket": "bucket", "key": "chunk", "first": 2, "count": 2}}`, `null`, "Crash"},
		{4, engine.Failed, batch(4), `null`, "Crash"},
		{6, engine.Succeeded, batch(6), `"nonsense"`, ""},
		{8, engine.Succeeded, `{"Items": [1, 2]}`, `"not the answer of a job's worker"`, ""},
		{10, engine.Failed, `{"Items": [1, 2]}`, `null`, "Other"},
		{0, engine.Failed, batch(0), `null`, "Late"},
	} {
		a.ChildDone(engine.ChildResult{First: child.first, Items: 2, Status: child.status, Stop: time.UnixMilli(1773453607000),
			Input: parse(t, child.input), Output: parse(t, child.output), Error: child.failure})
	}
	if diff := cmp.Diff(terminal.Counts{Total: 20, Done: 12, Failed: 8}, a.Counts()); diff != "" {
		t.Errorf("counts (-expected +got):\n%s", diff)
	}
	a.Ended(engine.MapRunResult{Status: engine.Succeeded})
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	r := a.Report("Job", &engine.Execution{})
	if diff := cmp.Diff(report.Items{Total: 20, Succeeded: 4, Failed: 8, Missing: 8}, r.Items); diff != "" {
		t.Errorf("items (-expected +got):\n%s", diff)
	}
	counts := map[string]int{}
	for _, e := range r.Errors {
		counts[e.Name] = e.Count
	}
	if diff := cmp.Diff(map[string]int{"Bad": 1, "Crash": 3, "MapJob.InvalidResult": 2, "Other": 2}, counts); diff != "" {
		t.Errorf("errors (-expected +got):\n%s", diff)
	}
	text, err := os.ReadFile(filepath.Join(folder, protocol.ResultsFile))
	if err != nil || strings.Count(string(text), "\n") != 12 || !strings.Contains(string(text), `{"index":2,"status":"SUCCEEDED"}`+"\n") {
		t.Errorf("got error %v and\n%s\nexpected one outcome of each of 12 items, the best of item 2", err, text)
	}
	if n := strings.Count(string(text), `"batchEndedAt":1773453607000`); n != 7 {
		t.Errorf("got the end of their batch for %d items, expected it for the 7 whose batch failed as a whole:\n%s", n, text)
	}
	checkFailures(t, folder, "2\n1\n2\n1\n2\n1\n2\n", `{"index":1,"error":"Bad"}
{"index":4,"error":"Crash"}
{"index":5,"error":"Crash"}
{"index":6,"error":"MapJob.InvalidResult"}
{"index":7,"error":"MapJob.InvalidResult"}
{"index":10,"error":"Other"}
{"index":11,"error":"Other"}
`)
	if expected := "failures.jsonl lacks 1 of 8 items that failed (MapJob.ItemUnknown): their outcomes do not carry them."; !slices.Equal(r.Notes, []string{expected}) {
		t.Errorf("got %q, expected %q", r.Notes, expected)
	}
}

// checkFailures checks the items that failed, and their errors.
func checkFailures(t *testing.T, folder, items, errors string) {
	t.Helper()
	for name, expected := range map[string]string{protocol.FailuresFile: items, protocol.FailuresErrorsFile: errors} {
		if got, err := os.ReadFile(filepath.Join(folder, name)); string(got) != expected || err != nil {
			t.Errorf("%s: got error %v and\n%s\nexpected\n%s", name, err, got, expected)
		}
	}
}

func TestARunWithoutFailedItemsHasNoFileOfThem(t *testing.T) {
	folder := t.TempDir()
	a, err := Create(folder, store{})
	if err != nil {
		t.Fatal(err)
	}
	a.ChildDone(engine.ChildResult{Status: engine.Succeeded, Items: 1, Input: parse(t, `{}`)})
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if files, err := filepath.Glob(filepath.Join(folder, "failures*")); len(files) > 0 || err != nil {
		t.Errorf("got %q and error %v, expected none", files, err)
	}
}

// The history of an Inline job says which items were started, and what they are.
func TestInlineItemsThatWereStoppedAreAborted(t *testing.T) {
	folder := t.TempDir()
	a, err := Create(folder, store{})
	if err != nil {
		t.Fatal(err)
	}
	a.Announce(4)
	happened := func(kind event.Type, data event.Data) { a.Happened(event.Event{Type: kind, Data: data}) }
	happened(event.MapStateEntered, event.Data{Name: protocol.StateMap})
	for index := range 3 {
		happened(event.MapIterationStarted, event.Data{Name: protocol.StateMap, Index: index})
		happened(event.PassStateEntered, event.Data{Name: "First", Value: parse(t, fmt.Sprintf(`{"Items": [{"index": %d, "item": {"n": %d}}]}`, index, index))})
	}
	happened(event.PassStateEntered, event.Data{Name: "Second", Value: parse(t, `{"Items": [{"index": 1, "item": "another"}]}`)})
	happened(event.PassStateEntered, event.Data{Name: "Second", Value: parse(t, `{"Items": [{"index": 3, "item": "not started"}]}`)})
	a.Invoked(&engine.Request{StateName: protocol.StateWorker, Parameters: value.NewObject("Payload", parse(t, `{"Items": [{"index": 0, "item": {"n": 0}}]}`))},
		value.NewObject("Payload", parse(t, `[{"index": 0, "status": "SUCCEEDED"}]`)), nil)
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	// The function of an item that was stopped may still answer.
	a.Invoked(&engine.Request{StateName: protocol.StateWorker, Parameters: value.NewObject("Payload", parse(t, `{"Items": [{"index": 1, "item": {"n": 1}}]}`))},
		value.NewObject("Payload", parse(t, `[{"index": 1, "status": "SUCCEEDED"}]`)), nil)
	happened(event.MapIterationStarted, event.Data{Name: protocol.StateMap, Index: 3})
	a.ChildDone(engine.ChildResult{First: 3, Items: 1, Status: engine.Succeeded, Input: parse(t, `{}`)})
	checkFailures(t, folder, `{"n":1}`+"\n"+`{"n":2}`+"\n", `{"index":1,"error":"MapJob.Aborted"}`+"\n"+`{"index":2,"error":"MapJob.Aborted"}`+"\n")
	r := a.Report("Job", &engine.Execution{})
	counts := map[string]int{}
	for _, e := range r.Errors {
		counts[e.Name] = e.Count
	}
	if diff := cmp.Diff(map[string]int{"MapJob.Aborted": 2, "MapJob.NotStarted": 1}, counts); diff != "" {
		t.Errorf("errors (-expected +got):\n%s", diff)
	}
}

func TestChildrenOfAnyMapThatWereStoppedAreAborted(t *testing.T) {
	for _, input := range []string{batch(0), `{"Items": [1, 2]}`} {
		folder := t.TempDir()
		a, err := Create(folder, store{})
		if err != nil {
			t.Fatal(err)
		}
		a.ChildDone(engine.ChildResult{Items: 2, Status: engine.Aborted, Input: parse(t, input)})
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
		checkFailures(t, folder, "1\n2\n", `{"index":0,"error":"MapJob.Aborted"}`+"\n"+`{"index":1,"error":"MapJob.Aborted"}`+"\n")
	}
}

func TestItemsOfAMapThatEndsEarlyAreNotStarted(t *testing.T) {
	const notStarted = `"status":"FAILED","error":"MapJob.NotStarted","cause":"the Map ended before the item was started","retryable":true}` + "\n"
	for name, do := range map[string]func(*Account){
		"Distributed": func(a *Account) {
			a.Started(engine.MapRunInfo{})
			a.Announce(4)
			a.ChildDone(engine.ChildResult{First: 0, Items: 2, Status: engine.Failed, Input: parse(t, batch(0)), Error: "Crash"})
			a.Ended(engine.MapRunResult{Status: engine.Failed})
		},
		"Inline": func(a *Account) {
			a.Announce(4)
			a.Happened(event.Event{Type: event.MapStateEntered, Data: event.Data{Name: protocol.StateMap}})
			for index := range 2 {
				a.Invoked(&engine.Request{StateName: protocol.StateWorker, Parameters: value.NewObject("Payload", parse(t, fmt.Sprintf(`{"Items": [{"index": %d}]}`, index)))},
					nil, &engine.TaskError{Name: "Crash"})
			}
		},
	} {
		folder := t.TempDir()
		a, err := Create(folder, store{})
		if err != nil {
			t.Fatal(err)
		}
		do(a)
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(report.Items{Total: 4, Failed: 4}, a.Report("Job", &engine.Execution{}).Items); diff != "" {
			t.Errorf("%s: items (-expected +got):\n%s", name, diff)
		}
		text, err := os.ReadFile(filepath.Join(folder, protocol.ResultsFile))
		if err != nil || strings.Count(string(text), "\n") != 4 || !strings.HasSuffix(string(text), `{"index":2,`+notStarted+`{"index":3,`+notStarted) {
			t.Errorf("%s: got error %v and\n%s\nexpected that items 2 and 3 were not started", name, err, text)
		}
	}
}

func TestALostObjectIsAnError(t *testing.T) {
	a, err := Create(t.TempDir(), store{})
	if err != nil {
		t.Fatal(err)
	}
	a.ChildDone(engine.ChildResult{Status: engine.Succeeded, Items: 2, Input: parse(t, batch(0)),
		Output: parse(t, `[{"outcomes": {"bucket": "bucket", "key": "gone"}, "succeeded": 2, "failed": 0}]`)})
	if err := a.Close(); err == nil || !strings.Contains(err.Error(), "s3://bucket/gone") {
		t.Errorf("got %v, expected an error that names the object", err)
	}
}

func TestAnOutcomeOfAnImpossibleItemFailsItsBatch(t *testing.T) {
	a, err := Create(t.TempDir(), store{})
	if err != nil {
		t.Fatal(err)
	}
	a.ChildDone(engine.ChildResult{First: 0, Items: 2, Status: engine.Succeeded, Input: parse(t, batch(0)),
		Output: parse(t, `[{"index": 9000000000000000, "status": "SUCCEEDED"}]`)})
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	r := a.Report("nightly", &engine.Execution{})
	if r.Items.Failed != 2 || len(r.Errors) != 1 || r.Errors[0].Name != protocol.ErrorInvalidResult {
		t.Errorf("got %+v, expected both items to fail with %s", r, protocol.ErrorInvalidResult)
	}
}

func TestTheLastTryOfAnInlineItemCounts(t *testing.T) {
	a, err := Create(t.TempDir(), store{})
	if err != nil {
		t.Fatal(err)
	}
	one := func(index int, output string, err error) {
		r := &engine.Request{StateName: "Worker", Parameters: value.NewObject("Payload", parse(t, fmt.Sprintf(`{"BatchInput": {}, "Items": [{"index": %d, "item": 1}]}`, index)))}
		a.Invoked(r, value.NewObject("Payload", parse(t, output)), err)
	}
	a.Invoked(&engine.Request{StateName: "JobStart"}, value.NewObject("Payload", parse(t, `{"items": [1, 2, 3]}`)), nil)
	one(0, `[{"index": 0, "status": "SUCCEEDED"}]`, nil)
	one(1, `null`, &engine.TaskError{Name: "Crash", Cause: `{"errorMessage": "out of memory"}`})
	one(1, `[{"index": 1, "status": "SUCCEEDED"}]`, nil)
	one(2, `null`, &engine.TaskError{Name: "Crash", Cause: `{"errorMessage": "out of memory"}`})
	a.Invoked(&engine.Request{StateName: "Summary"}, value.NewObject("Payload", parse(t, `{"total": 3, "report": {"bucket": "b", "prefix": "p"}}`)), nil)
	if diff := cmp.Diff(terminal.Counts{Total: 3, Done: 3, Failed: 1}, a.Counts()); diff != "" {
		t.Errorf("counts (-expected +got):\n%s", diff)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]report.Failure{{Index: 2, Error: "Crash", Cause: "out of memory"}}, a.Report("Job", &engine.Execution{}).Failures); diff != "" {
		t.Errorf("failures (-expected +got):\n%s", diff)
	}
	if at := a.SummaryReport(); at == nil || at.Prefix != "p" {
		t.Errorf("got %v, expected where the summary wrote its report", at)
	}
}
