package jobs

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/stack"
	"github.com/mapjob/mapjob/test/running"
)

// alphabets has a character for each length in UTF-8, beside quotes that JSON escapes.
var alphabets = map[string]string{"ASCII": "x", "escaped": `\"`, "two bytes": "é", "three bytes": "漢", "four bytes": "😀", "mixed": `x/é%漢+😀\"`}

// filled returns a JSON string of a size in bytes.
func filled(size int, alphabet string) string {
	text := strings.Repeat(alphabet, (size-2)/len(alphabet))
	return `"` + text + strings.Repeat("x", size-2-len(text)) + `"`
}

// texts returns a list of n items that is of a size in bytes.
func texts(n, size int, alphabet string) string {
	const item = len(`{"id":}`)
	each := (size - 1 - n) / n
	list := strings.Repeat(`{"id":`+filled(each-item, alphabet)+`},`, n-1)
	return `[` + list + `{"id":` + filled(size-2-len(list)-item, alphabet) + `}]`
}

// Each form of job takes the largest input that docs/job.md says, and refuses by
// name one that is a byte larger.
func largest(t *testing.T, s *running.Stack) {
	list := func(member string, n, size int, alphabet string) string {
		around := `{"` + member + `":}`
		return around[:len(around)-1] + texts(n, size-len(around), alphabet) + "}"
	}
	s.Put(t, s.Bucket(t, "In"), "three.jsonl", []byte("{\"id\":1}\n{\"id\":2}\n{\"id\":3}\n"))
	beside := func(_ string, _, size int, alphabet string) string {
		around := `{"items":{"key":"three.jsonl"},"more":}`
		return around[:len(around)-1] + filled(size-len(around), alphabet) + "}"
	}
	for _, form := range []struct {
		job, member string
		n           int // items
		input       func(member string, n, size int, alphabet string) string
	}{
		{"Input", "items", 200, list}, {"Input", "items", 1, list}, {"Express", "items", 200, list}, {"Alone", "items", 200, list},
		{"Workflow", "items", 9, list}, {"Payments", "items", 4, list},
		{"Start", "list", 200, list}, {"StartChunked", "list", 200, list},
		{"Named", "", 3, beside}, {"ChunkedLines", "", 3, beside},
	} {
		t.Run(fmt.Sprint(form.job, form.n), func(t *testing.T) {
			for name, alphabet := range alphabets {
				x := run(t, s, form.job, form.input(form.member, form.n, protocol.MaxInput, alphabet))
				if x.Status != engine.Succeeded || x.account.Total != form.n || x.account.Missing != 0 || form.job != "Payments" && x.account.Succeeded != form.n {
					t.Errorf("%s: got %s (%s: %.300s) with %.300s, expected the %d items of %d bytes", name, x.Status, x.Error, x.Cause, x.Output, form.n, protocol.MaxInput)
				}
				x = run(t, s, form.job, form.input(form.member, form.n, protocol.MaxInput+1, alphabet))
				if x.Error != "MapJob.InputTooLarge" || x.Cause != "got an input of 240001 bytes of JSON, expected at most 240000: store the items in S3" {
					t.Errorf("%s: got %s (%s: %.300s), expected a byte more to be refused", name, x.Status, x.Error, x.Cause)
				}
			}
		})
	}
}

// An item by value may be as large as an input, wherever it comes from.
func largestItem(t *testing.T, s *running.Stack) {
	item := `{"text":` + filled(protocol.MaxInput-len(`{"text":}`), "x") + "}\n"
	s.Put(t, s.Bucket(t, "In"), "large.jsonl", []byte(item+item+item))
	for _, job := range []string{"Named", "ChunkedLines"} {
		if x := run(t, s, job, `{"items":{"key":"large.jsonl"}}`); x.Status != engine.Succeeded || x.account.Succeeded != 3 {
			t.Errorf("%s: got %s (%s: %.300s) with %.300s, expected three items of %d bytes", job, x.Status, x.Error, x.Cause, x.Output, protocol.MaxInput)
		}
	}
}

// The items of an Inline job take their bytes, 250 for each outcome, and those of the
// input if there is a summary.
func largestInline(t *testing.T, s *running.Stack) {
	const each = 250
	for _, form := range []struct {
		job  string
		n    int
		most func(n int) int // bytes of the list
		head string
	}{
		{"Inline", 100, func(n int) int { return protocol.MaxInput - n*each - len(`{}`) }, `{"items":`},
		{"Inline", 1, func(int) int { return protocol.MaxInput - each - len(`{}`) }, `{"items":`},
		{"InlineBare", 100, func(n int) int { return protocol.MaxInput - n*each }, `{"items":`},
		{"InlineStart", 100, func(n int) int { return protocol.MaxInput - n*each }, `{"list":`},
		{"InlineStartSummary", 100, func(n int) int { return (protocol.MaxInput - n*each - len(`{"list":}`)) / 2 }, `{"list":`},
		{"InlineWorkflow", 100, func(n int) int { return protocol.MaxInput - n*each }, `{"items":`},
		{"InlinePayments", 100, func(n int) int { return protocol.MaxInput - n*each }, `{"items":`},
	} {
		t.Run(fmt.Sprint(form.job, form.n), func(t *testing.T) {
			for name, alphabet := range alphabets {
				size := form.most(form.n)
				x := run(t, s, form.job, form.head+texts(form.n, size, alphabet)+"}")
				if x.Status != engine.Succeeded {
					t.Errorf("%s: got %s (%s: %.300s), expected %d items of %d bytes", name, x.Status, x.Error, x.Cause, form.n, size)
				}
				x = run(t, s, form.job, form.head+texts(form.n, size+1, alphabet)+"}")
				if x.Error != "MapJob.TooManyItems" || !strings.Contains(x.Cause, fmt.Sprintf("got %d items of %d bytes, expected at most ", form.n, size+1)) {
					t.Errorf("%s: got %s (%s: %.300s), expected a byte more to be refused", name, x.Status, x.Error, x.Cause)
				}
			}
		})
	}
	many := func(n int) string { return `{"items":[` + strings.Repeat("{},", n-1) + `{}]}` }
	if x := run(t, s, "Inline", many(471)); x.Status != engine.Succeeded || !strings.Contains(string(x.Output), `"succeeded":471`) {
		t.Errorf("got %s (%s: %s), expected 471 items", x.Status, x.Error, x.Cause)
	}
	if x := run(t, s, "Inline", many(472)); x.Error != "MapJob.TooManyItems" || !strings.Contains(x.Cause, "got 472 items") || !strings.Contains(x.Cause, "expected at most 471, ") {
		t.Errorf("got %s (%s: %s), expected 472 items to be refused", x.Status, x.Error, x.Cause)
	}
	// The history holds them even if each is throttled and fails as often as it is retried.
	m, err := s.Machine("Inline")
	if err != nil {
		t.Fatal(err)
	}
	x, err := s.Stack.Execute(context.Background(), m, stack.Execution{Name: "throttled", Input: []byte(many(471)),
		Engine: []engine.Option{engine.WithClock(engine.VirtualClock(began))},
		Between: func(ctx context.Context, r *engine.Request, call engine.IntegrationFunc) (any, error) {
			switch {
			case r.StateName != protocol.StateWorker:
				return call(ctx, r)
			case r.Attempt < 12:
				return nil, &engine.TaskError{Name: "Lambda.TooManyRequestsException", Cause: "Rate Exceeded."}
			}
			return nil, &engine.TaskError{Name: "Runtime.ExitError", Cause: "RequestId: 1 Error: Runtime exited"}
		}})
	if err != nil {
		t.Fatal(err)
	}
	if x.Status != engine.Succeeded || !strings.Contains(string(x.Output), `"failed":471`) || x.Events < 23_000 {
		t.Errorf("got %s (%s: %.300s) after %d events with %s, expected 471 failed items", x.Status, x.Error, x.Cause, x.Events, x.Output)
	}
}

// A result that is too large for the data of an Inline job fails its item.
func largeResults(t *testing.T, s *running.Stack) {
	item := func(n int) string { return fmt.Sprintf(`{"repeat":%d}`, n) }
	if x := run(t, s, "InlineBare", `[`+item(200_000)+`,`+item(10)+`]`); x.Status != engine.Succeeded || strings.Count(string(x.Output), `"MapJob.ResultTooLarge"`) != 1 ||
		!strings.Contains(string(x.Output), "got an outcome of 2000") || !strings.Contains(string(x.Output), "expected at most 1") {
		t.Errorf("got %s (%s: %s) with %.500s, expected the larger of two results not to have its place", x.Status, x.Error, x.Cause, x.Output)
	}
	if x := run(t, s, "InlineBare", `[`+item(200_000)+`]`); x.Status != engine.Succeeded || len(x.Output) < 200_000 {
		t.Errorf("got %s (%s: %s) with %d bytes, expected the only result to have all the place", x.Status, x.Error, x.Cause, len(x.Output))
	}
	failing := `{"fail":true,"repeat":900}`
	if x := run(t, s, "InlineBare", `[`+strings.Repeat(failing+",", 299)+failing+`]`); x.Status != engine.Succeeded || strings.Count(string(x.Output), `"error":"Refused"`) != 300 || len(x.Output) > 262_144 {
		t.Errorf("got %s (%s: %s) with %.500s, expected 300 failed items with shorter causes", x.Status, x.Error, x.Cause, x.Output)
	}
	// A failed item that can be run again stays with its outcome, however little place there is.
	for name, more := range map[string]string{"": "", "large": `"text":` + filled(500, "😀") + ","} {
		failing := `{` + more + `"fail":true,"repeat":900}`
		x := run(t, s, "InlineKept", `{"items":[`+strings.Repeat(failing+",", 299)+failing+`]}`)
		if x.Status != engine.Succeeded || x.account.Failed != 300 || len(x.failures) != 300 || strings.TrimSpace(x.failures[299]) != failing {
			t.Errorf("%s: got %s (%s: %s) with %.500s and %d failures, expected 300 failed items to be kept", name, x.Status, x.Error, x.Cause, x.Output, len(x.failures))
		}
	}
}
