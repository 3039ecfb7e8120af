package run

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"path/filepath"
	"time"

	"github.com/mapjob/mapjob/internal/cli/terminal"
	"github.com/mapjob/mapjob/internal/cli/witness"
	"github.com/mapjob/mapjob/internal/invocation"
	"github.com/mapjob/mapjob/internal/plain"
	"github.com/mapjob/mapjob/internal/protocol"
)

// event runs a stack that has no job: an event invokes a function, and the run
// ends when all work in queues is done.
func (r *run) event(ctx context.Context, function string, seen *witness.Witness) error {
	r.progress.Say("sending an event to %s", function)
	began := time.Now()
	result, err := r.stack.InvokeEvent(function, r.input)
	if err != nil {
		return err
	}
	r.begun.Begin(r.folder)
	end := r.progress.Follow(seen.Counts)
	drained := r.stack.Drain(ctx)
	end()

	answer := &witness.Answer{Status: witness.Interrupted, Function: function, RunDir: r.folder, DurationMs: time.Since(began).Milliseconds()}
	answer.Known.Answer = json.RawMessage("null")
	var ended invocation.EventResult
	select {
	case ended = <-result:
		if ended.Err != nil {
			return ended.Err
		}
		answer.Ends(ended, r.stack.Polls())
	default: // it has not ended
	}
	if drained != nil {
		answer.Status = witness.Interrupted
	}
	filled := map[string]bool{}
	for _, seeded := range r.stack.Seeded() {
		filled[seeded.Table] = true
	}
	if err := answer.Ask(context.WithoutCancel(ctx), r.stack, filled); err != nil {
		return err
	}
	answer.Count(r.stack, seen, ended.Began)
	if err := r.print(answer, r.endFaults()); err != nil {
		return err
	}
	switch {
	case drained != nil:
		return terminal.Failedf("interrupted: the results so far are in %s", r.folder)
	case ended.Condition != "Success":
		return terminal.Failedf("%s failed with %s: %s\nits log is in %s", function, plain.Line(answer.Error), plain.Line(answer.Cause), filepath.Join(r.folder, "logs"))
	case len(ended.Unsent) > 0:
		return terminal.Failed{Err: errors.Join(ended.Unsent...)}
	}
	r.progress.Say("all work is done; everything is in %s", r.folder)
	return nil
}

// print writes the answer to the run's folder, and prints it.
func (r *run) print(answer *witness.Answer, faults *faultsAnswer) error {
	for name, write := range map[string]func(io.Writer) error{protocol.ReportJSON: answer.JSON, protocol.ReportMarkdown: answer.Markdown} {
		if err := writeFile(filepath.Join(r.folder, name), write); err != nil {
			return err
		}
	}
	if r.command.JSON {
		return terminal.PrintJSON(r.streams.Out, struct {
			*witness.Answer
			Faults *faultsAnswer `json:"faults,omitempty"`
		}{answer, faults})
	}
	return answer.Markdown(r.streams.Out)
}
