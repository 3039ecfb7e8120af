package run

import (
	"context"
	"errors"
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
		r.begun.Begin(r.folder)
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
	before := "\n"
	if result.Status == engine.Succeeded {
		before = "\n         " // as far as progress is indented
	}
	failed := r.failedItems(ctx, result.ARN, items, before)
	switch {
	case result.Status == engine.Succeeded && drained != nil:
		return drained
	case result.Status == engine.Succeeded:
		r.progress.Say("succeeded; everything is in %s%s", r.folder, failed)
		return nil
	case ctx.Err() != nil:
		return terminal.Failedf("interrupted: the execution was stopped; its results so far are in %s%s", r.folder, failed)
	case result.Error == "":
		return terminal.Failedf("the job ended with status %s; everything is in %s%s", result.Status, r.folder, failed)
	default:
		return terminal.Failedf("the job failed with %s: %s\neverything is in %s, the logs of the functions are in %s%s",
			plain.Line(result.Error), plain.Line(protocol.CauseMessage(result.Cause)), r.folder, filepath.Join(r.folder, "logs"), failed)
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
