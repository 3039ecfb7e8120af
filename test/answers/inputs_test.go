package answers

import (
	"strings"
	"testing"

	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/test/running"
)

// An input steers a job only by where the items are. Any other input is refused
// before a worker is called.
func inputs(t *testing.T, s *running.Stack) {
	in := s.Bucket(t, "In")
	results := s.Bucket(t, "Results")
	anyLines, err := s.Machine("AnyLines")
	if err != nil {
		t.Fatal(err)
	}
	given := anyLines.Name + "/given.jsonl" // in the job's own folder
	s.Put(t, results, given, []byte(lines(2)))
	s.Put(t, in, "scans/a", []byte("a"))
	lookalike := `{"items":{"bucket":"` + results + `","key":"` + given + `","count":300,"chunked":true,"prefix":7}}`
	for name, c := range map[string]struct {
		job, input string
		total      int // how many items there are, all of which succeed
		refused    string
	}{
		"a count":                       {"Lines", `{"items":{"key":"items.jsonl","count":300}}`, 3, ""},
		"a count that is no number":     {"Lines", `{"items":{"key":"items.jsonl","count":"all"}}`, 3, ""},
		"no items, it says":             {"Lines", `{"items":{"key":"items.jsonl","count":0}}`, 3, ""},
		"chunks":                        {"Lines", `{"items":{"key":"items.jsonl","chunked":true}}`, 3, ""},
		"a prefix that is no text":      {"Lines", `{"items":{"key":"items.jsonl","prefix":7}}`, 3, ""},
		"another bucket":                {"Lines", `{"items":{"key":"items.jsonl","bucket":"` + results + `"}}`, 3, ""},
		"all of them":                   {"AnyLines", lookalike, 2, ""},
		"all of them by reference":      {"LinesChunked", strings.Replace(lookalike, given, "items.jsonl", 1), 3, ""},
		"a key beside the prefix":       {"Objects", `{"items":{"prefix":"scans/","key":9,"count":-1,"bucket":[]}}`, 1, ""},
		"members of the Prototype":      {"Lines", `{"items":{"key":"items.jsonl","__proto__":{"count":9},"constructor":1}}`, 3, ""},
		"a key that is a list":          {"Lines", `{"items":{"key":["items.jsonl"]}}`, 0, protocol.ErrorInvalidInput},
		"a list of one address":         {"AnyLines", `{"items":[{"bucket":"` + results + `","key":"` + given + `"}]}`, 0, protocol.ErrorInvalidInput},
		"a list of addresses by parts":  {"AnyLines", `{"items":[{"bucket":"` + results + `"},{"key":"` + given + `"}]}`, 0, protocol.ErrorInvalidInput},
		"null":                          {"Lines", `null`, 0, protocol.ErrorInvalidInput},
		"a number":                      {"LinesChunked", `7`, 0, protocol.ErrorInvalidInput},
		"a prefix that is an object":    {"Objects", `{"items":{"prefix":{}}}`, 0, protocol.ErrorInvalidInput},
		"an empty key":                  {"Lines", `{"items":{"key":""}}`, 0, "States.ItemReaderFailed"},
		"a key out of the bucket":       {"Lines", `{"items":{"key":"../` + results + `/given.jsonl"}}`, 0, "States.ItemReaderFailed"},
		"a key that is an expression":   {"Lines", `{"items":{"key":"{% $states.input %}"}}`, 0, "States.ItemReaderFailed"},
		"an object in place of a list":  {"List", `{"items":{"0":{"id":1},"length":1}}`, 0, protocol.ErrorInvalidInput},
		"items that look like batches":  {"List", `{"items":[{"index":7,"item":{"id":1}},{"given":[0],"answer":[]}]}`, 2, ""},
		"items that look like outcomes": {"InlineSummary", `{"items":[{"index":1,"status":"FAILED"},{"index":0,"status":"FAILED"}]}`, 2, ""},
		"an item that has items":        {"InlineSummary", `[{"items":[1,2,3]}]`, 1, ""},
		"more than an input holds":      {"List", `{"items":[{"id":1}],"note":"` + strings.Repeat("é", 120_000) + `"}`, 0, protocol.ErrorInputTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			x := run(t, s, c.job, c.input, nil, nil)
			switch {
			case c.refused != "":
				if x.Status != engine.Failed || x.Error != c.refused || x.calls > 0 {
					t.Errorf("got %v, expected %s before a worker is called", x, c.refused)
				}
			case x.Status != engine.Succeeded || x.account != (account{Total: c.total, Succeeded: c.total}) || x.twice:
				t.Errorf("got %v, expected %d items that succeeded, each once", x, c.total)
			}
		})
	}
}

// The answer of a job start in another language may be wrong as well.
func startAnswers(t *testing.T, s *running.Stack) {
	results := s.Bucket(t, "Results")
	s.Put(t, results, "started.jsonl", []byte(lines(2)))
	s.Put(t, results, "chunks.jsonl", []byte(`{"bucket":"`+results+`","key":"started.jsonl","first":0,"count":2}`))
	for name, c := range map[string]struct {
		job, answer, ends string
		calls             int
	}{
		"no count":                 {"Start", `{"items":{"bucket":"BUCKET","key":"started.jsonl"}}`, "", 1},
		"chunks that are items":    {"Start", `{"items":{"bucket":"BUCKET","key":"started.jsonl","count":2,"chunked":true}}`, "", 1},
		"a prefix":                 {"Start", `{"items":{"bucket":"BUCKET","key":"started.jsonl","count":2,"prefix":7}}`, "", 1},
		"too many, it says":        {"Start", `{"items":{"bucket":"BUCKET","key":"started.jsonl","count":5}}`, protocol.ErrorLostItems, 1},
		"too few, it says":         {"Start", `{"items":{"bucket":"BUCKET","key":"started.jsonl","count":1}}`, protocol.ErrorInvalidResult, 1},
		"a count that is a string": {"Start", `{"items":{"bucket":"BUCKET","key":"started.jsonl","count":"2"}}`, protocol.ErrorInvalidInput, 0},
		"a count that is null":     {"Start", `{"items":{"bucket":"BUCKET","key":"started.jsonl","count":null}}`, protocol.ErrorInvalidInput, 0},
		"half an item":             {"Start", `{"items":{"bucket":"BUCKET","key":"started.jsonl","count":2.5}}`, protocol.ErrorInvalidInput, 0},
		"less than nothing":        {"Start", `{"items":{"bucket":"BUCKET","key":"started.jsonl","count":-1}}`, protocol.ErrorInvalidInput, 0},
		"more than a job may have": {"Start", `{"items":{"bucket":"BUCKET","key":"started.jsonl","count":1e30}}`, protocol.ErrorInvalidInput, 0},
		"a list":                   {"Start", `[1,2]`, protocol.ErrorInvalidInput, 0},
		"null":                     {"Start", `null`, protocol.ErrorInvalidInput, 0},
		"chunks":                   {"StartChunked", `{"items":{"bucket":"BUCKET","key":"chunks.jsonl","count":2,"chunked":true}}`, "", 1},
		"items that are no chunks": {"StartChunked", `{"items":{"bucket":"BUCKET","key":"started.jsonl","count":2}}`, protocol.ErrorInvalidInput, 0},
	} {
		t.Run(name, func(t *testing.T) {
			answer := func(b *batch) string { return "[" + zero + "," + one + "]" }
			x := run(t, s, c.job, `{}`, answer, func() string { return strings.ReplaceAll(c.answer, "BUCKET", results) })
			if x.Error != c.ends || x.calls != c.calls || x.twice || c.ends == "" && x.account != (account{Total: 2, Succeeded: 2}) {
				t.Errorf("got %v, expected %q after %d calls", x, c.ends, c.calls)
			}
		})
	}
}
