package results_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/results"
)

// readAnswer reads the results of a Map Run with one child execution. It returns
// what is ignored.
func readAnswer(t *testing.T, store results.Store, output string, yield results.Yield) string {
	t.Helper()
	objects := bucket{
		"run/results/1/manifest.json":     `{"ResultFiles": {"SUCCEEDED": [{"Key": "run/results/1/SUCCEEDED_0.jsonl"}]}}`,
		"run/results/1/SUCCEEDED_0.jsonl": output,
	}
	rest, err := results.Reader{Store: both{objects, store}}.MapRun(t.Context(), protocol.Results{Bucket: "results", Prefix: "run/results"}, yield)
	if err != nil {
		t.Fatalf("got error %v of %s", err, output)
	}
	return rest.Ignored
}

// both is a store with the objects of another one, too.
type both struct {
	bucket
	other results.Store
}

func (b both) Open(ctx context.Context, bucket, key string) (io.ReadCloser, error) {
	if _, found := b.bucket[key]; found || b.other == nil {
		return b.bucket.Open(ctx, bucket, key)
	}
	return b.other.Open(ctx, bucket, key)
}

func TestWhatIsIgnoredInAnswersIsReported(t *testing.T) {
	t.Parallel()
	const one, two = `{"index":0,"status":"SUCCEEDED"}`, `{"index":1,"status":"SUCCEEDED"}`
	objects := bucket{"run/outcomes/lines": one + "\nno outcome\n" + `{"index":5,"status":"SUCCEEDED"}`, "run/outcomes/good": two,
		"run/outcomes/000000000000/a-0000.jsonl": `{"index":9,"status":"SUCCEEDED"}`}
	const given, chunk = `{"given":[0,1],"answer":%s}`, `{"chunk":{"bucket":"results","key":"k","first":0,"count":2},"answer":%s}`
	stored := func(key string) string { return `{"outcomes":{"bucket":"results","key":"` + key + `"}}` }
	for _, c := range []struct{ form, answer, expected string }{
		{given, "[" + one + "," + two + "]", ""},
		{given, `"done"`, `1 part of a worker's answer was ignored: got the answer "done" to 2 items from item 0, expected a list of outcomes`},
		{chunk, `null`, `1 part of a worker's answer was ignored: got the answer null to items 0 to 1, expected a list of outcomes`},
		{given, `[7,` + one + `]`, `1 part of a worker's answer was ignored: got 7 in the answer to 2 items from item 0, expected an outcome`},
		{`{"given":[4],"answer":%s}`, `7`, `1 part of a worker's answer was ignored: got the answer 7 to item 4, expected a list of outcomes`},
		{`{"chunk":{"bucket":"b","key":"k","first":4,"count":1},"answer":%s}`, `7`, `1 part of a worker's answer was ignored: got the answer 7 to item 4, expected a list of outcomes`},
		{given, `[7,8]`, `2 parts of workers' answers were ignored, the first one: got 7 in the answer to 2 items from item 0, expected an outcome`},
		{given, `[{"index":2,"status":"SUCCEEDED"}]`, `1 part of a worker's answer was ignored: got an outcome of item 2 in the answer, expected outcomes of 2 items from item 0`},
		{given, "[" + stored("run/outcomes/good") + "," + stored("run/outcomes/lines") + "]",
			`1 part of a worker's answer was ignored: got ` + stored("run/outcomes/lines") + ` in the answer to 2 items from item 0, expected one address of stored outcomes at most`},
		{given, "[" + stored("run/outcomes/lines") + "]", `2 parts of workers' answers were ignored, the first one: got no outcome in s3://results/run/outcomes/lines, expected an outcome`},
		{given, "[" + stored("run/outcomes/none") + "]", `1 part of a worker's answer was ignored: reading s3://results/run/outcomes/none: no such object`},
		{given, "[" + stored("elsewhere/x") + "]", `1 part of a worker's answer was ignored: got outcomes in s3://results/elsewhere/x, expected them in the folder s3://results/run/outcomes`},
		{chunk, `[{"outcomes":{"bucket":"results","prefix":"run/outcomes/000000000000/","parts":["a-0000.jsonl"]}}]`,
			`1 part of a worker's answer was ignored: got {"index":9,"status":"SUCCEEDED"} in s3://results/run/outcomes/000000000000/a-0000.jsonl, expected an outcome of items 0 to 1`},
	} {
		got := readAnswer(t, objects, fmt.Sprintf(c.form, c.answer), func(protocol.Outcome) error { return nil })
		if got != c.expected {
			t.Errorf("got %q of %s, expected %q", got, c.answer, c.expected)
		}
	}
}

// The items of failed outcomes become those of a rerun.
func TestAFailedOutcomeHasTheItemThatTheWorkerWasGiven(t *testing.T) {
	t.Parallel()
	const items = `"items":[{"index":3,"item":{"id":"c"}},{"index":5,"item":["e"]},{"index":7,"item":null},{"index":9,"item":"i"}]`
	const outcomes = `{"index":3,"status":"FAILED","error":"Bad","item":{"id":"another"}}` + "\n" +
		`{"index":5,"status":"FAILED","error":"Bad"}` + "\n" + `{"index":7,"status":"PERHAPS","item":1}`
	expected := map[int]string{3: `{"id":"c"}`, 5: `["e"]`, 7: `null`}
	objects := bucket{"run/outcomes/o": outcomes}
	for name, answer := range map[string]string{
		"in the answer": "[" + strings.ReplaceAll(outcomes, "\n", ",") + "]",
		"stored":        `[{"outcomes":{"bucket":"results","key":"run/outcomes/o"}}]`,
	} {
		got := map[int]string{}
		ignored := readAnswer(t, objects, "{"+items+`,"answer":`+answer+"}", func(o protocol.Outcome) error {
			if results.IsLost(&o) {
				if o.Index != 9 {
					t.Errorf("%s: got item %d as lost, expected item 9", name, o.Index)
				}
				return nil
			}
			got[o.Index] = string(o.Item)
			return nil
		})
		if diff := cmp.Diff(expected, got); diff != "" || ignored != "" {
			t.Errorf("%s: got other items than expected (-expected +got), and ignored %q:\n%s", name, ignored, diff)
		}
	}
}

// longLine is a store whose objects have one line that does not end.
type longLine struct {
	size int64
	read *int64
}

func (l longLine) Open(context.Context, string, string) (io.ReadCloser, error) {
	begin := `{"index":0,"status":"SUCCEEDED","output":"`
	return io.NopCloser(io.MultiReader(strings.NewReader(begin), io.LimitReader(letters{l.read}, l.size-int64(len(begin))),
		strings.NewReader("\n"+`{"index":1,"status":"SUCCEEDED"}`))), nil
}

func (longLine) Keys(context.Context, string, string) iter.Seq2[string, error] { return nil }

type letters struct{ read *int64 }

func (l letters) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	*l.read += int64(len(p))
	return len(p), nil
}

func TestAStoredLineThatIsTooLongIsIgnored(t *testing.T) {
	var read int64
	store := longLine{size: 2 * protocol.MaxOutcome, read: &read}
	const address = `{"bucket":"results","prefix":"run/outcomes/000000000000/","parts":["a-0000.jsonl"]}`
	for name, output := range map[string]string{
		"of a list":  `{"given":[0,1],"answer":[{"outcomes":{"bucket":"results","key":"run/outcomes/o"}}]}`,
		"of a chunk": `{"chunk":{"bucket":"results","key":"k","first":0,"count":2},"answer":[{"outcomes":` + address + `}]}`,
	} {
		var got []string
		ignored := readAnswer(t, store, output, func(o protocol.Outcome) error {
			text, err := json.Marshal(o)
			got = append(got, string(text))
			return err
		})
		if diff := cmp.Diff([]string{`{"index":1,"status":"SUCCEEDED"}`, `{"index":0,"status":""}`}, got); diff != "" {
			t.Errorf("%s: got other outcomes than expected (-expected +got):\n%s", name, diff)
		}
		if expected := `got a line of 134217729 bytes, more than the 67108864 of an outcome, that begins with {"index":0,"status":"SUCCEEDED"`; !strings.Contains(ignored, expected) {
			t.Errorf("%s: got ignored %q, expected %q in it", name, ignored, expected)
		}
	}
	if read < 4*protocol.MaxOutcome-200 {
		t.Errorf("got %d bytes read, expected both objects", read)
	}
}
