package cli

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"
	"sync"

	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/engine/event"
	"github.com/mapjob/mapjob/internal/value"
	"github.com/mapjob/mapjob/job/report"
)

// account counts the items of a run as the runner itself sees them, whatever
// the job's summary says, and writes their results.
type account struct {
	mutex    sync.Mutex
	total    int // -1 while it is not known
	items    report.Account
	results  *bufio.Writer
	file     *os.File
	observed bool                  // there is a Map Run
	inline   map[int]*value.Object // the last outcome of each item of an Inline job
	err      error

	objects objects // where outcomes may be stored

	written *reportPlace // where the summary put its report; nil: it wrote none
}

// reportPlace is a folder in the local S3.
type reportPlace struct{ bucket, prefix string }

func newAccount(path string) (*account, error) {
	file, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	return &account{total: -1, file: file, results: bufio.NewWriterSize(file, 1<<16), inline: map[int]*value.Object{}}, nil
}

// counts is a snapshot for the progress bar.
func (a *account) counts() counts {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	succeeded, failed := a.items.Succeeded, a.items.Failed
	for _, outcome := range a.inline {
		if status, _ := outcome.Get("status"); status == "SUCCEEDED" {
			succeeded++
		} else {
			failed++
		}
	}
	return counts{a.total, succeeded + failed, failed}
}

// The account observes Map Runs.

func (a *account) Started(engine.MapRunInfo) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.observed = true
}

// Counted is called with what has been read of the items so far, which may be
// less than the job start said there are.
func (a *account) Counted(total int) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.total = max(a.total, total)
}

func (a *account) ChildDone(child engine.ChildResult) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if list, ok := child.Output.([]any); ok && child.Status == engine.Succeeded {
		for _, element := range list {
			outcome, ok := element.(*value.Object)
			if !ok {
				continue
			}
			if member(outcome, "outcomes") != nil {
				a.err = errors.Join(a.err, a.addStored(outcome))
			} else {
				a.add(outcome)
			}
		}
		return
	}
	if chunk := member(child.Input, "Chunk"); chunk != nil {
		a.err = errors.Join(a.err, a.addFailedChunk(child, chunk))
		return
	}
	for i := range child.Items {
		a.add(failedOutcome(child.First+i, child.Error, child.Cause))
	}
}

func (a *account) Ended(engine.MapRunResult) {}

func failedOutcome(index int, name, cause string) *value.Object {
	return value.NewObject("index", float64(index), "status", "FAILED", "error", name, "cause", readable(cause), "retryable", true)
}

// add counts an outcome and writes it down.
func (a *account) add(outcome *value.Object) {
	text := func(name string) string {
		v, _ := outcome.Get(name)
		s, _ := v.(string)
		return s
	}
	v, _ := outcome.Get("index")
	index, ok := value.Float(v)
	if !ok || index < 0 {
		return
	}
	if text("status") == "SUCCEEDED" {
		a.items.Succeed(int(index))
	} else {
		a.items.Fail(int(index), text("error"), text("cause"))
	}
	if _, err := a.results.Write(append(value.Append(nil, outcome), '\n')); err != nil {
		a.err = err
	}
}

// invoked looks at what the tasks of the job do. What the children of a
// Distributed Map do it leaves to the observer of the Map.
func (a *account) invoked(request *engine.Request, output any, err error) {
	parameters, _ := request.Parameters.(*value.Object)
	sent, _ := parameters.Get("Payload")
	payload, _ := sent.(*value.Object)
	answer := member(output, "Payload")
	switch request.StateName {
	case "JobStart":
		if list, ok := member(answer, "items").([]any); ok {
			a.Counted(len(list))
		} else if count, ok := value.Float(member(member(answer, "items"), "count")); ok {
			a.Counted(int(count))
		}
	case "Summary":
		bucket, _ := member(member(answer, "report"), "bucket").(string)
		prefix, _ := member(member(answer, "report"), "prefix").(string)
		if bucket != "" {
			a.written = &reportPlace{bucket, prefix}
		}
	case "Worker":
		batch, _ := member(payload, "Items").([]any)
		if len(batch) != 1 {
			return
		}
		index, _ := value.Float(member(batch[0], "index"))
		var outcome *value.Object
		if list, ok := answer.([]any); ok && len(list) == 1 {
			outcome, _ = list[0].(*value.Object)
		}
		if outcome == nil {
			name, cause := "States.TaskFailed", "the worker's answer is not a list of one outcome"
			if failure, ok := errors.AsType[*engine.TaskError](err); ok {
				name, cause = failure.Name, failure.Cause
			}
			outcome = failedOutcome(int(index), name, cause)
		}
		a.mutex.Lock()
		defer a.mutex.Unlock()
		if !a.observed { // a Map Run tells of its children itself, when all tries are over
			a.inline[int(index)] = outcome
		}
	}
}

// happened looks for the end of an Inline Map, whose output is what became of
// its items, whatever their states are called.
func (a *account) happened(e event.Event) {
	if e.Type != "MapStateExited" {
		return
	}
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if a.observed {
		return
	}
	text, err := e.MarshalJSON()
	if err != nil {
		a.err = errors.Join(a.err, err)
		return
	}
	var event struct {
		Details struct{ Name, Output string } `json:"stateExitedEventDetails"`
	}
	if err := json.Unmarshal(text, &event); err != nil || event.Details.Name != "Map" {
		return
	}
	output, _ := value.Parse([]byte(event.Details.Output))
	list, _ := output.([]any)
	for _, element := range list {
		outcome, _ := element.(*value.Object)
		if index, ok := value.Float(member(outcome, "index")); ok {
			a.inline[int(index)] = outcome
		}
	}
}

func member(v any, name string) any {
	object, _ := v.(*value.Object)
	m, _ := object.Get(name)
	return m
}

// close ends the account: what is counted so far is all there is.
func (a *account) close() error {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	for _, outcome := range a.inline {
		a.add(outcome)
	}
	a.inline = nil
	if a.total < 0 {
		a.total = a.items.Succeeded + a.items.Failed
	}
	return errors.Join(a.err, a.results.Flush(), a.file.Close())
}

// report is the account as a report, for a job whose summary wrote none.
func (a *account) report(job string, x *engine.Execution) *report.Report {
	return &report.Report{
		Job: job, Execution: x.ARN, StartedAt: x.Start, StoppedAt: x.Stop,
		Items: report.Items{Total: a.total, Succeeded: a.items.Succeeded, Failed: a.items.Failed,
			Missing: a.items.Missing(a.total)},
		Errors:   a.items.Errors(),
		Failures: a.items.Failures,
	}
}

// answer is what --json prints.
type answer struct {
	Status     string          `json:"status"`
	Job        string          `json:"job"`
	Execution  string          `json:"execution"`
	Items      report.Items    `json:"items"`
	Errors     map[string]int  `json:"errors"`
	Output     json.RawMessage `json:"output"`
	Error      string          `json:"error,omitempty"`
	Cause      string          `json:"cause,omitempty"`
	DurationMs int64           `json:"durationMs"`
	RunDir     string          `json:"runDir"`
}
