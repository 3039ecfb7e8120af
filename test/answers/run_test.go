// Package answers runs jobs whose workers answer anything, and whose executions get
// any input. The account has to be the truth, or the execution has to fail by name.
package answers

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/gofunction"
	"github.com/mapjob/mapjob/constructs/mapjob"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/stack"
	"github.com/mapjob/mapjob/internal/value"
	"github.com/mapjob/mapjob/test/running"
	"github.com/mapjob/mapjob/test/synthesis"
)

func TestMain(m *testing.M) { synthesis.Main(m) }

// All tests share a stack: synthesizing and building it takes longer than running it.
func TestJobs(t *testing.T) {
	s := running.Start(t, jobs)
	s.Put(t, s.Bucket(t, "In"), "items.jsonl", []byte(lines(batchSize)))
	t.Run("Answers", func(t *testing.T) { answers(t, s) })
	t.Run("KeptItems", func(t *testing.T) { keptItems(t, s) })
	t.Run("AnswersByReference", func(t *testing.T) { answersByReference(t, s) })
	t.Run("AnswersToOneItem", func(t *testing.T) { answersToOneItem(t, s) })
	t.Run("Outputs", func(t *testing.T) { outputs(t, s) })
	t.Run("Inputs", func(t *testing.T) { inputs(t, s) })
	t.Run("StartAnswers", func(t *testing.T) { startAnswers(t, s) })
	t.Run("AnyAnswers", func(t *testing.T) { anyAnswers(t, s) })
}

// batchSize is how many items a batch and a chunk have.
const batchSize = 3

// jobs adds the jobs of all tests. They tolerate every failure: only items that are
// lost fail an execution.
func jobs(s awscdk.Stack) {
	function := func(id, entry string) awslambda.Function {
		return gofunction.New(s, &id, &gofunction.Props{Entry: &entry})
	}
	worker, summary := function("Worker", "test/jobs/worker"), function("Summary", "test/jobs/summary")
	jobStart := function("JobStart", "test/protocol/jobstart")
	in := awss3.NewBucket(s, jsii.String("In"), nil)
	results := awss3.NewBucket(s, jsii.String("Results"), nil)

	batches, chunks := &mapjob.Distributed{BatchSize: jsii.Number(batchSize)}, &mapjob.ByReference{ChunkSize: jsii.Number(batchSize)}
	express := &mapjob.Distributed{BatchSize: jsii.Number(batchSize), Children: mapjob.ExpressChildren}
	given := func(scope constructs.Construct) awsstepfunctions.IChainable {
		return awsstepfunctions.Pass_Jsonata(scope, jsii.String("Give"), &awsstepfunctions.PassJsonataProps{Outputs: "{% $states.input.item %}"})
	}
	for id, props := range map[string]mapjob.Props{
		"Lines":           {Worker: worker, Source: &mapjob.JSONLines{Bucket: in}, Mode: batches},
		"LinesChunked":    {Worker: worker, Source: &mapjob.JSONLines{Bucket: in}, Mode: chunks},
		"AnyLines":        {Worker: worker, Mode: batches},
		"Objects":         {Worker: worker, Source: &mapjob.ObjectList{Bucket: in}, Mode: batches},
		"Start":           {Worker: worker, JobStart: jobStart, Mode: batches},
		"StartChunked":    {Worker: worker, JobStart: jobStart, Mode: chunks},
		"List":            {Worker: worker, Source: &mapjob.InputList{}, Mode: express},
		"Inline":          {Worker: worker, Mode: &mapjob.Inline{}},
		"InlineSummary":   {Worker: worker, Mode: &mapjob.Inline{}, Summary: summary},
		"Processor":       {Processor: given, Source: &mapjob.InputList{}},
		"InlineProcessor": {Processor: given, Mode: &mapjob.Inline{}, Summary: summary},
	} {
		if _, inline := props.Mode.(*mapjob.Inline); !inline {
			props.ResultsBucket, props.Summary = results, summary
		}
		props.ToleratedFailurePercentage = jsii.Number(100)
		mapjob.New(s, &id, &props)
	}
}

// items returns n items, and lines the same as JSON Lines.
func items(n int) string {
	return "[" + strings.ReplaceAll(strings.TrimSuffix(lines(n), "\n"), "\n", ",") + "]"
}

func lines(n int) string {
	var text strings.Builder
	for i := range n {
		fmt.Fprintf(&text, "{\"id\":%d}\n", i)
	}
	return text.String()
}

// batch is what a worker is invoked with.
type batch struct {
	protocol.Batch[json.RawMessage]
	s *running.Stack
	t testing.TB
}

// given returns the indexes of the batch's items.
func (b *batch) given() []int {
	var indexes []int
	if c := b.Chunk; c != nil {
		for i := range c.Count {
			indexes = append(indexes, c.First+i)
		}
	}
	for _, item := range b.Items {
		indexes = append(indexes, item.Index)
	}
	return indexes
}

// place replaces BUCKET and FOLDER by where the worker may store outcomes.
func (b *batch) place(text string) string {
	to := b.BatchInput.Outcomes
	if to == nil {
		to = &protocol.Folder{Bucket: "none", Prefix: "none"}
	}
	return strings.NewReplacer("BUCKET", to.Bucket, "FOLDER", to.Prefix).Replace(text)
}

// store stores an object in the folder of outcomes.
func (b *batch) store(name, text string) {
	b.s.Put(b.t, b.BatchInput.Outcomes.Bucket, b.BatchInput.Outcomes.Prefix+"/"+name, []byte(b.place(text)))
}

// account is what a summary counted.
type account struct{ Total, Succeeded, Failed, Missing int }

// ended is an execution that has ended.
type ended struct {
	*engine.Execution
	account account // of the summary, if it answered
	report  protocol.Folder
	calls   int  // of the worker
	twice   bool // an item was given to the worker more than once
}

var executions int

// run executes a job. If answer is not nil, it answers in place of the worker.
// Replaced, if it is not nil, answers in place of the job start.
func run(t testing.TB, s *running.Stack, job, input string, answer func(*batch) string, replaced func() string) *ended {
	t.Helper()
	executions++
	e := &ended{}
	given := map[int]bool{}
	var mutex sync.Mutex
	payload := func(of any) any {
		object, _ := of.(*value.Object)
		member, _ := object.Get("Payload")
		return member
	}
	answered := func(text string) any { // as a function's answer is taken
		parsed, err := value.Parse([]byte(text))
		if err != nil {
			parsed = text
		}
		return value.NewObject("ExecutedVersion", "$LATEST", "Payload", parsed, "StatusCode", 200.0)
	}
	e.Execution = s.Execute(t, job, stack.Execution{
		Name: fmt.Sprint("run-", executions), Input: []byte(input),
		Between: func(ctx context.Context, r *engine.Request, call engine.IntegrationFunc) (any, error) {
			switch {
			case r.StateName == protocol.StateJobStart && replaced != nil:
				return answered(replaced()), nil
			case r.StateName == protocol.StateWorker:
				b := &batch{s: s, t: t}
				if err := json.Unmarshal(value.Append(nil, payload(r.Parameters)), &b.Batch); err != nil {
					t.Error(err)
				}
				mutex.Lock()
				e.calls++
				for _, index := range b.given() {
					e.twice = e.twice || given[index]
					given[index] = true
				}
				mutex.Unlock()
				if answer != nil {
					return answered(answer(b)), nil
				}
			}
			output, err := call(ctx, r)
			if r.StateName == protocol.StateSummary && err == nil {
				mutex.Lock()
				defer mutex.Unlock()
				summary := struct {
					*account
					Report *protocol.Folder
				}{&e.account, &e.report}
				err = json.Unmarshal(value.Append(nil, payload(output)), &summary)
			}
			return output, err
		},
		Engine: []engine.Option{engine.WithClock(engine.VirtualClock(time.Date(2026, 11, 1, 2, 0, 0, 0, time.UTC)))},
	})
	return e
}

func (e *ended) String() string {
	return fmt.Sprintf("%s (%s: %.300s) with %+v after %d calls, an item twice: %t", e.Status, e.Error, e.Cause, e.account, e.calls, e.twice)
}

// names of errors that an execution may end with: those of the catalogue, and
// those of Step Functions for items that it can't read.
func isNamed(e *ended) bool {
	for _, known := range protocol.Errors() {
		if e.Error == known.Name {
			return true
		}
	}
	return e.Error == "States.ItemReaderFailed"
}
