package results_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/results"
)

// bucket is a store with one bucket, "results": texts by their keys.
type bucket map[string]string

func (b bucket) Open(_ context.Context, name, key string) (io.ReadCloser, error) {
	text, ok := b[key]
	if name != "results" || !ok {
		return nil, fmt.Errorf("s3://%s/%s: no such object%w", name, key, noObject{})
	}
	return io.NopCloser(strings.NewReader(text)), nil
}

// noObject is fs.ErrNotExist without its text.
type noObject struct{}

func (noObject) Error() string     { return "" }
func (noObject) Is(err error) bool { return err == fs.ErrNotExist }

func (b bucket) Keys(_ context.Context, _, prefix string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for _, key := range slices.Sorted(maps.Keys(b)) {
			if strings.HasPrefix(key, prefix) && !yield(key, nil) {
				return
			}
		}
	}
}

// collect returns outcomes in short, in the order of their indexes, such as
// "3 FAILED Busy".
func collect(t *testing.T, read func(results.Yield) error) []string {
	t.Helper()
	var got []protocol.Outcome
	if err := read(func(o protocol.Outcome) error { got = append(got, o); return nil }); err != nil {
		t.Fatalf("got error %v", err)
	}
	slices.SortStableFunc(got, func(a, b protocol.Outcome) int { return a.Index - b.Index })
	var short []string
	for _, o := range got {
		short = append(short, strings.TrimSpace(fmt.Sprint(o.Index, " ", o.Status, " ", o.Error)))
	}
	return short
}

func equal(t *testing.T, got []string, expected ...string) {
	t.Helper()
	if !slices.Equal(got, expected) {
		t.Errorf("got %q, expected %q", got, expected)
	}
}

// chunkInput is the input of a child execution, with a chunk of items 10 to 12.
const chunkInput = `{"BatchInput": {"outcomes": {"bucket": "results", "prefix": "outcomes"}}, "Chunk": {"bucket": "results", "key": "chunk", "first": 10, "count": 3}}`

func child(status, input, name string) string {
	text, _ := json.Marshal(results.Child{Status: status, Input: input, Error: name})
	return string(text) + "\n"
}

func TestAMapRunYieldsTheOutcomesOfAllItsFiles(t *testing.T) {
	t.Parallel()
	b := bucket{
		"run/1/manifest.json": `{"DestinationBucket": "results", "ResultFiles": {
			"SUCCEEDED": [{"Key": "s"}], "FAILED": [{"Key": "f"}, {"Key": "array"}], "PENDING": [{"Key": "p"}]}}`,
		"s":                           `{"index": 0, "status": "SUCCEEDED", "output": 1}` + "\n" + `{"outcomes": {"bucket": "results", "key": "outcomes/000000000001.jsonl"}, "succeeded": 1, "failed": 1}`,
		"f":                           child("FAILED", `{"Items": [{"index": 3, "item": "x"}]}`, "Crash") + child("ABORTED", `{"Items": [{"index": 4, "item": "x"}]}`, ""),
		"array":                       "[" + strings.TrimSpace(child("TIMED_OUT", `{"Items": [{"index": 5, "item": "x"}]}`, "")) + "]",
		"p":                           child("", `{"Items": [{"index": 6, "item": "x"}]}`, ""),
		"outcomes/000000000001.jsonl": `{"index": 1, "status": "SUCCEEDED"}` + "\n" + `{"index": 2, "status": "FAILED", "error": "Bad"}`,
	}
	expected := []string{"0 SUCCEEDED", "1 SUCCEEDED", "2 FAILED Bad", "3 FAILED Crash", "4 FAILED MapJob.Aborted", "5 FAILED States.Timeout", "6 FAILED MapJob.NotStarted"}
	for name, at := range map[string]string{"by its manifest": `{"bucket": "results", "prefix": "run", "manifest": "run/1/manifest.json"}`, "by its folder": `{"bucket": "results", "prefix": "run"}`} {
		t.Run(name, func(t *testing.T) {
			equal(t, collect(t, func(y results.Yield) error {
				_, err := results.Reader{Store: b}.Results(t.Context(), json.RawMessage(at), y)
				return err
			}), expected...)
		})
	}
}

// Two tries of a chunk: the second one mended item 11, and item 12 was never
// done.
var tries = bucket{
	"outcomes/000000000010/one-0000.jsonl": `{"index": 10, "status": "SUCCEEDED"}` + "\n" + `{"index": 11, "status": "FAILED", "error": "Busy", "retryable": true}`,
	"outcomes/000000000010/two-0000.jsonl": `{"index": 10, "status": "FAILED", "error": "Late"}` + "\n" + `{"index": 11, "status": "SUCCEEDED"}`,
}

func TestAFailedChildKeepsWhatItsChunkHasStored(t *testing.T) {
	t.Parallel()
	r := results.Reader{Store: tries}
	equal(t, collect(t, func(y results.Yield) error {
		return r.FailedChild(t.Context(), results.Child{Input: chunkInput, Error: "Crash"}, y)
	}), "10 SUCCEEDED", "11 SUCCEEDED", "12 FAILED Crash")
	equal(t, collect(t, func(y results.Yield) error {
		return r.FailedChild(t.Context(), results.Child{Input: `{"Items": [{"index": 7, "item": 1}, {"index": 8, "item": 2}]}`, Error: "Crash"}, y)
	}), "7 FAILED Crash", "8 FAILED Crash")
}

func TestAnAnswerHasOutcomesOrSaysWhereTheyAre(t *testing.T) {
	t.Parallel()
	r := results.Reader{Store: tries}
	const stored = `{"chunk": {"bucket": "results", "key": "chunk", "first": 10, "count": 3},
		"outcomes": {"bucket": "results", "prefix": "outcomes/000000000010/", "parts": ["one-0000.jsonl", "two-0000.jsonl"]}, "notBegun": %d}`
	for answer, expected := range map[string][]string{
		`[]`:                                    nil,
		`[{"index": 1, "status": "SUCCEEDED"}]`: {"1 SUCCEEDED"},
		"[" + fmt.Sprintf(stored, 1) + "]":      {"10 SUCCEEDED", "11 SUCCEEDED", "12 FAILED MapJob.DeadlineExceeded"},
		"[" + fmt.Sprintf(stored, 0) + "]":      {"10 SUCCEEDED", "11 SUCCEEDED"}, // one is lost
	} {
		equal(t, collect(t, func(y results.Yield) error { return r.Answer(t.Context(), json.RawMessage(answer), y) }), expected...)
	}
}

func TestWhatIsNoOutcomeIsRefusedByName(t *testing.T) {
	t.Parallel()
	never := func(protocol.Outcome) error { return errors.New("got an outcome, expected none") }
	r := results.Reader{Store: bucket{"manifest.json": `{"ResultFiles": {"SUCCEEDED": [{"Key": "s"}]}}`, "s": `{"index": -1, "status": "SUCCEEDED"}`}}
	_, line := r.MapRun(t.Context(), protocol.Results{Bucket: "results", Manifest: "manifest.json"}, never)
	for name, c := range map[string]struct {
		err      error
		code     string
		expected string
	}{
		"an answer that is no list":   {r.Answer(t.Context(), json.RawMessage(`"done"`), never), protocol.ErrorInvalidResult, `got "done", expected a list`},
		"an element without an index": {r.Answer(t.Context(), json.RawMessage(`[{"status": "SUCCEEDED"}]`), never), protocol.ErrorInvalidResult, `got {"status": "SUCCEEDED"} in a worker's answer`},
		"a line":                      {line, protocol.ErrorInvalidResult, "in s3://results/s, expected the outcome of an item"},
		"an impossible chunk": {r.Answer(t.Context(), json.RawMessage(`[{"chunk": {"first": -1}, "outcomes": {"bucket": "results"}}]`), never),
			protocol.ErrorInvalidResult, "expected the outcomes of a chunk"},
		"a child with an impossible item": {r.FailedChild(t.Context(), results.Child{Input: `{"Items": [{"index": -1, "item": 1}]}`}, never), protocol.ErrorInvalidInput, "got item -1 in the batch"},
		"a child with an index beyond the last": {r.FailedChild(t.Context(), results.Child{Input: `{"Items": [{"index": 100000000, "item": 1}]}`}, never),
			protocol.ErrorInvalidInput, "expected an index below 100000000"},
		"a child without items":   {r.FailedChild(t.Context(), results.Child{Input: `{}`}, never), protocol.ErrorInvalidInput, "got no items in {}"},
		"a child without a batch": {r.FailedChild(t.Context(), results.Child{Input: `7`}, never), protocol.ErrorInvalidInput, "expected the batch of a child execution"},
	} {
		var coded *protocol.Error
		if !errors.As(c.err, &coded) || coded.Name != c.code || !strings.Contains(coded.Message, c.expected) {
			t.Errorf("%s: got error %v, expected %s: %s", name, c.err, c.code, c.expected)
		}
	}
}
