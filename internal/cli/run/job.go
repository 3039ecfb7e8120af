package run

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/mapjob/mapjob/internal/cli/account"
	"github.com/mapjob/mapjob/internal/cli/terminal"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/engine/event"
	"github.com/mapjob/mapjob/internal/plain"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/stack"
	"github.com/mapjob/mapjob/job/report"
)

// job executes a state machine, and prints the answer however it ends.
func (r *run) job(ctx context.Context, m *stack.Machine, x stack.Execution) error {
	counted, err := account.Create(r.folder, r.stack)
	if err != nil {
		return err
	}
	if x.Items != nil {
		counted.Announce(x.Items.Count)
	}
	x.Observer, x.Invoked = counted, counted.Invoked
	x.History = func(e event.Event) {
		r.begun.Begin(r.folder, r.command.KeepRuns)
		counted.Happened(e)
	}

	r.progress.Say("running %s", m.Name)
	end := r.progress.Follow(counted.Counts)
	result, err := r.stack.Execute(ctx, m, x)
	end()
	incomplete := counted.Close()
	if err != nil {
		return errors.Join(err, incomplete)
	}
	if incomplete != nil {
		incomplete = terminal.Failedf("results.jsonl in %s is not complete: %w", r.folder, incomplete)
	}
	items, err := r.report(ctx, m, counted, result)
	return errors.Join(err, incomplete, r.verdict(ctx, result, items))
}

// verdict says how the execution has ended: nil if it succeeded, and all work in
// queues is done. The last lines are about the items that failed.
func (r *run) verdict(ctx context.Context, result *engine.Execution, items report.Items) error {
	drained := r.drain(ctx)
	switch {
	case result.Status == engine.Succeeded && drained != nil:
		return drained
	case result.Status == engine.Succeeded:
		r.progress.Say("succeeded; everything is in %s%s", r.folder, failedItems(r.folder, items, "\n         "))
		return nil
	case ctx.Err() != nil:
		return terminal.Failedf("interrupted: the execution was stopped; its results so far are in %s%s", r.folder, failedItems(r.folder, items, "\n"))
	case result.Error == "":
		return terminal.Failedf("the job ended with status %s; everything is in %s%s", result.Status, r.folder, failedItems(r.folder, items, "\n"))
	default:
		return terminal.Failedf("the job failed with %s: %s\neverything is in %s, the logs of the functions are in %s%s",
			plain.Line(result.Error), plain.Line(protocol.CauseMessage(result.Cause)), r.folder, filepath.Join(r.folder, "logs"), failedItems(r.folder, items, "\n"))
	}
}

// drain waits for the work that the execution has left in queues, if any are
// polled.
func (r *run) drain(ctx context.Context) error {
	if !r.stack.Polls() {
		return nil
	}
	if ctx.Err() == nil {
		r.progress.Say("waiting for the work in queues; Ctrl-C ends the wait")
	}
	if r.stack.Drain(ctx) == nil {
		return nil
	}
	return terminal.Failedf("interrupted: the execution had succeeded, but there may be work left in queues; everything is in %s", r.folder)
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

// report writes the report to the run's folder, and prints the answer. Its
// account is that of the job's summary, if it wrote a report, or the command's. It
// returns the items of the account.
func (r *run) report(ctx context.Context, m *stack.Machine, a *account.Account, x *engine.Execution) (report.Items, error) {
	own := a.Report(r.stack.JobName(m), x)
	if x.Status != engine.Succeeded {
		own.Status, own.Error, own.Cause = x.Status, x.Error, protocol.CauseMessage(x.Cause)
	}
	own, err := r.summaryReport(ctx, a.SummaryReport(), own)
	err = errors.Join(err, r.writeReport(own))
	if !r.command.JSON {
		return own.Items, errors.Join(err, own.Markdown(r.streams.Out))
	}
	answer := answer{Status: x.Status, Job: own.Job, Execution: x.ARN, Items: own.Items, Errors: map[string]int{},
		Output: x.Output, Error: x.Error, Cause: x.Cause, DurationMs: x.Stop.Sub(x.Start).Milliseconds(), RunDir: r.folder}
	for _, e := range own.Errors {
		answer.Errors[e.Name] = e.Count
	}
	return own.Items, errors.Join(err, terminal.PrintJSON(r.streams.Out, answer))
}

// summaryReport returns the report of the job's summary with how the execution
// ended, which the summary can't know, and copies the items that failed. It returns
// own if there is no such report.
func (r *run) summaryReport(ctx context.Context, at *protocol.Folder, own *report.Report) (*report.Report, error) {
	if at == nil {
		return own, nil
	}
	var document bytes.Buffer
	var summary report.Report
	err := r.stack.Read(ctx, at.Bucket, at.File(protocol.ReportJSON).Key, &document)
	if err == nil {
		err = json.Unmarshal(document.Bytes(), &summary)
	}
	if err != nil {
		return own, terminal.Failedf("the report of the job's summary can't be read, so the report is that of the command: %w", err)
	}
	summary.Status, summary.Error, summary.Cause = own.Status, own.Error, own.Cause
	return &summary, r.fetchFailures(ctx, at, summary.Items)
}

// writeReport writes the report to the run's folder.
func (r *run) writeReport(own *report.Report) error {
	var errs []error
	for name, write := range map[string]func(io.Writer) error{protocol.ReportMarkdown: own.Markdown, protocol.ReportHTML: own.HTML, protocol.ReportJSON: own.JSON} {
		errs = append(errs, writeFile(filepath.Join(r.folder, name), write))
	}
	return errors.Join(errs...)
}

func writeFile(path string, write func(io.Writer) error) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(write(file), file.Close())
}
