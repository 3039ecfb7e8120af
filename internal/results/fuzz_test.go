package results_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/results"
)

// FuzzAnswer reads an answer and an object that a worker stored. If it is known what
// the worker was given, each of those items has an outcome or is lost, and there is no
// other item. Else the reading may end with an error, which has a name.
func FuzzAnswer(f *testing.F) {
	const at = `[{"outcomes":{"bucket":"results","key":"run/outcomes/o"}}]`
	const parts = `[{"outcomes":{"bucket":"results","prefix":"run/outcomes/000000000000/","parts":["a-0000.jsonl","b-0000.jsonl"]},"notBegun":1}]`
	for _, answer := range []string{
		`[]`, `null`, `"x"`, at, parts, `[{"index":0,"status":"SUCCEEDED"},{"index":1,"status":"FAILED","error":"Bad","cause":"x","retryable":true,"item":{},"startedAt":1,"ms":2}]`,
		`[{"Index":0,"status":"SUCCEEDED"},{"index":null},{"index":1e0,"status":"SUCCEEDED"},{"index":"1"},{"status":7,"index":1}]`,
		`[{"given":[0],"answer":[]},{"chunk":{"bucket":"b","key":"k","first":0,"count":3},"answer":[]}]`,
		`[{"chunk":{"bucket":"results","key":"k","first":0,"count":3},"outcomes":{"bucket":"results","prefix":"run/outcomes/000000000000/","parts":["a-0000.jsonl"]},"notBegun":-1}]`,
	} {
		for _, object := range []string{"", `{"index":0,"status":"SUCCEEDED"}` + "\n" + `{"index":0,"status":"FAILED"}`, at, strings.Trim(at, "[]"), `{"index":1,"status":"SUCCEEDED","output":"` + "\xff" + `"}`} {
			f.Add([]byte(answer), object)
		}
	}
	f.Fuzz(func(t *testing.T, answer []byte, object string) {
		objects := bucket{"run/outcomes/o": object, "run/outcomes/000000000000/a-0000.jsonl": object, "run/outcomes/000000000000/b-0000.jsonl": `{"index":1,"status":"SUCCEEDED"}`}
		for _, given := range []string{`"given":[0,1,2]`, `"items":[{"index":0,"item":"a"},{"index":1,"item":"b"},{"index":2,"item":null}]`, `"chunk":{"bucket":"results","key":"k","first":0,"count":3}`} {
			if !json.Valid(answer) {
				break // the state machine passes on JSON
			}
			seen := map[int]bool{}
			if err := readLines(t, objects, fmt.Sprintf(`{%s,"answer":%s}`, given, oneLine(answer)), func(o *protocol.Outcome) { seen[o.Index] = true }); err != nil {
				t.Errorf("got error %v of the answer %s, expected none", err, answer)
			}
			if len(seen) != 3 || !seen[0] || !seen[1] || !seen[2] {
				t.Errorf("got items %v of the answer %s, expected 0, 1 and 2", seen, answer)
			}
		}
		err := readLines(t, objects, string(answer), func(o *protocol.Outcome) {
			if results.IsLost(o) && !strings.Contains(string(answer), "answer") {
				t.Errorf("got item %d as lost, expected that of a whole answer only", o.Index)
			}
		})
		if named, ok := errors.AsType[*protocol.Error](err); err != nil && (!ok || named.Name != protocol.ErrorInvalidResult) && !strings.Contains(err.Error(), "no such object") {
			t.Errorf("got error %v, expected one with the name %s", err, protocol.ErrorInvalidResult)
		}
	})
}

// readLines reads a file of SUCCEEDED. It checks that each outcome is one of an item
// that a job can have.
func readLines(t *testing.T, objects bucket, text string, do func(*protocol.Outcome)) error {
	objects["run/results/1/SUCCEEDED_0.jsonl"] = text
	objects["run/results/1/manifest.json"] = `{"DestinationBucket":"results","ResultFiles":{"SUCCEEDED":[{"Key":"run/results/1/SUCCEEDED_0.jsonl"}]}}`
	at := protocol.Results{Bucket: "results", Prefix: "run/results", Manifest: "run/results/1/manifest.json"}
	_, err := results.Reader{Store: objects}.MapRun(t.Context(), at, func(o protocol.Outcome) error {
		if !results.IsLost(&o) && !o.IsOutcome() || o.Index < 0 || o.Index >= protocol.MaxItems {
			t.Errorf("got %+v, expected an outcome", o)
		}
		do(&o)
		return nil
	})
	return err
}

// oneLine returns JSON as the result writer writes it.
func oneLine(text []byte) string {
	return strings.NewReplacer("\n", " ", "\r", " ").Replace(string(text))
}
