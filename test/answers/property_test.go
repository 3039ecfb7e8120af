package answers

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/test/running"
	"pgregory.net/rapid"
)

// Whatever the workers answer and whatever the input says beside the items, the
// account is the truth, and no item is given to a worker twice. It takes 100 runs of
// each job unless -rapid.checks says otherwise.
func anyAnswers(t *testing.T, s *running.Stack) {
	for _, job := range []string{"Lines", "LinesChunked", "Start", "StartChunked", "List", "InlineSummary"} {
		t.Run(job, func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				n := rapid.IntRange(1, 7).Draw(rt, "items")
				size := batchSize
				if job == "InlineSummary" {
					size = 1
				}
				byBatch := map[int]*drawn{}
				expected := account{Total: n}
				for first := 0; first < n; first += size {
					d := draw(rt, first, min(size, n-first), job)
					byBatch[first] = d
					expected.Succeeded += d.succeeded
					expected.Failed += d.failed
				}
				expected.Missing = n - expected.Succeeded - expected.Failed
				x := run(t, s, job, drawInput(rt, t, s, job, n), func(b *batch) string {
					d := byBatch[b.given()[0]]
					if d.stored != "" {
						b.store(d.name, d.stored)
					}
					return b.place(d.answer)
				}, nil)
				ends := ""
				if expected.Missing > 0 {
					ends = protocol.ErrorLostItems
				}
				if x.Error != ends || x.account != expected || x.twice || x.calls != len(byBatch) {
					for _, d := range byBatch {
						rt.Logf("answer %s, stored %s", d.answer, d.stored)
					}
					rt.Errorf("got %v, expected %q with %+v after %d calls", x, ends, expected, len(byBatch))
				}
			})
		})
	}
	t.Run("anything", func(t *testing.T) { anything(t, s) })
}

// drawInput draws an input that names n items and has other members beside them.
func drawInput(rt *rapid.T, t *testing.T, s *running.Stack, job string, n int) string {
	var beside strings.Builder
	for _, name := range []string{"count", "chunked", "prefix", "index", "bucket"} {
		if rapid.Bool().Draw(rt, name) {
			fmt.Fprintf(&beside, `,"%s":%s`, name, rapid.SampledFrom([]string{"0", "300", "-1", "true", `"x"`, "null", "[]", "{}", "1e99"}).Draw(rt, "value"))
		}
	}
	switch {
	case strings.HasPrefix(job, "Start"):
		return `{"list":` + items(n) + beside.String() + `}`
	case strings.HasPrefix(job, "Lines"):
		key := fmt.Sprintf("any-%d.jsonl", n)
		s.Put(t, s.Bucket(t, "In"), key, []byte(lines(n)))
		return `{"items":{"key":"` + key + `"` + beside.String() + `}}`
	}
	return `{"items":` + items(n) + beside.String() + `}`
}

// drawn is an answer, and how the items of its batch are accounted for.
type drawn struct {
	answer            string
	name, stored      string // an object
	succeeded, failed int
}

// draw draws the answer to a batch: elements that are nearly right, in the answer or
// stored.
func draw(t *rapid.T, first, n int, job string) *drawn {
	kinds := []string{"list", "list", "list", "junk"}
	if job != "InlineSummary" {
		kinds = append(kinds, "stored", "stored nowhere")
	}
	kind := rapid.SampledFrom(kinds).Draw(t, "kind")
	d := &drawn{}
	if kind == "junk" {
		d.answer = rapid.SampledFrom([]string{"null", "7", `"x"`, "{}", "[]", "[[]]", "[null]", "", "{", "\x00\xff", `{"index":0,"status":"SUCCEEDED"}`, "1e999", "[{}]"}).Draw(t, "junk")
		return d
	}
	seen := map[int]bool{}
	var elements []string
	for i := range rapid.IntRange(0, n+1).Draw(t, "elements") {
		index := first + rapid.SampledFrom([]int{i, i, i, i, i, 0, n, -1, 50}).Draw(t, "index")
		element, counts := drawElement(t, index)
		elements = append(elements, element)
		if counts == "" || index < first || index >= first+n || seen[index] {
			continue
		}
		seen[index] = true
		if counts == protocol.Succeeded {
			d.succeeded++
		} else {
			d.failed++
		}
	}
	switch kind {
	case "list":
		d.answer = "[" + strings.Join(elements, ",") + "]"
	case "stored":
		d.name = fmt.Sprintf("%d.jsonl", first)
		d.stored = strings.Join(elements, "\n") + "\n"
		d.answer = fmt.Sprintf(`[{"outcomes":{"bucket":"BUCKET","key":"FOLDER/%s"},"succeeded":%d,"failed":0}]`, d.name, n)
	case "stored nowhere":
		d.succeeded, d.failed = 0, 0
		d.answer = fmt.Sprintf(`[{"outcomes":{"bucket":"BUCKET","key":%q}}]`, rapid.SampledFrom([]string{"FOLDER/none", "FOLDER", "", "FOLDER/../x", "items.jsonl"}).Draw(t, "key"))
	}
	return d
}

// drawElement draws an element of an answer about an item, and how it counts: "" if it
// names no item.
func drawElement(t *rapid.T, index int) (text string, counts protocol.Status) {
	switch rapid.SampledFrom([]string{"succeeded", "succeeded", "succeeded", "failed", "broken", "unnamed"}).Draw(t, "element") {
	case "succeeded":
		return fmt.Sprintf(`{"index":%d,"status":"SUCCEEDED","output":%s}`, index, drawJSON(t)), protocol.Succeeded
	case "failed":
		return fmt.Sprintf(`{"index":%d,"status":"FAILED","error":"Bad","cause":"x","retryable":true}`, index), protocol.Failed
	case "broken":
		member := rapid.SampledFrom([]string{`"status":"DONE"`, `"status":null`, `"Status":"SUCCEEDED"`, `"status":"SUCCEEDED","ms":"1"`, `"status":"SUCCEEDED","startedAt":1e400`,
			`"status":"FAILED","error":[]`, `"outcomes":{"bucket":"BUCKET","key":"FOLDER/x"}`, `"given":[0],"answer":[]`}).Draw(t, "member")
		return fmt.Sprintf(`{"index":%d,%s}`, index, member), protocol.Failed
	}
	return rapid.SampledFrom([]string{
		`{"status":"SUCCEEDED"}`, `{"index":null,"status":"SUCCEEDED"}`, fmt.Sprintf(`{"index":"%d","status":"SUCCEEDED"}`, index), fmt.Sprintf(`{"Index":%d,"status":"SUCCEEDED"}`, index),
		fmt.Sprintf(`{"index":%d.5,"status":"SUCCEEDED"}`, index), fmt.Sprintf(`[{"index":%d,"status":"SUCCEEDED"}]`, index), fmt.Sprintf(`{"index":[%d],"status":"SUCCEEDED"}`, index),
		`{}`, `null`, `7`, `"x"`, `[]`, `{"given":[0,1,2],"answer":[{"index":0,"status":"SUCCEEDED"}]}`,
	}).Draw(t, "unnamed"), ""
}

func drawJSON(t *rapid.T) string {
	return rapid.SampledFrom([]string{"null", "{}", `{"a":{"index":9,"status":"FAILED"}}`, "[[1]]", `"é\u2028"`, "1e300", "-0.5", `"\ud83d\ude00"`}).Draw(t, "output")
}

// anything runs jobs with bytes as answers, which may be any JSON.
func anything(t *testing.T, s *running.Stack) {
	rapid.Check(t, func(rt *rapid.T) {
		job := rapid.SampledFrom([]string{"Lines", "LinesChunked", "List", "Inline", "InlineSummary"}).Draw(rt, "job")
		input := items(batchSize)
		if strings.HasPrefix(job, "Lines") {
			input = `{"items":{"key":"items.jsonl"}}`
		}
		answer := string(rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(rt, "bytes"))
		if rapid.Bool().Draw(rt, "JSON") {
			text, err := json.Marshal(drawAny(rt, 3))
			if err != nil {
				rt.Fatal(err)
			}
			answer = string(text)
		}
		x := run(t, s, job, input, func(*batch) string { return answer }, nil)
		switch {
		case x.twice:
			rt.Errorf("%s, %q: got %v, expected each item once", job, answer, x)
		case x.Status == engine.Failed && !isNamed(x):
			rt.Errorf("%s, %q: got %v, expected a name of the catalogue", job, answer, x)
		case x.Status == engine.Succeeded && strings.Count(answer, "index") < batchSize:
			rt.Errorf("%s, %q: got %v, expected items to be lost", job, answer, x)
		}
	})
}

// drawAny draws JSON of the protocol's words.
func drawAny(t *rapid.T, depth int) any {
	words := []string{"index", "status", "output", "outcomes", "bucket", "key", "prefix", "parts", "chunk", "given", "answer", "first", "count"}
	kinds := []string{"number", "word", "status", "null"}
	if depth > 0 {
		kinds = append(kinds, "list", "object", "object")
	}
	switch rapid.SampledFrom(kinds).Draw(t, "kind") {
	case "number":
		return rapid.SampledFrom([]any{0, 1, 2, 3, -1, 0.5, 1e30}).Draw(t, "number")
	case "word":
		return rapid.SampledFrom(words).Draw(t, "word")
	case "status":
		return "SUCCEEDED"
	case "list":
		list := []any{}
		for range rapid.IntRange(0, 3).Draw(t, "length") {
			list = append(list, drawAny(t, depth-1))
		}
		return list
	case "object":
		object := map[string]any{}
		for range rapid.IntRange(0, 3).Draw(t, "members") {
			object[rapid.SampledFrom(words).Draw(t, "name")] = drawAny(t, depth-1)
		}
		return object
	}
	return nil
}
