// Package account counts the items of a job while its execution runs, as the
// engine sees them, whatever the job's summary says.
package account

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"github.com/mapjob/mapjob/internal/cli/terminal"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/number"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/results"
	"github.com/mapjob/mapjob/internal/tally"
	"github.com/mapjob/mapjob/internal/value"
	"github.com/mapjob/mapjob/job/report"
)

// Account counts the items of an execution, each once, and writes their outcomes,
// and the items that failed, to files of JSON Lines. It is an [engine.MapObserver], and safe for
// concurrent use.
type Account struct {
	reader results.Reader

	mutex    sync.Mutex
	total    int // -1 while it is not known
	items    tally.Tally
	observed bool             // there is a Map Run
	entered  bool             // the job's Map has begun
	complete bool             // the job's Map has ended with a result, which has all its outcomes
	closed   bool             // what comes later does not count
	inline   inline           // items of a job without a Map Run
	report   *protocol.Folder // of the summary; nil if it wrote none

	outcomes *lines
	failures failures
	err      error // the first one
}

// Create creates an account that writes outcomes, and the items that failed, to
// files in a folder. Store has what workers store.
func Create(folder string, store results.Store) (*Account, error) {
	outcomes, err := createLines(filepath.Join(folder, protocol.ResultsFile))
	if err != nil {
		return nil, err
	}
	return &Account{reader: results.Reader{Store: store}, total: -1,
		inline:   inline{begun: map[int]json.RawMessage{}, outcomes: map[int]protocol.Outcome{}},
		outcomes: outcomes, failures: failures{folder: folder}}, nil
}

// Counts returns what is counted so far.
func (a *Account) Counts() terminal.Counts {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	succeeded, failed := a.items.Succeeded, a.items.Failed
	for _, outcome := range a.inline.outcomes {
		if outcome.Status == protocol.Succeeded {
			succeeded++
		} else {
			failed++
		}
	}
	return terminal.Counts{Total: a.total, Done: succeeded + failed, Failed: failed}
}

// Started implements [engine.MapObserver].
func (a *Account) Started(engine.MapRunInfo) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.observed, a.entered = true, true
}

// Counted implements [engine.MapObserver].
func (a *Account) Counted(_ string, total int) { a.Announce(total) }

// ChildStarted implements [engine.MapObserver].
func (a *Account) ChildStarted(engine.ChildInfo) {}

// Announce takes the number of items that are known. The Map may have read fewer so
// far.
func (a *Account) Announce(total int) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.total = max(a.total, total)
}

// Ended implements [engine.MapObserver].
func (a *Account) Ended(run engine.MapRunResult) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.complete = run.Status == engine.Succeeded
}

// ChildDone implements [engine.MapObserver].
func (a *Account) ChildDone(child engine.ChildResult) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if a.closed {
		return
	}
	ctx := context.Background()
	var err error
	switch {
	case child.Status == engine.Succeeded:
		err = a.reader.Answer(ctx, value.Append(nil, child.Output), withItems(child, a.add))
	case isBatch(child.Input):
		err = a.reader.FailedChild(ctx, results.Child{Status: child.Status, Input: value.Text(child.Input), Error: child.Error, Cause: child.Cause, StopDate: child.Stop.UTC().Format(time.RFC3339Nano)}, a.add)
	default:
		err = a.addItems(child, nil)
	}
	if refused, ok := errors.AsType[*protocol.Error](err); ok { // the answer is not that of a job's worker
		err = a.addItems(child, refused)
	}
	a.keep(err)
}

// addItems counts the items of a child execution by how it ended. They failed if
// a job's worker gave an answer that is refused.
func (a *Account) addItems(child engine.ChildResult, refused *protocol.Error) error {
	name, cause := results.Child{Status: child.Status, Error: child.Error, Cause: child.Cause}.Failure()
	outcome := protocol.Outcome{Status: protocol.Failed, Error: name, Cause: cause, Retryable: true, BatchEndedAt: child.Stop.UnixMilli()}
	switch {
	case child.Status != engine.Succeeded:
	case isBatch(child.Input):
		outcome.Error, outcome.Cause, outcome.Retryable = refused.Name, refused.Message, false
	default: // the Map is not that of a job
		outcome = protocol.Outcome{Status: protocol.Succeeded}
	}
	add := withItems(child, a.add)
	for i := range child.Items {
		outcome.Index = child.First + i
		if err := add(outcome); err != nil {
			return err
		}
	}
	return nil
}

// withItems returns add for failed outcomes with their items, if the input of the
// child execution has them.
func withItems(child engine.ChildResult, add results.Yield) results.Yield {
	var items map[int]json.RawMessage
	return func(o protocol.Outcome) error {
		if o.Status == protocol.Failed && o.Item == nil {
			if items == nil {
				items = itemsOf(child)
			}
			o.Item = items[o.Index]
		}
		return add(o)
	}
}

// itemsOf returns the items in the input of a child execution, by their indexes.
func itemsOf(child engine.ChildResult) map[int]json.RawMessage {
	items := map[int]json.RawMessage{}
	if !isBatch(child.Input) { // the Map is not that of a job
		list, ok := member(child.Input, "Items").([]any)
		switch {
		case ok && len(list) == child.Items:
			for i, item := range list {
				items[child.First+i] = value.Append(nil, item)
			}
		case child.Items == 1:
			items[child.First] = value.Append(nil, child.Input)
		}
		return items
	}
	var b protocol.Batch[json.RawMessage]
	if decode(child.Input, &b) == nil {
		for _, item := range b.Items {
			items[item.Index] = item.Item
		}
	}
	return items
}

// isBatch reports whether the input of a child execution is that of a worker.
func isBatch(input any) bool {
	var b protocol.Batch[json.RawMessage]
	return decode(input, &b) == nil && b.BatchInput.Execution != ""
}

// decode decodes a JSON value.
func decode(v, into any) error { return json.Unmarshal(value.Append(nil, v), into) }

// add counts an outcome and writes it down, if it is the first of its item.
func (a *Account) add(o protocol.Outcome) error {
	if results.IsLost(&o) {
		return nil // it has no outcome
	}
	if !isOutcome(&o) {
		return protocol.Errorf(protocol.ErrorInvalidResult, "got an outcome of item %d, expected an index below %d", o.Index, protocol.MaxItems)
	}
	var first bool
	if o.Status == protocol.Succeeded {
		first = a.items.Succeed(o.Index)
	} else {
		first = a.items.Fail(o.Index, o.Error, o.Cause)
	}
	if !first {
		return nil
	}
	if o.Status == protocol.Failed {
		a.items.FailedAt(o.Error, o.EndedAt())
		a.failures.add(&o)
	}
	a.outcomes.encode(protocol.Result{Outcome: o, BatchEndedAt: o.BatchEndedAt})
	return nil
}

// keep keeps the first error for Close: the same one may come with every item.
func (a *Account) keep(err error) {
	if a.err == nil {
		a.err = err
	}
}

// isOutcome reports whether o is an outcome of an item that a job can have. The
// memory of a tally grows with the index.
func isOutcome(o *protocol.Outcome) bool { return o.IsOutcome() && o.Index < protocol.MaxItems }

// Invoked looks at the functions that the job's tasks invoke. Output is as of
// lambda:invoke, nil if it failed. What children of a Distributed Map do is left
// to [Account.ChildDone].
func (a *Account) Invoked(request *engine.Request, output any, err error) {
	answer := member(output, "Payload")
	switch request.StateName {
	case protocol.StateJobStart, protocol.StateReadRerun:
		a.jobStarted(answer)
	case protocol.StateSummary:
		var account protocol.Account
		if decode(answer, &account) == nil {
			a.mutex.Lock()
			defer a.mutex.Unlock()
			a.report = account.Report
		}
	case protocol.StateWorker:
		a.worked(member(request.Parameters, "Payload"), answer, err)
	}
}

// jobStarted takes the number of items that a job start has announced.
func (a *Account) jobStarted(answer any) {
	var start struct{ Items json.RawMessage }
	if decode(answer, &start) != nil {
		return
	}
	var list []json.RawMessage
	if json.Unmarshal(start.Items, &list) == nil {
		a.Announce(len(list))
		return
	}
	var items protocol.Items
	if json.Unmarshal(start.Items, &items) == nil && items.Count != nil {
		a.Announce(*items.Count)
	}
}

func member(v any, name string) any {
	object, _ := v.(*value.Object)
	m, _ := object.Get(name)
	return m
}

// Close ends the account, and returns the errors of its reads and writes. If the
// job's Map ended early, the items that it had not begun have failed as in the
// job's summary.
func (a *Account) Close() error {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.closed = true
	a.keep(a.inline.end(a.add))
	a.inline = inline{}
	if a.entered && !a.complete && a.err == nil {
		for index := range a.total {
			a.keep(a.add(results.NotStarted(index)))
		}
	}
	if a.total < 0 {
		a.total = a.items.Succeeded + a.items.Failed
	}
	return errors.Join(a.err, a.outcomes.close(), a.failures.close())
}

// SummaryReport returns where the job's summary wrote its report; nil if it
// wrote none.
func (a *Account) SummaryReport() *protocol.Folder { return a.report }

// Report returns the account as a report.
func (a *Account) Report(job string, x *engine.Execution) *report.Report {
	r := &report.Report{
		Job: job, Execution: x.ARN, StartedAt: x.Start, StoppedAt: x.Stop,
		Items: report.Items{Total: a.total, Succeeded: a.items.Succeeded, Failed: a.items.Failed,
			Missing: a.items.Missing(a.total)},
		Errors:   a.items.Errors(),
		Failures: a.items.Failures,
	}
	if lacks := a.items.Failed - a.failures.count; lacks > 0 {
		r.Notes = []string{fmt.Sprintf("%s lacks %d of %s that failed (%s): their outcomes do not carry them.",
			protocol.FailuresFile, lacks, number.Of(a.items.Failed, "item"), protocol.ErrorItemUnknown)}
	}
	return r
}
