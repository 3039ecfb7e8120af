package soak

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/job"
	"github.com/mapjob/mapjob/job/report"
	"github.com/mapjob/mapjob/sfntest"
)

// ending is how an execution of a plan has ended.
type ending struct {
	*sfntest.Execution
	name     string
	items    []item         // by index; nil of a rerun that is not known
	report   *report.Report // nil if there is none
	failed   map[int]string // errors of the items that did not succeed, by index
	struck   []sfntest.Fault
	struckIn map[string]bool // executions and children
	child    map[int]string  // ARNs by the indexes of their items
	answers  int             // items that succeeded in the answers that arrived
	entered  map[string]bool // states
}

// invariants returns those that need to know what the worker did.
func (f *form) invariants(policy string) []sfntest.Invariant {
	check := func(name string, check func(*plan, *ending) (bool, error)) sfntest.Invariant {
		return sfntest.Finally(name, func(r *sfntest.Run) (reached bool, err error) {
			p := r.Values["plan"].(*plan)
			var errs []error
			for _, e := range p.endings(r) {
				got, err := check(p, e)
				reached = reached || got
				if err != nil {
					errs = append(errs, fmt.Errorf("%s: %w", e.name, err))
				}
			}
			return reached, errors.Join(errs...)
		})
	}
	list := []sfntest.Invariant{
		check("the account is true", (*plan).accountIsTrue),
		check("failures have a reason", (*plan).failuresHaveAReason),
		check("rerun recovers", (*plan).rerunRecovers),
	}
	if policy != "None" {
		list = append(list, check("the next one takes the lock", (*plan).nextTakesLock))
	}
	if f.worker == "once" {
		list = append(list, check("done once", (*plan).doneOnce))
	}
	return append(list, check("survivable", (*plan).survives))
}

func (p *plan) endings(r *sfntest.Run) []*ending {
	if known, ok := r.Values["endings"].([]*ending); ok {
		return known
	}
	var list []*ending
	byName := map[string]*ending{}
	for _, x := range r.Executions() {
		e := p.ending(r, x)
		if e.name == "rerun" {
			e.items = byName["first"].failedItems()
		}
		byName[e.name] = e
		list = append(list, e)
	}
	r.Values["endings"] = list
	return list
}

func (p *plan) ending(r *sfntest.Run, x *sfntest.Execution) *ending {
	e := &ending{Execution: x, name: x.ARN()[strings.LastIndexByte(x.ARN(), ':')+1:], failed: map[int]string{},
		struckIn: map[string]bool{}, child: map[int]string{}, entered: map[string]bool{}}
	e.items = p.items[e.name]
	answers := map[string]int{}
	for _, event := range x.History() {
		switch {
		case event.Type == sfntest.FaultEvent:
			e.struck = append(e.struck, *event.Fault)
			e.struckIn[event.Execution] = true
		case strings.HasSuffix(event.Type, "StateEntered"):
			e.entered[event.State] = true
		case event.Type == "ExecutionStarted" && event.Execution != x.ARN():
			for _, index := range indexes(event.Details()) {
				e.child[index] = event.Execution
			}
		case event.Type == "TaskSucceeded" && event.State == protocol.StateWorker:
			answers[event.Execution] += succeeded(event.Details())
		case event.Type == "ExecutionSucceeded" && event.Execution != x.ARN():
			e.answers += answers[event.Execution]
		case event.Type == "MapStateSucceeded" && event.State == protocol.StateMap:
			e.answers += answers[x.ARN()] // of an Inline job
			delete(answers, x.ARN())
		}
	}
	e.read(r)
	return e
}

// indexes returns the indexes of the items of a child.
func indexes(started json.RawMessage) (list []int) {
	var details struct{ Input string }
	var batch struct {
		Items []struct{ Index *int }
		Chunk *protocol.Chunk
	}
	if json.Unmarshal(started, &details) != nil || json.Unmarshal([]byte(details.Input), &batch) != nil {
		return nil
	}
	for _, i := range batch.Items {
		if i.Index != nil {
			list = append(list, *i.Index)
		}
	}
	if batch.Chunk != nil {
		for i := range batch.Chunk.Count {
			list = append(list, batch.Chunk.First+i)
		}
	}
	return list
}

// succeeded returns how many items succeeded by the answer of a worker.
func succeeded(details json.RawMessage) (n int) {
	var succeeded struct{ Output string }
	var result struct{ Payload json.RawMessage }
	var outcomes []struct {
		Status    protocol.Status
		Succeeded int // of a chunk, or of outcomes that are stored
	}
	if json.Unmarshal(details, &succeeded) != nil || json.Unmarshal([]byte(succeeded.Output), &result) != nil || json.Unmarshal(result.Payload, &outcomes) != nil {
		return 0
	}
	for _, o := range outcomes {
		if n += o.Succeeded; o.Status == protocol.Succeeded {
			n++
		}
	}
	return n
}

// read reads the report of an execution, and the errors of the items that failed.
func (e *ending) read(r *sfntest.Run) {
	client := s3.NewFromConfig(r.Config(), func(o *s3.Options) { o.UsePathStyle = true })
	at := protocol.Folder{Bucket: bucketOf(r), Prefix: strings.Join(strings.Split(e.ARN(), ":")[6:8], "/") + "/" + protocol.ReportFolder}
	text, ok := object(client, at.File(protocol.ReportJSON))
	if !ok || json.Unmarshal(text, &e.report) != nil {
		return
	}
	text, _ = object(client, protocol.ErrorsOf(at.File(protocol.FailuresFile)))
	for line := range bytes.Lines(text) {
		var f protocol.FailedItem
		if json.Unmarshal(line, &f) == nil {
			e.failed[f.Index] = f.Error
		}
	}
}

func bucketOf(r *sfntest.Run) string {
	return r.Name("Results")
}

func object(client *s3.Client, at protocol.Object) ([]byte, bool) {
	answer, err := client.GetObject(context.Background(), &s3.GetObjectInput{Bucket: &at.Bucket, Key: &at.Key})
	if missing := (*types.NoSuchKey)(nil); errors.As(err, &missing) {
		return nil, false
	}
	if err != nil {
		panic(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return text, err == nil
}

// complete reports whether the failed items are known, so that all others are
// counted as successes.
func (e *ending) complete() bool {
	return e.report != nil && e.items != nil && len(e.failed) == e.report.Items.Failed+e.report.Items.Missing
}

// failedItems returns the items of a rerun of this execution; nil if they are not
// known.
func (e *ending) failedItems() []item {
	if e == nil || !e.complete() {
		return nil
	}
	list := []item{}
	for _, index := range slices.Sorted(maps.Keys(e.failed)) {
		list = append(list, e.items[index])
	}
	return list
}

// rerunOf returns the input of a rerun of the items that did not succeed; nil if there
// are none.
func rerunOf(r *sfntest.Run, x *sfntest.Execution, batch int) any {
	e := r.Values["plan"].(*plan).ending(r, x)
	if x.Status() != "SUCCEEDED" && x.Status() != "FAILED" || !e.complete() || len(e.failed) == 0 {
		return nil
	}
	folder := protocol.Folder{Bucket: bucketOf(r), Prefix: strings.Join(strings.Split(x.ARN(), ":")[6:8], "/") + "/" + protocol.ReportFolder}
	at := folder.File(protocol.FailuresFile)
	return map[string]protocol.Rerun{protocol.MemberRerun: {Execution: x.ARN(), Bucket: at.Bucket, Key: at.Key, Count: len(e.failed), BatchSize: batch}}
}

// accountIsTrue checks that what counts as a success was done, and that what an
// answer says was done counts as one.
func (p *plan) accountIsTrue(e *ending) (reached bool, err error) {
	answered := func(f sfntest.Fault) bool { return f.Fault == "answer" } // with a lie
	if !e.complete() || slices.ContainsFunc(e.struck, answered) {
		return false, nil
	}
	if n := e.report.Items.Succeeded; n < e.answers {
		return true, fmt.Errorf("got %d items succeeded, expected the %d of the worker's answers", n, e.answers)
	}
	if e.name == "rerun" {
		return true, nil // its items have other indexes
	}
	for index, i := range e.items {
		if _, failed := e.failed[index]; !failed && p.deeds[e.ARN()][i.ID] == 0 {
			return true, fmt.Errorf("item %d counts as succeeded, but no worker has done it", index)
		}
	}
	return true, nil
}

// failuresHaveAReason checks that each failed item fails by itself, or was struck.
func (p *plan) failuresHaveAReason(e *ending) (reached bool, err error) {
	if !e.complete() || e.name == "rerun" {
		return false, nil
	}
	everywhere := slices.ContainsFunc(e.struck, func(f sfntest.Fault) bool { return f.Fault == "stop" || f.Fault == "expire" })
	stopped := slices.ContainsFunc(e.MapRuns(), func(m sfntest.MapRun) bool { return m.Status == "FAILED" })
	for _, index := range slices.Sorted(maps.Keys(e.failed)) {
		reached = true
		name := e.failed[index]
		own := p.form.errorOf(e.items[index].Do)
		switch {
		case name == own && own != "", everywhere:
		case stopped && (name == job.ErrorNotStarted || name == job.ErrorAborted): // too many others failed
		case e.struckIn[e.child[index]], len(e.child) == 0 && len(e.struck) > 0:
		default:
			return true, fmt.Errorf("item %d (%s) failed with %s, expected %q: no fault has struck its batch", index, e.items[index].Do, name, own)
		}
	}
	return reached, nil
}

// errorName returns the name of the error with which the execution failed, or "".
func (e *ending) errorName() string {
	if err := e.Err(); err != nil {
		return err.Name
	}
	return ""
}

// maxStrikes is how many faults an execution survives at least, wherever they strike.
const maxStrikes = 2

// survives checks that faults that retries make up for change nothing.
func (p *plan) survives(e *ending) (reached bool, err error) {
	if e.name == "rerun" || e.name == "rival" || e.name == "first" && p.rival > 0 && p.policy != "None" || len(e.struck) > maxStrikes {
		return false, nil
	}
	for _, f := range e.struck {
		// Work with job.Once that a crash interrupts is done again when its time is up.
		interrupted := p.form.worker == "once" && strings.HasPrefix(f.When, "write")
		if !slices.Contains(p.form.survives, f.Fault) && (f.Fault != "slow" || f.Delay > 5*time.Second) || interrupted {
			return false, nil
		}
	}
	failing := 0
	for _, i := range e.items {
		if i.Do == late && len(e.struck) > 0 {
			return false, nil // a fault may have delivered it again
		}
		if p.form.errorOf(i.Do) != "" {
			failing++
		}
	}
	expected, got := "", e.errorName()
	if failing*100 > p.form.tolerated*len(e.items) {
		expected = protocol.ErrorTooManyFailures
	}
	if got != expected || e.Status() == "ABORTED" || e.Status() == "TIMED_OUT" {
		return true, fmt.Errorf("got %s %q, expected %q: %d of %d items fail by themselves", e.Status(), got, expected, failing, len(e.items))
	}
	return true, nil
}

// nextTakesLock checks that an execution after all others does its work, if nothing
// strikes it.
func (p *plan) nextTakesLock(e *ending) (reached bool, err error) {
	if e.name != "probe" || len(e.struck) > 0 {
		return false, nil
	}
	if e.Status() != "SUCCEEDED" || !e.entered[protocol.StateMap] {
		return true, fmt.Errorf("got %s %s in %v, expected it to do its work", e.Status(), e.errorName(), slices.Sorted(maps.Keys(e.entered)))
	}
	return true, nil
}

// rerunRecovers checks that a rerun that nothing strikes leaves only items that
// always fail, and does no other item.
func (p *plan) rerunRecovers(e *ending) (reached bool, err error) {
	if e.name != "rerun" || e.items == nil || len(e.struck) > 0 || e.report == nil {
		return false, nil
	}
	failing := 0
	for _, i := range e.items {
		if p.form.errorOf(i.Do) != "" {
			failing++
		}
	}
	// If too many fail, the Map ends before others are started.
	stopped := slices.ContainsFunc(e.MapRuns(), func(m sfntest.MapRun) bool { return m.Status == "FAILED" })
	if n := e.report.Items.Failed + e.report.Items.Missing; n != failing && !stopped {
		return true, fmt.Errorf("got %d items failed again, expected the %d that always fail", n, failing)
	}
	for _, id := range slices.Sorted(maps.Keys(p.begun[e.ARN()])) {
		if !slices.ContainsFunc(e.items, func(i item) bool { return i.ID == id }) {
			return true, fmt.Errorf("item %d was done again, though it had succeeded", id)
		}
	}
	return true, nil
}

// doneOnce checks that no item was done twice in an execution, unless a fault ended
// its work in between.
func (p *plan) doneOnce(e *ending) (reached bool, err error) {
	for _, f := range e.struck {
		between := f.Fault == "crash" && (f.When == "before" || f.When == "after")
		if f.Call != "" || !between && !slices.Contains([]string{"duplicate", "lost", "error", "throttle", "answer", "large"}, f.Fault) {
			return false, nil
		}
	}
	for _, id := range slices.Sorted(maps.Keys(p.deeds[e.ARN()])) {
		reached = true
		if n := p.deeds[e.ARN()][id]; n > 1 {
			return true, fmt.Errorf("item %d was done %d times, expected once", id, n)
		}
	}
	return reached, nil
}
