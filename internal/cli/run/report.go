package run

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/mapjob/mapjob/internal/cli/account"
	"github.com/mapjob/mapjob/internal/cli/terminal"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/stack"
	"github.com/mapjob/mapjob/job/report"
)

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
	Faults     *faultsAnswer   `json:"faults,omitempty"`
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
	err = errors.Join(err, r.writeReport(ctx, own))
	faults := r.endFaults()
	if !r.command.JSON {
		return own.Items, errors.Join(err, own.Markdown(r.streams.Out))
	}
	answer := answer{Status: x.Status, Job: own.Job, Execution: x.ARN, Items: own.Items, Errors: map[string]int{},
		Output: x.Output, Error: x.Error, Cause: x.Cause, DurationMs: x.Stop.Sub(x.Start).Milliseconds(), RunDir: r.folder, Faults: faults}
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
func (r *run) writeReport(ctx context.Context, own *report.Report) error {
	write := func(name string, text func(io.Writer) error) error {
		return writeFile(filepath.Join(r.folder, name), text)
	}
	if err := write(protocol.ReportJSON, own.JSON); err != nil { // the commands are chosen by it
		return err
	}
	shown := r.withCommands(ctx, own)
	return errors.Join(write(protocol.ReportMarkdown, shown.Markdown), write(protocol.ReportHTML, shown.HTML))
}

// fetchFailures copies the items that failed from the report of the job's summary.
// If it has none, those that the command has seen stay.
func (r *run) fetchFailures(ctx context.Context, at *protocol.Folder, items report.Items) error {
	for _, name := range []string{protocol.FailuresErrorsFile, protocol.FailuresFile} {
		path := filepath.Join(r.folder, name)
		var err error
		if items.Failed+items.Missing == 0 {
			err = os.Remove(path)
		} else {
			err = r.stack.Fetch(ctx, at.Bucket, at.File(name).Key, path)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

func writeFile(path string, write func(io.Writer) error) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(write(file), file.Close())
}
