package jobcheck

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/job/report"
	"github.com/mapjob/mapjob/sfntest"
)

// ending is how an execution of a job has ended.
type ending struct {
	arn     string
	status  string
	err     *sfntest.Error
	objects objects
	struck  []sfntest.Fault // the execution, not its children
	// answered is set if a fault has replaced an answer, in a child or not.
	answered bool
	// Of the last call of the summary. Account is nil if there was no answer, or if
	// a fault has replaced it.
	summarized bool
	request    *protocol.SummaryRequest
	account    *protocol.Account
}

// endings returns the executions of the job that have ended.
func (j job) endings(r *sfntest.Run) []*ending {
	known := state(r, "endings", j, func() map[string]*ending { return map[string]*ending{} })
	store := objects{s3.NewFromConfig(r.Config(), func(o *s3.Options) { o.UsePathStyle = true })}
	var list []*ending
	for _, x := range r.Executions() {
		if !j.is(r, x.ARN()) || x.Status() == "RUNNING" {
			continue
		}
		if known[x.ARN()] == nil {
			known[x.ARN()] = endingOf(x, store)
		}
		list = append(list, known[x.ARN()])
	}
	return list
}

func endingOf(x *sfntest.Execution, store objects) *ending {
	e := &ending{arn: x.ARN(), status: x.Status(), err: x.Err(), objects: store}
	replaced := false // the summary's answer
	for _, event := range x.History() {
		if event.Fault != nil {
			e.answered = e.answered || event.Fault.Fault == "answer"
		}
		if event.Execution != e.arn {
			continue
		}
		if event.Fault != nil {
			e.struck = append(e.struck, *event.Fault)
			replaced = replaced || event.State == protocol.StateSummary && replaces(event.Fault)
		}
		if event.State != protocol.StateSummary {
			continue
		}
		switch event.Type {
		case "TaskScheduled":
			var call struct{ Payload *protocol.SummaryRequest }
			if decode(event.Details(), "parameters", &call) {
				e.request = call.Payload
			}
		case "TaskSucceeded":
			e.summarized = true
			var result struct{ Payload *protocol.Account }
			if !replaced && decode(event.Details(), "output", &result) {
				e.account = result.Payload
			}
		}
	}
	return e
}

// replaces reports whether a fault gives another answer than the function's.
func replaces(f *sfntest.Fault) bool { return f.Fault == "answer" || f.Fault == "large" }

// decode decodes the JSON text in a member of an event's details.
func decode(details json.RawMessage, member string, into any) bool {
	var members map[string]json.RawMessage
	var text string
	return json.Unmarshal(details, &members) == nil && json.Unmarshal(members[member], &text) == nil && json.Unmarshal([]byte(text), into) == nil
}

// saysWhy checks that an execution without a summary says why.
func (e *ending) saysWhy() (reached bool, err error) {
	if e.summarized || e.status != "FAILED" {
		return e.summarized, nil
	}
	given := slices.ContainsFunc(e.struck, func(f sfntest.Fault) bool { return f.Fault == "error" && f.Error == e.err.Name })
	evaluated := e.err.Name == "States.QueryEvaluationError" && !slices.ContainsFunc(e.struck, func(f sfntest.Fault) bool { return replaces(&f) })
	switch {
	case given:
	case e.err.Name == "":
		return true, fmt.Errorf("got a failure without a name and with the cause %q", e.err.Cause)
	case e.err.Name == "States.ExceedToleratedFailureThreshold", e.err.Name == "States.Runtime", evaluated:
		return true, fmt.Errorf("got the failure %w before the summary, expected one that says which function failed, or why the job did not run", e.err)
	case e.err.Cause == "" && e.err.Name != "States.Timeout":
		return true, fmt.Errorf("got the failure %s without a cause", e.err.Name)
	}
	return true, nil
}

// accountedOnce checks that the account has each item once.
func (e *ending) accountedOnce() (reached bool, err error) {
	a := e.account
	if a == nil {
		return false, nil
	}
	if sum := a.Succeeded + a.Failed + a.Missing; sum != a.Total || a.Repeated != 0 {
		return true, fmt.Errorf("got %d items succeeded, %d failed, %d missing and %d repeated of %d, expected each once", a.Succeeded, a.Failed, a.Missing, a.Repeated, a.Total)
	}
	if n := e.request.Items.Count; n != nil && *n != a.Total {
		return true, fmt.Errorf("got %d items in the account, expected the %d that were found", a.Total, *n)
	}
	if a.Missing > 0 && !e.answered {
		return true, fmt.Errorf("got %d items missing, expected none: no fault has replaced a worker's answer", a.Missing)
	}
	failed := 0
	for _, n := range a.Errors {
		failed += n
	}
	if failed != a.Failed {
		return true, fmt.Errorf("got %d failed items by their errors, expected %d", failed, a.Failed)
	}
	return true, nil
}

// verdictAgrees checks that the execution ended as the account says.
func (e *ending) verdictAgrees() (reached bool, err error) {
	a := e.account
	if a == nil || e.status != "SUCCEEDED" && e.status != "FAILED" {
		return false, nil
	}
	expected := ""
	switch t := e.request.Tolerance; {
	case a.Missing > 0:
		expected = protocol.ErrorLostItems
	case tooMany(a, t):
		expected = protocol.ErrorTooManyFailures
	}
	got := ""
	if e.err != nil {
		got = e.err.Name
	}
	if got != expected {
		return true, fmt.Errorf("got the error %q with %d of %d items failed and %d missing, expected %q", got, a.Failed, a.Total, a.Missing, expected)
	}
	return true, nil
}

// tooMany reports whether more items failed than the job tolerates. If there is a
// percentage and a number, neither may be exceeded.
func tooMany(a *protocol.Account, t protocol.Tolerance) bool {
	if t.Percentage == nil && t.Count == nil {
		return a.Failed > 0
	}
	return t.Percentage != nil && float64(a.Failed)*100 > *t.Percentage*float64(a.Total) || t.Count != nil && a.Failed > *t.Count
}

// reportIsThere checks that the report has the numbers of the account.
func (e *ending) reportIsThere() (reached bool, err error) {
	if e.account == nil || e.request.Report == nil {
		return false, nil
	}
	for _, name := range []string{protocol.ReportMarkdown, protocol.ReportHTML} {
		if _, err := e.objects.read(e.request.Report.File(name)); err != nil {
			return true, err
		}
	}
	r, err := e.report()
	if err != nil {
		return true, err
	}
	a := e.account
	if expected := (report.Items{Total: a.Total, Succeeded: a.Succeeded, Failed: a.Failed, Missing: a.Missing}); r.Items != expected {
		return true, fmt.Errorf("got %+v in the report, expected %+v as in the account", r.Items, expected)
	}
	return true, nil
}

func (e *ending) report() (*report.Report, error) {
	text, err := e.objects.read(e.request.Report.File(protocol.ReportJSON))
	if err != nil {
		return nil, err
	}
	var r report.Report
	return &r, json.Unmarshal(text, &r)
}

// failuresAreThose checks that the items for a rerun are those that did not succeed.
func (e *ending) failuresAreThose() (reached bool, err error) {
	a := e.account
	if a == nil || e.request.Report == nil || a.Failed+a.Missing == 0 || e.request.Items.Key == "" && !e.request.KeptItems {
		return false, nil
	}
	r, err := e.report()
	if err != nil {
		return true, err
	}
	if slices.ContainsFunc(r.Notes, func(note string) bool { return strings.Contains(note, protocol.FailuresFile) }) {
		return false, nil // it says what is missing
	}
	at := e.request.Report.File(protocol.FailuresFile)
	items, err := e.objects.lines(at)
	if err != nil {
		return true, err
	}
	beside, err := e.objects.lines(protocol.ErrorsOf(at))
	if err != nil {
		return true, err
	}
	if n := a.Failed + a.Missing; len(items) != n || len(beside) != n {
		return true, fmt.Errorf("got %d failed items and %d errors of them, expected %d", len(items), len(beside), n)
	}
	var all [][]byte // nil if they are stored in chunks, or come with their outcomes
	if !e.request.KeptItems && !e.request.Items.Chunked {
		if all, err = e.objects.lines(protocol.Object{Bucket: e.request.Items.Bucket, Key: e.request.Items.Key}); err != nil {
			return true, err
		}
	}
	seen, byError := map[int]bool{}, map[string]int{}
	for i, line := range beside {
		var failed protocol.FailedItem
		if err := json.Unmarshal(line, &failed); err != nil {
			return true, err
		}
		if seen[failed.Index] || failed.Index < 0 || failed.Index >= a.Total {
			return true, fmt.Errorf("got item %d among those that failed, expected each item of %d once", failed.Index, a.Total)
		}
		seen[failed.Index] = true
		byError[failed.Error]++
		if all != nil && !bytes.Equal(items[i], all[failed.Index]) {
			return true, fmt.Errorf("got %s as failed item %d, expected %s", items[i], failed.Index, all[failed.Index])
		}
	}
	expected := map[string]int{}
	maps.Copy(expected, a.Errors)
	if a.Missing > 0 {
		expected[protocol.ErrorOutcomeUnknown] += a.Missing
	}
	if !maps.Equal(byError, expected) {
		return true, fmt.Errorf("got the errors %v beside the failed items, expected %v", byError, expected)
	}
	return true, nil
}

// objects reads objects.
type objects struct{ client *s3.Client }

func (s objects) read(at protocol.Object) ([]byte, error) {
	answer, err := s.client.GetObject(context.Background(), &s3.GetObjectInput{Bucket: &at.Bucket, Key: &at.Key})
	if err != nil {
		return nil, fmt.Errorf("s3://%s/%s: %w", at.Bucket, at.Key, err)
	}
	defer answer.Body.Close()
	return io.ReadAll(answer.Body)
}

func (s objects) lines(at protocol.Object) ([][]byte, error) {
	text, err := s.read(at)
	if err != nil {
		return nil, err
	}
	return bytes.Split(bytes.TrimSuffix(text, []byte("\n")), []byte("\n")), nil
}
