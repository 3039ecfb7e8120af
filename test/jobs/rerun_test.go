package jobs

import (
	"encoding/json"
	"fmt"
	"path"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/stack"
	"github.com/mapjob/mapjob/job/report"
	"github.com/mapjob/mapjob/test/running"
)

// rerunForms are the jobs of each form, and how many children handle three items: one
// for each if batches have one item, none if the job is Inline.
var rerunForms = map[string]int{
	"Lines": 1, "Named": 1, "FirstLines": 1, "Array": 1, "Below": 1, "Rows": 1, "FirstRows": 1, "Objects": 1, "Inventory": 1, "Input": 1,
	"ChunkedLines": 1, "ChunkedRows": 2, "ChunkedBelow": 2, "ChunkedObjects": 1, "OwnChunked": 1,
	"Start": 1, "StartChunked": 1, "Express": 2, "Workflow": 1, "Payments": 2, "NestedWorkflow": 3,
	"InlineKept": 0, "InlineStartKept": 0, "InlineWorkflowKept": 0, "InlinePaymentsKept": 0,
	"Alone": 1,
}

// rerunItems are three items, of which the second fails in each job.
var rerunItems = []string{`{"id":"a","Do":"succeed"}`, `{"id":"b","fail":true,"do":"refuse","Do":"decline"}`, `{"id":"c","Do":"succeed"}`}

// putRerun stores the items of a rerun of an execution, and returns it.
func putRerun(t *testing.T, s *running.Stack, job, execution string, items []string) protocol.Rerun {
	t.Helper()
	m, err := s.Machine(job)
	if err != nil {
		t.Fatal(err)
	}
	rerun := protocol.Rerun{
		Execution: strings.Replace(m.ARN, ":stateMachine:", ":execution:", 1) + ":" + execution,
		Bucket:    s.Bucket(t, "Results"),
		Key:       m.Name + "/" + execution + "/" + protocol.RerunsFolder + "/some.jsonl",
		Count:     len(items),
	}
	_, err = s.S3(t).PutObject(t.Context(), &s3.PutObjectInput{Bucket: &rerun.Bucket, Key: &rerun.Key,
		Body: strings.NewReader(strings.Join(items, "\n") + "\n"), Metadata: map[string]string{protocol.MetadataCount: strconv.Itoa(len(items))}})
	if err != nil {
		t.Fatal(err)
	}
	return rerun
}

// rerunInput returns an input with a rerun, edited if need be, and more members.
func rerunInput(t *testing.T, rerun protocol.Rerun, more string, edits ...string) string {
	t.Helper()
	text, err := json.Marshal(rerun)
	if err != nil {
		t.Fatal(err)
	}
	return `{` + more + `"mapjobRerun": ` + strings.NewReplacer(edits...).Replace(string(text)) + `}`
}

// A job of each form runs the items of a rerun in place of its own, and stores those
// that fail again, so that they can be the items of another one.
func reruns(t *testing.T, s *running.Stack) {
	for job, children := range rerunForms {
		t.Run(job, func(t *testing.T) {
			for _, batchSize := range []int{0, 1, 1000} {
				rerun := putRerun(t, s, job, "first", rerunItems)
				rerun.BatchSize = batchSize
				expected := children
				if batchSize == 1 && children > 0 {
					expected = 3
				}
				x := run(t, s, job, rerunInput(t, rerun, `"list": 7, "items": "not looked at", `), func(r *engine.Request, _ any, _ error) {
					if r.StateName == protocol.StateJobStart && strings.HasPrefix(job, "Start") {
						t.Error("got an invocation of the job start, expected none in a rerun")
					}
				})
				account := x.account
				if job == "Alone" || strings.Contains(job, "Start") && !strings.Contains(job, "Inline") || job == "OwnChunked" {
					if x.Error != protocol.ErrorTooManyFailures || x.Cause != "1 of 3 items failed, tolerated: 0%" {
						t.Fatalf("got %s (%s: %s), expected one failed item, which the job does not tolerate", x.Status, x.Error, x.Cause)
					}
				} else if x.Status != engine.Succeeded || account.Total != 3 || account.Succeeded != 2 || account.Failed != 1 || account.Missing != 0 {
					t.Fatalf("got %s (%s: %s) with %s, expected one failed item of three", x.Status, x.Error, x.Cause, x.Output)
				}
				if x.children != expected {
					t.Errorf("got %d children with a batch size of %d, expected %d", x.children, batchSize, expected)
				}
				if got := strings.Join(x.failures, ""); got != rerunItems[1]+"\n" {
					t.Fatalf("got the failures %s, expected %s", got, rerunItems[1])
				}
				folder := path.Dir(path.Dir(path.Dir(rerun.Key))) + "/"
				again := protocol.Rerun{Execution: rerun.Execution, Bucket: rerun.Bucket, Count: 1, Key: folder + x.Name + "/report/" + protocol.FailuresFile}
				x = run(t, s, job, rerunInput(t, again, ""))
				if len(x.failures) != 1 || x.failures[0] != rerunItems[1]+"\n" {
					t.Fatalf("got %s (%s: %s) with the failures %s for a rerun of the rerun, expected %s", x.Status, x.Error, x.Cause, x.failures, rerunItems[1])
				}
				var written report.Report
				if err := json.Unmarshal([]byte(s.Object(t, rerun.Bucket, folder+x.Name+"/report/"+protocol.ReportJSON)), &written); err != nil {
					t.Fatal(err)
				}
				if expected := (report.Comparison{Execution: rerun.Execution, SameError: 1}); written.Comparison == nil || *written.Comparison != expected {
					t.Errorf("got the comparison %+v, expected %+v", written.Comparison, expected)
				}
			}
		})
	}
}

// An item that kills its worker fails its batch, and a rerun with smaller batches takes
// that apart.
func poisonedBatch(t *testing.T, s *running.Stack) {
	const n, poison = 1000, 777
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf(`{"id":%d,"die":%t}`, i, i == poison))
	}
	x := run(t, s, "Large", `{"items":[`+strings.Join(list, ",")+`]}`)
	if x.account.Failed != n || len(x.failures) != n || x.children != 1 {
		t.Fatalf("got %s (%s: %s) with %s and %d failures, expected the whole batch to fail", x.Status, x.Error, x.Cause, x.Output, len(x.failures))
	}
	for i, line := range x.failures {
		x.failures[i] = strings.TrimSpace(line)
	}
	again := putRerun(t, s, "Large", x.Name, x.failures)
	again.BatchSize = 1
	x = run(t, s, "Large", rerunInput(t, again, ""))
	if x.Status != engine.Succeeded || x.account.Succeeded != n-1 || x.account.Failed != 1 || x.children != n {
		t.Errorf("got %s (%s: %s) with %s in %d children, expected all but one of %d items to succeed", x.Status, x.Error, x.Cause, x.Output, x.children, n)
	}
	if got := strings.Join(x.failures, ""); got != list[poison]+"\n" || !strings.Contains(string(x.Output), `"errors":{"Runtime.ExitError":1}`) {
		t.Errorf("got the failures %.300s with %s, expected %s by name", got, x.Output, list[poison])
	}
}

// A rerun that the job can't or must not do is refused by name before a worker runs.
func refusedReruns(t *testing.T, s *running.Stack) {
	refused := func(job, what, input, name string, causes ...string) {
		t.Helper()
		x := run(t, s, job, input, func(r *engine.Request, _ any, _ error) {
			t.Errorf("%s, %s: got an invocation by %s, expected none", job, what, r.StateName)
		})
		if x.Error != name {
			t.Errorf("%s, %s: got %s (%s: %s), expected %s for %s", job, what, x.Status, x.Error, x.Cause, name, input)
		}
		if took := x.Stop.Sub(x.Start); took > time.Second/2 {
			t.Errorf("%s, %s: got %s after %s, expected it at once: another try would not help", job, what, x.Error, took)
		}
		for _, cause := range causes {
			if !strings.Contains(x.Cause, cause) {
				t.Errorf("%s, %s: got the cause %s, expected it to contain %s", job, what, x.Cause, cause)
			}
		}
	}
	in, other := s.Bucket(t, "In"), putRerun(t, s, "Half", "first", rerunItems)
	s.Put(t, in, "items.jsonl", []byte("1\n2\n3\n"))
	for job := range rerunForms {
		good := putRerun(t, s, job, "first", rerunItems)
		bare := good
		bare.Key = strings.Replace(good.Key, "some", "bare", 1)
		s.Put(t, bare.Bucket, bare.Key, []byte(strings.Join(rerunItems, "\n")))
		refused(job, "no object", rerunInput(t, good, "", "some.jsonl", "none.jsonl"), protocol.ErrorInvalidRerun, "none.jsonl: got S3.", "expected an object with 3 items")
		refused(job, "more items", rerunInput(t, good, "", `"count":3`, `"count":4`), protocol.ErrorInvalidRerun, "some.jsonl: got the number 3, expected an object with 4 items")
		refused(job, "items without their number", rerunInput(t, bare, ""), protocol.ErrorInvalidRerun, "got no number, expected")
		refused(job, "items of another job", rerunInput(t, good, "", good.Key, other.Key), protocol.ErrorNotAllowed, "a key in "+good.Bucket+" that begins with ")
		refused(job, "an execution of another job", rerunInput(t, good, "", good.Execution, other.Execution), protocol.ErrorNotAllowed, "got a rerun of "+other.Execution)
		refused(job, "another bucket", rerunInput(t, good, "", good.Bucket, in), protocol.ErrorNotAllowed, "in the bucket "+in)
		refused(job, "an unknown member", rerunInput(t, good, `"MapJobRedo": 1, `), protocol.ErrorInvalidInput, `"MapJobRedo":1`, `expected none but "mapjobRerun"`)
		refused(job, "no object in the input", `{"mapjobRerun": true}`, protocol.ErrorInvalidInput, `{"mapjobRerun":true}`)
	}
	// A key is in the job's folder or not, and is no path.
	for _, job := range []string{"Lines", "ChunkedLines", "Express", "InlineKept"} {
		good := putRerun(t, s, job, "first", rerunItems)
		own, _, _ := strings.Cut(good.Key, "/")
		beside := strings.Replace(good.Key, own, own+"2", 1)
		for _, key := range []string{beside, "root.jsonl"} {
			s.Put(t, good.Bucket, key, []byte("1\n2\n3\n"))
		}
		for key, name := range map[string]string{
			own + "/../" + other.Key:                 protocol.ErrorInvalidRerun,
			own + "/%2e%2e/" + other.Key:             protocol.ErrorInvalidRerun,
			own + "/first/../../" + other.Key:        protocol.ErrorInvalidRerun,
			own + "/" + other.Key:                    protocol.ErrorInvalidRerun,
			own + "/*":                               protocol.ErrorInvalidRerun,
			"../" + good.Bucket + "/" + good.Key:     protocol.ErrorNotAllowed,
			"/" + good.Key:                           protocol.ErrorNotAllowed,
			"%2e/" + good.Key:                        protocol.ErrorNotAllowed,
			strings.Replace(good.Key, "/", "%2F", 1): protocol.ErrorNotAllowed,
			strings.ToLower(good.Key):                protocol.ErrorNotAllowed,
			beside:                                   protocol.ErrorNotAllowed,
			own:                                      protocol.ErrorNotAllowed,
			"root.jsonl":                             protocol.ErrorNotAllowed,
			"":                                       protocol.ErrorNotAllowed,
			"*/" + protocol.RerunsFolder + "/some.jsonl": protocol.ErrorNotAllowed,
		} {
			changed := good
			changed.Key = key
			refused(job, "the key "+key, rerunInput(t, changed, ""), name)
		}
		for execution, name := range map[string]string{
			good.Execution + "2":                                                            "", // an execution is not looked up
			strings.Replace(good.Execution, own, own+"2", 1):                                protocol.ErrorNotAllowed,
			strings.Replace(good.Execution, ":execution:", ":stateMachine:", 1):             protocol.ErrorNotAllowed,
			strings.Replace(good.Execution, ":execution:"+own, ":execution:"+own+"/Map", 1): protocol.ErrorNotAllowed,
			"first": protocol.ErrorNotAllowed,
		} {
			changed := good
			changed.Execution = execution
			if name != "" {
				refused(job, "the execution "+execution, rerunInput(t, changed, ""), name)
			} else if x := run(t, s, job, rerunInput(t, changed, "")); x.Status != engine.Succeeded || x.account.Total != 3 {
				t.Errorf("%s: got %s (%s: %s) for %s, expected the items to run", job, x.Status, x.Error, x.Cause, execution)
			}
		}
	}
	good := putRerun(t, s, "Lines", "first", rerunItems)
	for what, edit := range map[string][2]string{
		"no execution":             {`"execution"`, `"executions"`},
		"a number as execution":    {`"` + good.Execution + `"`, `7`},
		"an empty execution":       {good.Execution, ``},
		"a list of buckets":        {`"` + good.Bucket + `"`, `["` + good.Bucket + `"]`},
		"no key":                   {`"key"`, `"prefix"`},
		"null as key":              {`"` + good.Key + `"`, `null`},
		"an object as key":         {`"` + good.Key + `"`, `{"of":"` + good.Key + `"}`},
		"a text as count":          {`"count":3`, `"count":"3"`},
		"no items":                 {`"count":3`, `"count":0`},
		"fewer than no items":      {`"count":3`, `"count":-3`},
		"half an item":             {`"count":3`, `"count":2.5`},
		"more than a job's items":  {`"count":3`, `"count":100000001`},
		"a count with an exponent": {`"count":3`, `"count":1e9`},
		"a list as count":          {`"count":3`, `"count":[3]`},
		"true as count":            {`"count":3`, `"count":true`},
		"a negative batch":         {`"count":3`, `"count":3,"batchSize":-1`},
		"a large batch":            {`"count":3`, `"count":3,"batchSize":100000001`},
		"no count":                 {`,"count":3`, ``},
		"a batch of nothing":       {`"count":3`, `"count":3,"batchSize":0`},
		"a batch of half an item":  {`"count":3`, `"count":3,"batchSize":0.5`},
		"a text as batch size":     {`"count":3`, `"count":3,"batchSize":"1"`},
		"null as batch size":       {`"count":3`, `"count":3,"batchSize":null`},
		"a list as batch size":     {`"count":3`, `"count":3,"batchSize":[1,1]`},
		"a batch size in lower":    {`"count":3`, `"count":3,"batchsize":1`},
		"a member that is not one": {`"count":3`, `"count":3,"first":1`},
	} {
		name := protocol.ErrorInvalidInput
		if what == "an empty execution" {
			name = protocol.ErrorNotAllowed
		}
		input := rerunInput(t, good, "", edit[0], edit[1])
		if !json.Valid([]byte(input)) || input == rerunInput(t, good, "") {
			t.Fatalf("%s: got %s, expected JSON with an edit", what, input)
		}
		refused("Lines", what, input, name)
	}
	for what, input := range map[string]string{
		"another case":       strings.Replace(rerunInput(t, good, ""), "mapjobRerun", "mapjobrerun", 1),
		"upper case":         strings.Replace(rerunInput(t, good, ""), "mapjobRerun", "MAPJOBRERUN", 1),
		"a list of reruns":   `{"mapjobRerun": [` + strings.TrimPrefix(rerunInput(t, good, ""), `{"mapjobRerun": `) + `]}`,
		"null":               `{"mapjobRerun": null}`,
		"the prefix":         `{"mapjob": 1}`,
		"a member and items": `{"mapjob-x": 1, "items": []}`,
	} {
		refused("Lines", what, strings.Replace(input, "}]}", "]}", 1), protocol.ErrorInvalidInput, "got in the input {")
	}
	for _, job := range []string{"InlineBare", "Inline", "InlineStart"} {
		refused(job, "a job that can't", rerunInput(t, good, ""), protocol.ErrorInvalidRerun, "got a rerun of an Inline job without a Summary or a results bucket")
		refused(job, "an unknown member", `{"MAPJOBX": 1, "items": []}`, protocol.ErrorInvalidInput, `{"MAPJOBX":1}`, "expected no such member")
	}
	// What looks like such a member further down is data.
	if x := run(t, s, "Input", `{"items": [{"mapjobRerun": 1}], "more": {"mapjobX": 1}}`); x.Status != engine.Succeeded || x.account.Succeeded != 1 {
		t.Errorf("got %s (%s: %s), expected an item with any member", x.Status, x.Error, x.Cause)
	}
	if x := run(t, s, "InlineBare", `[{"mapjobRerun": 1}]`); x.Status != engine.Succeeded {
		t.Errorf("got %s (%s: %s), expected an item with any member", x.Status, x.Error, x.Cause)
	}
}

// The lock and tolerance are as in any execution, and so are messages: notification
// has a rerun.
func rerunsLikeAny(t *testing.T, s *running.Stack) {
	one := putRerun(t, s, "Alone", "first", []string{`{"ms": 2000}`})
	done := make(chan *engine.Execution)
	go func() {
		done <- s.Execute(t, "Alone", stack.Execution{Name: "rerun-of-one", Input: []byte(rerunInput(t, one, ""))})
	}()
	other := s.Execute(t, "Alone", stack.Execution{Name: "beside-a-rerun", Input: []byte(`{"items": [{"ms": 2000}]}`)})
	x := <-done
	if skipped := strings.Contains(string(x.Output), `"skipped":true`) != strings.Contains(string(other.Output), `"skipped":true`); x.Status != engine.Succeeded || other.Status != engine.Succeeded || !skipped {
		t.Errorf("got %s with %s and %s with %s, expected one of a rerun and another execution to be skipped", x.Status, x.Output, other.Status, other.Output)
	}
	if x := run(t, s, "Alone", rerunInput(t, one, "")); x.Status != engine.Succeeded {
		t.Errorf("got %s (%s: %s), expected the lock to be free again", x.Status, x.Error, x.Cause)
	}
	// An object with fewer lines than it says has lost some.
	short := putRerun(t, s, "Lines", "short", rerunItems)
	short.Count = 4
	client, key := s.S3(t), short.Key+"x"
	_, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &short.Bucket, Key: &key, Body: strings.NewReader("1\n2\n"), Metadata: map[string]string{protocol.MetadataCount: "4"}})
	if err != nil {
		t.Fatal(err)
	}
	short.Key = key
	if x := run(t, s, "Lines", rerunInput(t, short, "")); x.Error != protocol.ErrorLostItems || x.Cause != "2 of 4 items have no result" {
		t.Errorf("got %s (%s: %s), expected two items of four to be lost", x.Status, x.Error, x.Cause)
	}
	// A percentage counts the items of the rerun, not those of the first execution.
	if x := run(t, s, "Both", rerunInput(t, putRerun(t, s, "Both", "two", []string{`{"fail":true}`, `{"id":1}`}), "")); x.Error != protocol.ErrorTooManyFailures || x.Cause != "1 of 2 items failed, tolerated: 10% and 2" {
		t.Errorf("got %s (%s: %s), expected one failed item of two to be too many", x.Status, x.Error, x.Cause)
	}
	// Batches are no larger than those of the job, and a rerun may run beside the
	// execution whose items it has.
	many := putRerun(t, s, "Half", "many", []string{"{}", "{}", "{}", "{}", "{}", "{}", "{}", "{}", "{}"})
	many.BatchSize = 10_001
	go func() {
		done <- s.Execute(t, "Half", stack.Execution{Name: "many", Input: []byte(`{"items": [{"ms": 2000}, {"ms": 2000, "fail": true}]}`)})
	}()
	if x := run(t, s, "Half", rerunInput(t, many, "")); x.Status != engine.Succeeded || x.account.Succeeded != 9 || x.children != 3 {
		t.Errorf("got %s (%s: %s) in %d children, expected nine items in three", x.Status, x.Error, x.Cause, x.children)
	}
	if x := <-done; x.Status != engine.Succeeded || !strings.Contains(string(x.Output), `"failed":1`) {
		t.Errorf("got %s (%s: %s) with %s, expected the execution beside a rerun to end as without it", x.Status, x.Error, x.Cause, x.Output)
	}
	var failing []string
	for i := range 3 {
		failing = append(failing, fmt.Sprintf(`{"id":%d,"fail":true}`, i))
	}
	if x := run(t, s, "Count", rerunInput(t, putRerun(t, s, "Count", "two", failing[:2]), "")); x.Status != engine.Succeeded || x.account.Failed != 2 {
		t.Errorf("got %s (%s: %s), expected two failed items to be tolerated", x.Status, x.Error, x.Cause)
	}
	if x := run(t, s, "Count", rerunInput(t, putRerun(t, s, "Count", "three", failing), "")); x.Error != protocol.ErrorTooManyFailures {
		t.Errorf("got %s (%s: %s), expected three failed items to be too many", x.Status, x.Error, x.Cause)
	}
}
