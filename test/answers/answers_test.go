package answers

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/test/running"
)

// broken is an answer to items 0, 1 and 2, and how they are accounted for.
type broken struct {
	name              string
	answer            string
	stored            map[string]string // objects in the folder of outcomes
	succeeded, failed int               // the others are lost
}

const (
	zero = `{"index":0,"status":"SUCCEEDED"}`
	one  = `{"index":1,"status":"SUCCEEDED"}`
	two  = `{"index":2,"status":"SUCCEEDED"}`
	at   = `[{"outcomes":{"bucket":"BUCKET","key":"FOLDER/o.jsonl"},"succeeded":3,"failed":0}]`
)

var threeLines = zero + "\n" + one + "\n" + two + "\n"

func stored(text string) map[string]string { return map[string]string{"o.jsonl": text} }

// brokenAnswers may be those to a batch or to a chunk.
func brokenAnswers() []broken {
	return []broken{
		{name: "an empty list", answer: `[]`},
		{name: "null", answer: `null`},
		{name: "a string", answer: `"done"`},
		{name: "bytes that are no JSON", answer: "\xff\xfe{oops"},
		{name: "one outcome without a list", answer: zero},
		{name: "an item too few", answer: "[" + zero + "," + one + "]", succeeded: 2},
		{name: "one outcome without an index", answer: "[" + zero + "," + one + `,{"status":"SUCCEEDED"}]`, succeeded: 2},
		{name: "an index that is null", answer: `[{"index":null,"status":"SUCCEEDED"},` + one + "," + two + "]", succeeded: 2},
		{name: "an index in capitals", answer: `[{"Index":0,"status":"SUCCEEDED"},` + one + "," + two + "]", succeeded: 2},
		{name: "two indexes that differ in case", answer: `[{"index":0,"Index":2,"status":"SUCCEEDED"},` + one + `,{"index":2,"status":"FAILED","error":"Bad"}]`, succeeded: 2, failed: 1},
		{name: "an index that is a string", answer: `[{"index":"0","status":"SUCCEEDED"},` + one + "," + two + "]", succeeded: 2},
		{name: "an item twice in place of another", answer: "[" + zero + "," + zero + "," + one + "]", succeeded: 2},
		{name: "an item that succeeded and failed", answer: "[" + zero + `,{"index":0,"status":"FAILED","error":"Bad"},` + one + "," + two + "]", succeeded: 3},
		{name: "an item of another batch", answer: "[" + zero + "," + one + `,{"index":3,"status":"SUCCEEDED"}]`, succeeded: 2},
		{name: "a negative index", answer: "[" + zero + "," + one + `,{"index":-2,"status":"SUCCEEDED"}]`, succeeded: 2},
		{name: "a huge index", answer: "[" + zero + "," + one + `,{"index":1e999,"status":"SUCCEEDED"}]`, succeeded: 2},
		{name: "lists in the list", answer: "[[" + zero + "],[" + one + "],[" + two + "]]"},
		{name: "indexes in one outcome", answer: `[{"index":[0,1,2],"status":"SUCCEEDED"},{},{}]`},
		{name: "another order", answer: "[" + two + "," + zero + "," + one + "]", succeeded: 3},
		{name: "a status that does not exist", answer: `[{"index":0,"status":"DONE"},` + one + "," + two + "]", succeeded: 2, failed: 1},
		{name: "a time that is a string", answer: `[{"index":0,"status":"SUCCEEDED","startedAt":"noon"},` + one + "," + two + "]", succeeded: 2, failed: 1},
		{name: "absurd times", answer: `[{"index":0,"status":"SUCCEEDED","startedAt":9223372036854775807,"ms":9223372036854775807},{"index":1,"status":"SUCCEEDED","startedAt":-1,"ms":-9},` + two + "]", succeeded: 3},
		{name: "a time beyond numbers", answer: `[{"index":0,"status":"SUCCEEDED","ms":1e400},` + one + "," + two + "]", succeeded: 2, failed: 1},
		{name: "huge numbers in an output", answer: `[{"index":0,"status":"SUCCEEDED","output":-1e400},` + one + "," + two + "]", succeeded: 3},
		{name: "an error that is a number", answer: `[{"index":0,"status":"FAILED","error":7},` + one + "," + two + "]", succeeded: 2, failed: 1},
		{name: "a whole answer of the state machine", answer: `[{"given":[0,1,2],"answer":[` + zero + "," + one + "," + two + `]}]`},

		{name: "a place that is not there", answer: at},
		{name: "a place outside the folder", answer: `[{"outcomes":{"bucket":"BUCKET","key":"FOLDER/../secret"}}]`},
		{name: "a place in another bucket", answer: `[{"outcomes":{"bucket":"other","key":"FOLDER/o.jsonl"}}]`, stored: stored(threeLines)},
		{name: "the place of all", answer: at, stored: stored(threeLines), succeeded: 3},
		{name: "the place of all but one", answer: at, stored: stored(zero + "\n" + two), succeeded: 2},
		{name: "a place that names itself", answer: at, stored: stored(zero + "\n" + strings.Trim(at, "[]") + "\n" + two), succeeded: 2},
		{name: "a place of a list", answer: at, stored: stored("[" + zero + "," + one + "," + two + "]")},
		{name: "a stored outcome that is cut off", answer: at, stored: stored(zero + "\n" + one + "\n" + two[:20]), succeeded: 2},
		{name: "two stored outcomes in a line", answer: at, stored: stored(zero + "\n" + one + two), succeeded: 1},
		{name: "a stored outcome with invalid UTF-8", answer: at, stored: stored(zero + "\n" + one + "\n" + `{"index":2,"status":"SUCCEEDED","output":"` + "\xff" + `"}`), succeeded: 2, failed: 1},
		{name: "a stored outcome that is nested too deeply", answer: at,
			stored: stored(zero + "\n" + one + "\n" + `{"index":2,"status":"SUCCEEDED","output":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + "}"), succeeded: 2},
		{name: "a stored output with a member twice", answer: at, stored: stored(zero + "\n" + one + "\n" + `{"index":2,"status":"SUCCEEDED","output":{"a":1,"a":2}}`), succeeded: 3},
		{name: "a stored outcome of another batch", answer: at, stored: stored(zero + "\n" + `{"index":9,"status":"SUCCEEDED"}` + "\n" + one), succeeded: 2},
	}
}

// check compares the end of an execution with the account of an answer.
func (c *broken) check(t *testing.T, job string, x *ended) {
	t.Helper()
	lost := batchSize - c.succeeded - c.failed
	status, name, cause := engine.Succeeded, "", ""
	if lost > 0 {
		status, name, cause = engine.Failed, protocol.ErrorLostItems, fmt.Sprintf("%d of %d items have no result", lost, batchSize)
	}
	expected := account{batchSize, c.succeeded, c.failed, lost}
	if x.Status != status || x.Error != name || x.Cause != cause || x.account != expected || x.calls != 1 || x.twice {
		t.Errorf("%s: got %v, expected %s %s: %s with %+v after one call", job, x, status, name, cause, expected)
	}
}

// A broken answer costs the items that it is about. The number of items is known
// before the Map, as of Start, or not, as of Lines.
func answers(t *testing.T, s *running.Stack) {
	for _, c := range brokenAnswers() {
		t.Run(c.name, func(t *testing.T) {
			for job, input := range map[string]string{
				"Lines": `{"items":{"key":"items.jsonl"}}`, "Start": `{"list":` + items(batchSize) + `}`, "List": items(batchSize),
				"LinesChunked": `{"items":{"key":"items.jsonl"}}`, "StartChunked": `{"list":` + items(batchSize) + `}`,
			} {
				c.check(t, job, run(t, s, job, input, func(b *batch) string {
					for name, text := range c.stored {
						b.store(name, text)
					}
					return b.place(c.answer)
				}, nil))
			}
		})
	}
}

// By reference a worker answers where it stored the outcomes of its chunk.
func answersByReference(t *testing.T, s *running.Stack) {
	const parts = `[{"chunk":{"bucket":"BUCKET","key":"k","first":0,"count":3},"outcomes":{"bucket":"BUCKET","prefix":"FOLDER/000000000000/","parts":[%s]},"notBegun":%d}]`
	first := "000000000000/try-0000.jsonl"
	for _, c := range []broken{
		{name: "a part that is not there", answer: fmt.Sprintf(parts, `"try-0000.jsonl","try-0001.jsonl"`, 0), stored: map[string]string{first: zero + "\n" + one}, succeeded: 2},
		{name: "a part many times", answer: fmt.Sprintf(parts, strings.Repeat(`"try-0000.jsonl",`, 5000)+`"try-0000.jsonl"`, 0), stored: map[string]string{first: threeLines}, succeeded: 3},
		{name: "items of a larger chunk that were not begun", answer: `[{"chunk":{"bucket":"b","key":"k","first":0,"count":10000000},"outcomes":{"bucket":"BUCKET","prefix":"FOLDER/none/"},"notBegun":10000000}]`, failed: 3},
		{name: "no parts", answer: fmt.Sprintf(parts, "", 0), stored: map[string]string{first: threeLines}},
		{name: "fewer that were not begun than are missing", answer: fmt.Sprintf(parts, `"try-0000.jsonl"`, 1), stored: map[string]string{first: zero}, succeeded: 1},
		{name: "more that were not begun than are missing", answer: fmt.Sprintf(parts, `"try-0000.jsonl"`, 99), stored: map[string]string{first: zero + "\n" + one}, succeeded: 2, failed: 1},
		{name: "a part of another chunk", answer: fmt.Sprintf(parts, `"try-0000.jsonl"`, 0), stored: map[string]string{first: `{"index":3,"status":"SUCCEEDED"}` + "\n" + zero}, succeeded: 1},
		{name: "a broken outcome and a good one of another try", answer: fmt.Sprintf(parts, `"a-0000.jsonl","b-0000.jsonl"`, 0),
			stored: map[string]string{"000000000000/a-0000.jsonl": `{"index":0,"status":"?"}` + "\n" + one, "000000000000/b-0000.jsonl": zero + "\n" + two}, succeeded: 3},
		{name: "a chunk that is another one", answer: `[{"chunk":{"bucket":"b","key":"k","first":7,"count":1},"outcomes":{"bucket":"BUCKET","prefix":"FOLDER/000000000000/","parts":["try-0000.jsonl"]}}]`,
			stored: map[string]string{first: threeLines}, succeeded: 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			for job, input := range map[string]string{"LinesChunked": `{"items":{"key":"items.jsonl"}}`, "StartChunked": `{"list":` + items(batchSize) + `}`} {
				c.check(t, job, run(t, s, job, input, func(b *batch) string {
					for name, text := range c.stored {
						b.store(name, text)
					}
					return b.place(c.answer)
				}, nil))
			}
		})
	}
}

// The worker of an Inline job gets one item. Without a summary the state machine
// counts the outcomes itself.
func answersToOneItem(t *testing.T, s *running.Stack) {
	for answer, expected := range map[string]account{
		`[{"index":0,"status":"SUCCEEDED"}]`:            {1, 1, 0, 0},
		`[{"index":0,"status":"FAILED","error":"Bad"}]`: {1, 0, 1, 0},
		`[]`:                                   {1, 0, 0, 1},
		`null`:                                 {1, 0, 0, 1},
		`7`:                                    {1, 0, 0, 1},
		`"no JSON`:                             {1, 0, 0, 1},
		`{"index":0,"status":"SUCCEEDED"}`:     {1, 0, 0, 1},
		`[{"index":1,"status":"SUCCEEDED"}]`:   {1, 0, 0, 1},
		`[{"status":"SUCCEEDED"}]`:             {1, 0, 0, 1},
		`[[{"index":0,"status":"SUCCEEDED"}]]`: {1, 0, 0, 1},
		`[{"index":[0],"status":"SUCCEEDED"}]`: {1, 0, 0, 1},
		`[{"outcomes":{"bucket":"b","key":"k"}}]`:                                            {1, 0, 0, 1},
		`[{"index":0,"status":"FAILED","error":{"a":1},"cause":[]}]`:                         {1, 0, 1, 0},
		`[{"index":0,"status":"FAILED","error":"\ud800","cause":"\udfff"}]`:                  {1, 0, 1, 0},
		`[{"index":0,"status":"SUCCEEDED","output":"` + strings.Repeat("é", 125_000) + `"}]`: {1, 0, 1, 0},
		`[{"index":0,"status":7,"error":7,"output":"` + strings.Repeat("x", 250_000) + `"}]`: {1, 0, 1, 0},
	} {
		for _, job := range []string{"Inline", "InlineSummary"} {
			x := run(t, s, job, items(1), func(*batch) string { return answer }, nil)
			name := ""
			if expected.Missing > 0 {
				name = protocol.ErrorLostItems
			}
			if x.Error != name || x.calls != 1 || job == "InlineSummary" && x.account != expected {
				t.Errorf("%s, %.100s: got %v, expected %q with %+v after one call", job, answer, x, name, expected)
			}
		}
	}
}

// What the states of a Processor give back is an output, whatever it is.
func outputs(t *testing.T, s *running.Stack) {
	const list = `[[],[[]],[[1],[2]],{},null,false,"",0,{"index":7,"status":"FAILED"},[{"given":[0],"answer":[]}],-1e400]`
	for _, job := range []string{"Processor", "InlineProcessor"} {
		if x := run(t, s, job, `{"items":`+list+`}`, nil, nil); x.Status != engine.Succeeded || x.account != (account{Total: 11, Succeeded: 11}) {
			t.Errorf("%s: got %v, expected eleven items that succeeded", job, x)
		}
	}
}
