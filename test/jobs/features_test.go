package jobs

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/stack"
	"github.com/mapjob/mapjob/test/running"
)

// All tests share a stack: synthesizing and building it takes longer than running it.
func TestJobs(t *testing.T) {
	s := running.Start(t, jobsOfAllTests)
	t.Run("Sources", func(t *testing.T) { sources(t, s) })
	t.Run("ChangedSources", func(t *testing.T) { changedSources(t, s) })
	t.Run("Starters", func(t *testing.T) { starters(t, s) })
	t.Run("Inputs", func(t *testing.T) { inputs(t, s) })
	t.Run("Largest", func(t *testing.T) { largest(t, s) })
	t.Run("LargestItem", func(t *testing.T) { largestItem(t, s) })
	t.Run("LargestInline", func(t *testing.T) { largestInline(t, s) })
	t.Run("LargeResults", func(t *testing.T) { largeResults(t, s) })
	t.Run("Tolerance", func(t *testing.T) { tolerance(t, s) })
	t.Run("Batches", func(t *testing.T) { batches(t, s) })
	t.Run("Processors", func(t *testing.T) { processors(t, s) })
	t.Run("Callbacks", func(t *testing.T) { callbacks(t, s) })
	t.Run("Overlap", func(t *testing.T) { overlap(t, s) })
	t.Run("Reruns", func(t *testing.T) { reruns(t, s) })
	t.Run("RefusedReruns", func(t *testing.T) { refusedReruns(t, s) })
	t.Run("PoisonedBatch", func(t *testing.T) { poisonedBatch(t, s) })
	t.Run("RerunsLikeAny", func(t *testing.T) { rerunsLikeAny(t, s) })
	t.Run("Notification", func(t *testing.T) { notification(t, s) })
}

func zipped(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// From every source, each item gets to the worker and into the account, and
// failures.jsonl has the failed ones.
func sources(t *testing.T, s *running.Stack) {
	in := s.Bucket(t, "In")
	const rows = `{"fail":"","id":"1"}` + "\nRefused: this item was refused\n" + `{"fail":"","id":"3"}`
	for key, text := range map[string]string{
		"items.jsonl":             `{"id":1}` + "\n" + `{"id":2,"fail":true}` + "\n" + `{"id":3}` + "\n",
		"items.json":              `[{"id":1},{"id":2,"fail":true},{"id":3}]`,
		"orders.json":             `{"of": "x", "days": [{"of": [], "of/today": [{"id":1},{"id":2,"fail":true},{"id":3}]}]}`,
		"items.csv":               "id,fail\n1,\n2,yes\n3,\n",
		"semicolons.csv":          "1;\n2;yes\n3;\n4;\n",
		"scans/a.png":             "a",
		"scans/b.png":             "bb",
		"other/c.png":             "ccc",
		"inventory/manifest.json": fmt.Sprintf(`{"sourceBucket": "scans", "destinationBucket": "arn:aws:s3:::%s", "version": "2016-11-30", "creationTimestamp": "1514944800000", "fileFormat": "CSV", "fileSchema": "Bucket, Key, Size", "files": [{"key": "inventory/data.csv.gz", "size": 1, "MD5checksum": "x"}]}`, in),
		"inventory/data.csv.gz":   string(zipped(t, "\"scans\",\"x.png\",\"7\"\n\"scans\",\"y.png\",\"8\"\n")),
	} {
		s.Put(t, in, key, []byte(text))
	}
	numbers := `{"id":1}` + "\nRefused: this item was refused\n" + `{"id":3}`
	for job, c := range map[string]struct {
		input, outputs, failures string
		total                    int
	}{
		"Lines":        {`{}`, numbers, `{"id":2,"fail":true}`, 3},
		"Array":        {`{}`, numbers, `{"id":2,"fail":true}`, 3},
		"Below":        {`{}`, numbers, `{"id":2,"fail":true}`, 3},
		"ChunkedBelow": {`{}`, numbers, `{"id":2,"fail":true}`, 3},
		"Rows":         {`{}`, rows, `{"id":"2","fail":"yes"}`, 3},
		"FirstRows":    {`{}`, rows, `{"id":"2","fail":"yes"}`, 3},
		"Input":        {`{"items": [{"id":1},{"id":2,"fail":true},{"id":3}]}`, numbers, `{"id":2,"fail":true}`, 3},
		"Named":        {`{"items": {"key": "items.jsonl"}}`, numbers, `{"id":2,"fail":true}`, 3},
		"ChunkedRows":  {`{}`, rows, `{"id":"2","fail":"yes"}`, 3},
		"ChunkedLines": {`{"items": {"key": "items.jsonl"}}`, numbers, `{"id":2,"fail":true}`, 3},
	} {
		t.Run(job, func(t *testing.T) {
			x := run(t, s, job, c.input)
			if x.Status != engine.Succeeded || x.account.Total != c.total || x.account.Failed != 1 || x.account.Missing != 0 {
				t.Fatalf("got %s (%s: %s) with %s, expected %d items, one failed", x.Status, x.Error, x.Cause, x.Output, c.total)
			}
			if got := x.outputs(); got != c.outputs {
				t.Errorf("got\n%s\nexpected\n%s", got, c.outputs)
			}
			if got := strings.TrimSpace(strings.Join(x.failures, "")); got != c.failures {
				t.Errorf("got the failures %s, expected %s", got, c.failures)
			}
		})
	}
	for job, parts := range map[string][]string{
		"Objects":        {`"Key":"scans/a.png"`, `"Size":1`, `"Key":"scans/b.png"`, `"Size":2`},
		"ChunkedObjects": {`"Key":"scans/a.png"`, `"Size":1`, `"Key":"scans/b.png"`, `"Size":2`},
		"Inventory":      {`"Key":"x.png"`, `"Size":"7"`, `"Key":"y.png"`},
	} {
		t.Run(job, func(t *testing.T) {
			x := run(t, s, job, `{}`)
			if x.Status != engine.Succeeded || x.account.Total != 2 || x.account.Succeeded != 2 {
				t.Fatalf("got %s (%s: %s) with %s, expected two items", x.Status, x.Error, x.Cause, x.Output)
			}
			for _, part := range parts {
				if !strings.Contains(x.outputs(), part) {
					t.Errorf("got\n%s\nexpected it to contain %s", x.outputs(), part)
				}
			}
		})
	}
	for job, expected := range map[string]string{
		"Named":        `got no items from the input but {}, expected {"items": {"key": "..."}}`,
		"ChunkedLines": `got no items from the input but {}, expected {"items": {"key": "..."}}`,
		"Input":        `got no items from the input but {}, expected {"items": [...]}`,
	} {
		if x := run(t, s, job, `{"items": {}}`); x.Error != "MapJob.InvalidInput" || !strings.HasPrefix(x.Cause, expected[:30]) || !strings.HasSuffix(x.Cause, expected[len(expected)-20:]) {
			t.Errorf("%s: got %s: %s, expected %s", job, x.Error, x.Cause, expected)
		}
	}
	if x := run(t, s, "Input", `{"items": []}`); x.Status != engine.Succeeded || x.account.Total != 0 {
		t.Errorf("got %s (%s: %s) with %s for no items, expected success", x.Status, x.Error, x.Cause, x.Output)
	}
}

// Whatever becomes of the object with the items after the Map has read it,
// failures.jsonl names the items that ran.
func changedSources(t *testing.T, s *running.Stack) {
	in := s.Bucket(t, "In")
	const text, key = "{\"id\":1}\n{\"id\":2,\"fail\":true}\nnull\n{\"id\":4,\"fail\":true}\n", "changing.jsonl"
	const expected = "{\"id\":2,\"fail\":true}\n{\"id\":4,\"fail\":true}\n"
	client := s.S3(t)
	put := func(text string) func() error {
		return func() error {
			_, err := client.PutObject(context.Background(), &s3.PutObjectInput{Bucket: &in, Key: aws.String(key), Body: strings.NewReader(text)})
			return err
		}
	}
	for name, change := range map[string]func() error{
		"the same again": put(text),
		"shorter":        put("{\"id\":8}\n"),
		"longer":         put("{\"id\":9}\n" + text),
		"other items":    put(strings.ReplaceAll(text, "id", "no")),
		"deleted": func() error {
			_, err := client.DeleteObject(context.Background(), &s3.DeleteObjectInput{Bucket: &in, Key: aws.String(key)})
			return err
		},
	} {
		for _, job := range []string{"Named", "ChunkedLines"} {
			s.Put(t, in, key, []byte(text))
			changed := 0
			x := run(t, s, job, `{"items": {"key": "`+key+`"}}`, func(request *engine.Request, _ any, _ error) {
				if request.StateName == protocol.StateWorker {
					changed++
					if err := change(); err != nil {
						t.Error(err)
					}
				}
			})
			if x.Status != engine.Succeeded || x.account.Total != 4 || x.account.Failed != 2 || changed != 1 {
				t.Errorf("%s, %s: got %s (%s: %s) with %s after %d changes, expected two failed items of four after one", job, name, x.Status, x.Error, x.Cause, x.Output, changed)
			}
			if got := strings.Join(x.failures, ""); got != expected {
				t.Errorf("%s, %s: got the failures %s, expected those that ran, %s", job, name, got, expected)
			}
		}
	}
}

func inputs(t *testing.T, s *running.Stack) {
	if x := run(t, s, "Inline", `[{"id":1,"items":[1,2]},{"id":2,"items":[3]}]`); x.Status != engine.Succeeded || !strings.Contains(string(x.Output), `"succeeded":2`) {
		t.Errorf("got %s (%s: %s) with %.500s, expected two items that have items themselves", x.Status, x.Error, x.Cause, x.Output)
	}
}

// items returns an input with a list of items, of which those with an f fail.
func items(which string) string {
	var list []string
	for i, c := range which {
		list = append(list, fmt.Sprintf(`{"id":%d,"fail":%t}`, i, c == 'f'))
	}
	return `{"items": [` + strings.Join(list, ",") + `]}`
}

// Items count, not batches.
func tolerance(t *testing.T, s *running.Stack) {
	for _, c := range []struct{ job, items, cause string }{
		{"Half", "ffss" + "ssff" + "ssss", ""},
		{"Half", "ffff" + "ssff" + "s", "6 of 9 items failed, tolerated: 50%"},
		{"Count", "fsss" + "fsss", ""},
		{"Count", "fsss" + "ffss", "3 of 8 items failed, tolerated: 2"},
		{"Both", "fsssssssss", ""},
		{"Both", "ffssssssss", "2 of 10 items failed, tolerated: 10% and 2"},
		{"Both", strings.Repeat("s", 40) + "fff", "3 of 43 items failed, tolerated: 10% and 2"},
		{"Bytes", "sf", "1 of 2 items failed, tolerated: 0%"},
	} {
		x := run(t, s, c.job, items(c.items))
		if c.cause == "" && x.Status != engine.Succeeded || c.cause != "" && (x.Error != "MapJob.TooManyFailures" || x.Cause != c.cause) {
			t.Errorf("%s of %s: got %s (%s: %s), expected the cause %q", c.job, c.items, x.Status, x.Error, x.Cause, c.cause)
		}
	}
}

func batches(t *testing.T, s *running.Stack) {
	long := fmt.Sprintf(`{"text": %q}`, strings.Repeat("x", 700))
	x := run(t, s, "Bytes", `{"items": [`+strings.Join([]string{long, long, long, long, long}, ",")+`]}`)
	if x.Status != engine.Succeeded || x.account.Succeeded != 5 || x.children < 3 {
		t.Errorf("got %s (%s: %s), %+v in %d children, expected five items in three or more of up to 2,000 bytes", x.Status, x.Error, x.Cause, x.account, x.children)
	}
	if x := run(t, s, "Express", items("sfs")); x.Status != engine.Succeeded || x.children != 2 || x.account.Succeeded != 2 || x.account.Failed != 1 {
		t.Errorf("got %s (%s: %s), %+v in %d Express children, expected two of three items in two", x.Status, x.Error, x.Cause, x.account, x.children)
	}
	if x := run(t, s, "Half", items("sssssssss")); x.children != 3 {
		t.Errorf("got %d children for nine items, expected three of up to four", x.children)
	}
}

func processors(t *testing.T, s *running.Stack) {
	input := `{"items": [{"id":"a"},{"do":"refuse"},{"id":"c"},{"do":"die"},{"id":"e"}]}`
	expected := `{"booked":"a"}` + "\nRefused: item 1 of %s\n" + `{"booked":"c"}` + "\nStates.TaskFailed: \n" + `{"booked":"e"}`
	x := run(t, s, "Workflow", input)
	if x.Status != engine.Succeeded || x.children != 2 || x.account.Succeeded != 3 || x.account.Failed != 2 {
		t.Fatalf("got %s (%s: %s) with %s in %d children, expected three of five items in two", x.Status, x.Error, x.Cause, x.Output, x.children)
	}
	if got, expected := x.outputs(), fmt.Sprintf(expected, "Workflow"); got != expected {
		t.Errorf("got\n%s\nexpected\n%s", got, expected)
	}
	if got := strings.Join(x.failures, ""); got != "{\"do\":\"refuse\"}\n{\"do\":\"die\"}\n" {
		t.Errorf("got the failures\n%s, expected the two items", got)
	}
	if x := run(t, s, "InlineWorkflow", input); x.Status != engine.Succeeded || !strings.Contains(string(x.Output), `"error":"Refused"`) || !strings.Contains(string(x.Output), `{"booked":"e"}`) {
		t.Errorf("got %s (%s: %s) with %s, expected outcomes of all five", x.Status, x.Error, x.Cause, x.Output)
	}
}

func callbacks(t *testing.T, s *running.Stack) {
	input := `{"items": [{"Do":"succeed"},{"Do":"decline"},{"Do":"refuse"},{"Do":"forget"},{"Do":"succeed"}]}`
	x := run(t, s, "Payments", input)
	if x.Status != engine.Succeeded || x.children != 3 || x.account.Succeeded != 2 || x.account.Failed != 3 {
		t.Fatalf("got %s (%s: %s) with %s in %d children, expected two of five items in three", x.Status, x.Error, x.Cause, x.Output, x.children)
	}
	lines := strings.Split(x.outputs(), "\n")
	for i, expected := range []string{`{"receipt":7}`, "Declined: the bank says no", "Refused: ", "States.Timeout: ", `{"receipt":7}`} {
		if !strings.HasPrefix(lines[i], expected) {
			t.Errorf("got %s of item %d, expected %s", lines[i], i, expected)
		}
	}
	if took := x.Stop.Sub(x.Start); took.Minutes() < 10 || took.Hours() > 1 {
		t.Errorf("got an execution of %s, expected it to wait for a heartbeat for ten minutes", took)
	}
	x = run(t, s, "InlinePayments", input)
	if text := string(x.Output); x.Status != engine.Succeeded || !strings.Contains(text, `"error":"States.Timeout"`) || strings.Count(text, `"receipt":7`) != 2 {
		t.Errorf("got %s (%s: %s) with %s, expected an item that timed out", x.Status, x.Error, x.Cause, text)
	}
}

// Of two executions at the same time one is skipped, and the next one runs.
func overlap(t *testing.T, s *running.Stack) {
	input := []byte(`{"items": [{"id": 1, "ms": 3000}]}`)
	var both [2]*engine.Execution
	var running sync.WaitGroup
	for i := range both {
		running.Go(func() {
			both[i] = s.Execute(t, "Alone", stack.Execution{Name: fmt.Sprint("at-once-", i), Input: input})
		})
	}
	running.Wait()
	skipped := 0
	for i, x := range both {
		if x.Status != engine.Succeeded {
			t.Errorf("got %s (%s: %s), expected both to succeed", x.Status, x.Error, x.Cause)
		}
		if strings.Contains(string(x.Output), `"skipped":true`) && strings.Contains(string(x.Output), both[1-i].ARN) {
			skipped++
		}
	}
	if skipped != 1 {
		t.Errorf("got %d skipped executions, expected one: %s and %s", skipped, both[0].Output, both[1].Output)
	}
	if x := run(t, s, "Alone", `{"items": [{"id": 1}, {"id": 2, "fail": true}]}`); x.Error != "MapJob.TooManyFailures" || x.Cause != "1 of 2 items failed, tolerated: 0%" {
		t.Errorf("got %s (%s: %s), expected the job's own verdict", x.Status, x.Error, x.Cause)
	}
	if x := run(t, s, "Alone", `{"items": [{"id": 1}]}`); x.Status != engine.Succeeded || x.account.Succeeded != 1 {
		t.Errorf("got %s (%s: %s) with %s, expected the lock to be free again", x.Status, x.Error, x.Cause, x.Output)
	}
}

// Every ending is published, with the numbers and the report's address.
func notification(t *testing.T, s *running.Stack) {
	good := run(t, s, "Told", items("ss"))
	bad := run(t, s, "Told", items("sf"))
	if good.Status != engine.Succeeded || bad.Error != "MapJob.TooManyFailures" {
		t.Fatalf("got %s (%s) and %s (%s), expected a success and a failure", good.Status, good.Error, bad.Status, bad.Error)
	}
	again := run(t, s, "Told", rerunInput(t, putRerun(t, s, "Told", bad.Name, []string{`{"id":1,"fail":true}`}), ""))
	var both sync.WaitGroup
	for i := range 2 {
		both.Go(func() {
			s.Execute(t, "Told", stack.Execution{Name: fmt.Sprint("told-at-once-", i), Input: []byte(`{"items": [{"ms": 2000}]}`)})
		})
	}
	both.Wait()
	told := s.Messages(t)
	for _, expected := range []string{
		"2 of 2 items succeeded, 0 failed, 0 missing.\nExecution: " + good.ARN + "\nReport: s3://",
		"Told was skipped.\nCause: execution arn:aws:states:us-east-1:123456789012:execution:",
		"Cause: 1 of 2 items failed, tolerated: 0%\n1 of 2 items succeeded, 1 failed, 0 missing.\nExecution: " + bad.ARN,
		"Cause: 1 of 1 items failed, tolerated: 0%\n0 of 1 items succeeded, 1 failed, 0 missing.\nExecution: " + again.ARN,
	} {
		if !slices.ContainsFunc(told, func(m string) bool { return strings.Contains(m, expected) }) {
			t.Errorf("got the messages\n%s\nexpected one with\n%s", strings.Join(told, "\n---\n"), expected)
		}
	}
	if len(told) != 5 {
		t.Errorf("got %d messages, expected one for each execution", len(told))
	}
}
