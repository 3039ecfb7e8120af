// Package run runs a stack of the CDK app on this machine: mapjob run.
package run

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"strings"
	"time"

	"github.com/mapjob/mapjob/internal/cli/console"
	"github.com/mapjob/mapjob/internal/cli/parts"
	"github.com/mapjob/mapjob/internal/cli/runs"
	"github.com/mapjob/mapjob/internal/cli/terminal"
	"github.com/mapjob/mapjob/internal/cli/witness"
	"github.com/mapjob/mapjob/internal/runnable"
	"github.com/mapjob/mapjob/internal/stack"
	"github.com/mapjob/mapjob/internal/template"
)

// Command is mapjob run.
type Command struct {
	parts.Flags

	Input string `help:"Execution input: JSON, or a file of it." default:"{}" placeholder:"FILE or JSON"`
	Items string `help:"Run the worker over the items of a .jsonl, .json or .csv file, in place of the job start; - is standard input, JSON Lines or a JSON array." placeholder:"FILE"`

	Faults     string  `help:"Let the faults of a file strike: errors, crashes, lost answers and others; JSON or YAML." placeholder:"FILE"`
	SeedFaults *uint64 `help:"Let up to three faults strike that are drawn by a number; faults.json in the run's folder has them." name:"seed-faults" placeholder:"N"`

	Watch bool `help:"Run again after every edit, until Ctrl-C."`

	JSON     bool `help:"Print one JSON document in place of the report."`
	KeepRuns int  `help:"Runs whose folders are kept in .mapjob/runs, at least 1: older ones are removed after a run." name:"keep-runs" default:"20" placeholder:"N"`

	Console bool `help:"Show the run in the browser, until Ctrl-C."`
	NoOpen  bool `help:"With --console: only print the address." name:"no-open"`

	Keep bool `help:"Keep S3, DynamoDB and the functions running after the job, until Ctrl-C."`
}

// Run synthesizes the app, starts the parts, runs the job and reports.
func (c *Command) Run(ctx context.Context, streams *terminal.Streams) (err error) {
	if err := c.Check(); err != nil {
		return err
	}
	if c.KeepRuns < 1 {
		return fmt.Errorf("--keep-runs: got %d, expected 1 or more", c.KeepRuns)
	}
	if err := c.checkFaults(); err != nil {
		return err
	}
	switch {
	case c.Watch && c.Keep:
		return errors.New("--watch: got it with --keep, expected one of them: nothing can be kept over an edit")
	case c.Watch && c.Items == standardInput:
		return errors.New("--watch: got it with --items -, expected a file: standard input can be read only once")
	}
	if c.NoOpen && !c.Console {
		return errors.New("--no-open: got it without --console, expected both: only the console opens the browser")
	}
	if c.Console {
		server, err := console.Beside(ctx, streams, c.NoOpen)
		if err != nil {
			return err
		}
		defer func() { // also after a job that failed
			ran := err == nil || errors.As(err, new(terminal.Failed))
			if err != nil && !errors.As(err, new(terminal.Printed)) {
				streams.Complain(err)
				err = terminal.Printed{Err: err}
			}
			if ran && ctx.Err() == nil {
				fmt.Fprintln(streams.Err, "the console runs until Ctrl-C")
				<-ctx.Done()
			}
			err = errors.Join(err, server.Close())
		}()
	}
	if !c.Watch {
		_, err := c.once(ctx, streams, nil)
		return err
	}
	w := &watcher{command: c, streams: streams, written: map[string]bool{}}
	return w.watch(ctx)
}

// once runs the command once. The run is nil if it could not begin.
func (c *Command) once(ctx context.Context, streams *terminal.Streams, watched *watcher) (*run, error) {
	input, err := terminal.ReadInput(c.Input)
	if err != nil {
		return nil, err
	}
	folder, err := runs.New()
	if err != nil {
		return nil, err
	}
	progress := terminal.NewProgress(streams.Err)
	r := &run{command: c, streams: streams, progress: progress, folder: folder.Path, input: input, watched: watched,
		parts: &parts.Parts{Flags: &c.Flags, Progress: progress, Run: folder}}
	if watched != nil {
		r.parts.Observed = watched.synthesized
	}
	return r, r.do(ctx)
}

// run is one run of the command.
type run struct {
	command  *Command
	streams  *terminal.Streams
	progress *terminal.Progress
	folder   string
	input    []byte
	items    iter.Seq2[json.RawMessage, error] // of --items; nil if there are none
	count    int                               // of these items
	parts    *parts.Parts
	machine  *stack.Machine // nil for a stack without a job
	entry    string         // of a stack without a job: the function that the event is for
	stack    *stack.Stack   // nil until the app is synthesized
	watched  *watcher       // nil without --watch
	faults   *faults        // nil without --faults and --seed-faults
	begun    runs.Beginning
}

func (r *run) do(ctx context.Context) (err error) {
	seen := witness.New()
	if err := r.start(ctx, seen); err != nil {
		return errors.Join(err, r.parts.Discard())
	}
	defer func() { err = errors.Join(err, r.parts.Close()) }()
	return r.execute(ctx, seen)
}

// start starts the parts that the execution needs.
func (r *run) start(ctx context.Context, seen *witness.Witness) error {
	if err := r.readItems(ctx); err != nil {
		return err
	}
	synthesized, err := r.synthesize(ctx)
	if err != nil {
		return err
	}
	if r.watched != nil {
		r.watched.chosen(synthesized)
	}
	if err := r.chooseFaults(); err != nil {
		return err
	}
	var options stack.Options
	if r.faults != nil {
		options.Faults, options.Struck = r.faults.plan, r.faults.struck
	}
	if !runnable.HasStateMachine(synthesized) { // a job is counted by its execution: millions of keys need not be kept in memory
		options.Written, options.Delivered = seen.Wrote, seen.Delivered
	}
	return r.parts.Start(ctx, options)
}

// execute runs the job of the stack, or sends an event to the function of one
// without a job.
func (r *run) execute(ctx context.Context, seen *witness.Witness) error {
	execution := stack.Execution{Name: filepath.Base(r.folder), Input: r.input}
	if r.items != nil {
		var err error
		if execution.Items, err = r.stack.StoreItems(ctx, r.items); err != nil {
			if ctx.Err() != nil {
				return errors.New("interrupted while the items were being stored")
			}
			return fmt.Errorf("--items: %w", err)
		}
	}
	var err error
	if r.machine == nil {
		err = r.event(ctx, r.entry, seen)
	} else {
		err = r.job(ctx, r.machine, execution)
	}
	r.prune()
	return r.kept(ctx, err)
}

// prune removes older runs.
func (r *run) prune() {
	slow := time.AfterFunc(time.Second, func() { r.progress.Say("removing older runs, of which --keep-runs keeps %d", r.command.KeepRuns) })
	defer slow.Stop()
	if err := r.begun.Prune(r.command.KeepRuns); err != nil {
		r.progress.Say("an older run could not be removed: %v", err)
	}
}

// synthesize synthesizes the app and returns the stack to run. It finds in it what is
// executed.
func (r *run) synthesize(ctx context.Context) (*template.Stack, error) {
	synthesized, err := r.parts.Synthesize(ctx)
	if err != nil {
		return nil, err
	}
	if r.command.Items != "" && !runnable.HasStateMachine(synthesized) {
		return nil, fmt.Errorf("--items: got %s, expected none: stack %s has no job that takes items; fill a table with --seed", r.command.Items, synthesized.Name)
	}
	r.stack = r.parts.Stack
	if r.entry, err = r.stack.Entry(); err == nil && r.entry == "" {
		r.machine, err = r.stack.Machine(r.command.Job)
	}
	return synthesized, err
}

// kept keeps the parts running until Ctrl-C if --keep says so, also after a run
// that failed, whose error it prints first. If nothing could be run, it keeps
// nothing.
func (r *run) kept(ctx context.Context, err error) error {
	if err != nil && !errors.As(err, new(terminal.Failed)) {
		return err
	}
	if r.command.Keep && ctx.Err() == nil {
		if err != nil {
			r.streams.Complain(err)
			err = terminal.Printed{Err: err}
		}
		r.progress.Say("the parts keep running until Ctrl-C:\n         %s", strings.Join(r.stack.Endpoints(), "\n         "))
		<-ctx.Done()
	}
	return err
}
