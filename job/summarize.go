package job

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"sync/atomic"
	"time"

	"github.com/mapjob/mapjob/internal/number"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/results"
	"github.com/mapjob/mapjob/internal/statesarn"
	"github.com/mapjob/mapjob/internal/tally"
	"github.com/mapjob/mapjob/job/internal/answer"
	"github.com/mapjob/mapjob/job/internal/comparison"
	"github.com/mapjob/mapjob/job/internal/contain"
	"github.com/mapjob/mapjob/job/internal/failures"
	"github.com/mapjob/mapjob/job/internal/message"
	"github.com/mapjob/mapjob/job/internal/metrics"
	"github.com/mapjob/mapjob/job/internal/upload"
	"github.com/mapjob/mapjob/job/report"
)

type summarizer struct {
	look func(context.Context, *Summary) error
	settings
}

// Summarize returns the handler of a summary. look may go through the outcomes
// and add to the report.
//
// The summary accounts for every item exactly once, by its index, whether it
// succeeded, failed, or was in a batch that failed as a whole. It writes the
// report as report.md, report.html and report.json to the results bucket. Beside
// them failures.jsonl has the items that did not succeed, as they were when they
// ran, ready to be run again, unless the job is Inline and can't rerun. It writes the metrics
// Items, Succeeded, Failed, Missing and DurationMs of the job for CloudWatch.
func Summarize(look func(context.Context, *Summary) error, options ...Option) Handler {
	return &summarizer{look, newSettings(options)}
}

// Invoke answers one invocation.
func (z *summarizer) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	return z.invoke(ctx, func(invocation *infoContext) ([]byte, error) { return z.answer(invocation, payload) })
}

func (z *summarizer) answer(invocation *infoContext, payload []byte) ([]byte, error) {
	var request protocol.SummaryRequest
	if err := message.Decode(payload, &request, "a request of the state machine to its summary"); err != nil {
		return nil, err
	}
	if err := message.CheckVersion(request.Version); err != nil {
		return nil, err
	}
	if request.KeptItems && request.Items.Bucket != "" && request.Rerun == nil {
		// A definition of an earlier release passes on what the execution's input says.
		request.Items.Count, request.Items.Chunked = nil, false
	}
	invocation.about(request.Job, request.Execution)
	seen := &atomic.Int64{}
	answered := make(chan []byte, 1)
	err := contain.InTime(invocation, z.log(), func(ctx context.Context) error {
		answer, err := z.summarize(ctx, &request, invocation.info, seen)
		answered <- answer
		return err
	})
	switch {
	case err == nil:
		return <-answered, nil
	case NameOf(err) == ErrorDeadline:
		return nil, invocationErrorAfter(seen.Load(), "outcome", err)
	}
	return nil, err
}

// summarize lets the function look at the outcomes, and accounts for them.
func (z *summarizer) summarize(ctx context.Context, request *protocol.SummaryRequest, info Info, seen *atomic.Int64) ([]byte, error) {
	var rest results.Rest
	var kept *failures.Kept
	var itemErrors *tally.ItemErrors
	if request.Rerun != nil || request.Report != nil && !keepsItems(request) {
		itemErrors = &tally.ItemErrors{}
	}
	if request.Report != nil && keepsItems(request) {
		kept = failures.Keep(ctx, z.store, request.Report.File(protocol.FailuresFile))
	}
	outcomes := newOutcomeStream(ctx, z.log(), z.outcomes(ctx, request, &rest), info.StartedAt, itemErrors, kept, seen)
	defer outcomes.close()
	summary := &Summary{Info: info, Input: request.Input, Tolerance: report.Tolerance(request.Tolerance), outcomes: outcomes}

	err := contain.Run(ctx, z.log(), func() error { return z.look(ctx, summary) })
	if unread := outcomes.drain(); unread != nil {
		return nil, unread
	}
	if err != nil {
		return nil, err
	}

	items, notes, err := count(request.Items.Count, &outcomes.tally, rest)
	if err != nil {
		return nil, err
	}
	account := protocol.Account{Version: protocol.SentVersion(), Total: items.Total, Succeeded: items.Succeeded, Failed: items.Failed,
		Missing: items.Missing, Repeated: outcomes.tally.Repeated, Errors: errorCounts(outcomes.tally.Errors()), Output: summary.output}
	if request.Rerun != nil {
		endings := comparison.Endings{Total: items.Total, Succeeded: outcomes.tally.HasSucceeded, Error: outcomes.errorOf(rest)}
		compared, note, err := comparison.Of(ctx, request.Rerun, endings, resultStore{z.store}.Open)
		if err != nil {
			return nil, err
		}
		account.Comparison = &compared
		if note != "" {
			notes = append(notes, note)
		}
	}
	stopped := z.now().UTC()
	if request.Report != nil {
		if err := z.report(ctx, request, summary, &account, rest, notes, stopped); err != nil {
			return nil, err
		}
		account.Report = request.Report
	}
	took := time.Duration(0)
	if !info.StartedAt.IsZero() {
		took = stopped.Sub(info.StartedAt)
	}
	err = metrics.Write(z.metrics, metrics.Account{Job: info.Name, StateMachine: statesarn.StateMachine(info.Execution), Items: items.Total,
		Succeeded: items.Succeeded, Failed: items.Failed, Missing: items.Missing, DurationMs: took.Milliseconds()}, stopped)
	if err != nil {
		return nil, err
	}
	return encode(account)
}

// outcomes yields the outcomes in the results, which may have several of one item.
// At the end, it sets rest, which describes the items without an outcome.
func (z *summarizer) outcomes(ctx context.Context, request *protocol.SummaryRequest, rest *results.Rest) iter.Seq2[protocol.Outcome, error] {
	stopped := errors.New("the loop has ended")
	return func(yield func(protocol.Outcome, error) bool) {
		var err error
		*rest, err = z.results().Results(ctx, request.Results, func(o protocol.Outcome) error {
			if err := check(request.Items.Count, &o); err != nil {
				return err
			}
			if !yield(o, nil) {
				return stopped
			}
			return nil
		})
		if err != nil && !errors.Is(err, stopped) {
			yield(protocol.Outcome{}, err)
		}
	}
}

// check returns an error if the job can't have the item of an outcome: it has other
// items than its job start said. If count is nil, the number of items is not known.
func check(count *int, o *protocol.Outcome) error {
	if count != nil && o.Index >= *count {
		return protocol.Errorf(protocol.ErrorInvalidResult, "got an outcome of item %d, expected one of items 0 to %d: the job has %d", o.Index, *count-1, *count)
	}
	return nil
}

// count returns the tally's counts, with notes for the report. Items without an
// outcome are lost, or else failed or missing, depending on rest. If total is nil,
// the number of items is not known.
func count(total *int, t *tally.Tally, rest results.Rest) (items report.Items, notes []string, err error) {
	lost := t.Lost()
	items.Total, items.Missing = t.Succeeded+t.Failed+lost, lost
	switch {
	case total != nil:
		items.Total = *total
		items.Missing = t.Missing(items.Total)
	case rest.Gap != "":
		return items, nil, protocol.Errorf(protocol.ErrorOutcomeUnknown, "%s, and the number of items is not known either", rest.Gap)
	case rest.Error != "":
		notes = append(notes, fmt.Sprintf("The Map ended early. Items that it had not read by then are not counted, and may not be in %s (%s).",
			protocol.FailuresFile, rest.Error))
	}
	if rest.Ignored != "" {
		notes = append(notes, rest.Ignored+".")
	}
	if unknown := items.Missing - lost; unknown > 0 {
		if rest.Gap != "" {
			notes = append(notes, fmt.Sprintf("What became of %s is not known: %s.", number.Of(unknown, "item"), rest.Gap))
		}
		if rest.Error != "" {
			t.FailUnseen(unknown, rest.Error, rest.Cause)
			items.Missing = lost
		}
	}
	items.Succeeded, items.Failed = t.Succeeded, t.Failed
	return items, notes, nil
}

// keepsItems reports whether the items that failed are those that come with
// their outcomes. Those that a job start has stored, which knows their number, are
// read again. The object of a Source may be another one by now: if the definition
// is of an earlier release, without KeptItems, only batches that failed as a whole
// have their items.
func keepsItems(request *protocol.SummaryRequest) bool {
	return request.KeptItems || request.Items.Key != "" && request.Items.Count == nil
}

// report writes the items that did not succeed, and the report.
func (z *summarizer) report(ctx context.Context, request *protocol.SummaryRequest, summary *Summary, account *protocol.Account, rest results.Rest, notes []string, stopped time.Time) error {
	t, kept, info := &summary.outcomes.tally, summary.outcomes.kept, &summary.Info
	unsuccessful := account.Failed + account.Missing
	switch {
	case kept != nil:
		stored, err := kept.Store()
		note, err := noteOf(err)
		if err != nil {
			return err
		}
		notes = append(notes, note...)
		if stored < unsuccessful {
			notes = append(notes, fmt.Sprintf("%s lacks %d of %s that did not succeed (%s): their outcomes do not carry them.",
				protocol.FailuresFile, unsuccessful-stored, number.Of(unsuccessful, "item"), protocol.ErrorItemUnknown))
		}
	case unsuccessful > 0 && request.Items.Key != "":
		errorOf := summary.outcomes.errorOf(rest)
		note, err := noteOf(failures.Copy(ctx, z.store, request.Items, request.Report.File(protocol.FailuresFile), unsuccessful,
			t.HasSucceeded, func(index int) string { return cmp.Or(errorOf(index), protocol.ErrorOutcomeUnknown) }))
		if err != nil {
			return err
		}
		notes = append(notes, note...)
	}
	r := &report.Report{Job: info.Name, Execution: info.Execution, StartedAt: info.StartedAt, StoppedAt: stopped,
		Items:     report.Items{Total: account.Total, Succeeded: account.Succeeded, Failed: account.Failed, Missing: account.Missing},
		Tolerance: summary.Tolerance, Notes: notes,
		Errors: t.Errors(), Failures: t.Failures, Timeline: t.Timeline(), Slowest: t.Slowest, Sections: summary.sections}
	if c := account.Comparison; c != nil {
		r.Comparison = &report.Comparison{Execution: request.Rerun.Execution,
			Recovered: c.Recovered, SameError: c.SameError, OtherError: c.OtherError, Unknown: c.Unknown}
	}
	for _, file := range []struct {
		name  string
		write func(io.Writer) error
	}{{protocol.ReportMarkdown, r.Markdown}, {protocol.ReportHTML, r.HTML}, {protocol.ReportJSON, r.JSON}} {
		if err := upload.To(ctx, z.store, upload.Target{Object: request.Report.File(file.name)}, file.write); err != nil {
			return err
		}
	}
	return nil
}

// noteOf returns what the report says of an error of writing the items that did not
// succeed, if no further try would cure it. The items are accounted for without them.
// After any other error the summary fails, and a redrive repeats it.
func noteOf(err error) (note []string, other error) {
	switch {
	case errors.Is(err, upload.ErrNoMetadata):
		return []string{fmt.Sprintf("%s can't be the items of a rerun as it is, which needs their number in the metadata %s; mapjob rerun writes an object that has it: %v.",
			protocol.FailuresFile, protocol.MetadataCount, err)}, nil
	case errors.Is(err, failures.ErrUnread) && isAbsent(err):
		return []string{fmt.Sprintf("There is no %s: %v.", protocol.FailuresFile, err)}, nil
	}
	return nil, err
}

// encode returns the account as JSON, or an error if its output is too large.
func encode(account protocol.Account) ([]byte, error) {
	text, err := json.Marshal(account)
	if err != nil || len(text) <= protocol.MaxAnswer {
		return text, err
	}
	account.Output = nil
	rest, _ := json.Marshal(account) // like the account with its output
	return nil, protocol.Errorf(protocol.ErrorResultTooLarge, "got an output that makes an answer of %d bytes, %d of them without it, expected at most %d: give less to Summary.Output",
		len(text), len(rest), protocol.MaxAnswer)
}

// maxErrorsBytes is how much of the answer the names of errors may take.
const maxErrorsBytes = 64 << 10

// errorCounts returns the counts for the answer: the most frequent errors by
// their names, and the others, for whose names there is no room, as one.
func errorCounts(errors []report.ErrorCount) map[string]int {
	counts := map[string]int{}
	left := maxErrorsBytes
	for _, e := range errors {
		name := e.Name
		if left -= len(answer.AppendString(nil, name)) + len(`:123456789,`); left < 0 {
			name = report.OtherErrors
		}
		counts[name] += e.Count
	}
	return counts
}
