// Package run runs a stack of the CDK app on this machine: mapjob run.
package run

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"github.com/mapjob/mapjob/internal/cli/terminal"
	"github.com/mapjob/mapjob/internal/cli/witness"
	"github.com/mapjob/mapjob/internal/functions"
	"github.com/mapjob/mapjob/internal/runnable"
	"github.com/mapjob/mapjob/internal/stack"
	"github.com/mapjob/mapjob/internal/template"
)

// Command is mapjob run.
type Command struct {
	App     string            `help:"Command that runs the CDK app. Default: the app of cdk.json." placeholder:"COMMAND"`
	Context map[string]string `short:"c" help:"Context value for the app, as for the CDK CLI; may be repeated." placeholder:"KEY=VALUE" mapsep:"none"`
	Stack   string            `help:"Stack to run, by its name or path, such as Prod/Jobs. Default: that of --job, or the only one with a job." placeholder:"NAME"`
	Job     string            `help:"Job or state machine to run, by the path of its construct or the end of it. Default: the only one." placeholder:"NAME"`
	Input   string            `help:"Execution input: JSON, or a file of it." default:"{}" placeholder:"FILE or JSON"`
	Items   string            `help:"Run the worker over the items of a .jsonl, .json or .csv file, in place of the job start; - is standard input, JSON Lines or a JSON array." placeholder:"FILE"`
	Seed    map[string]string `help:"Fill a table of the stack from a .jsonl, .json or .csv file first, or a bucket from a folder (BUCKET=FOLDER) or a file (BUCKET/KEY=FILE); may be repeated." placeholder:"NAME=FILE" mapsep:"none"`

	Parameter map[string]string `help:"Value of a parameter of the template; may be repeated." placeholder:"NAME=VALUE" mapsep:"none"`
	Stub      map[string]string `help:"Answer for a function from a file: .json is one answer, .jsonl has several; may be repeated." placeholder:"FUNCTION=FILE" mapsep:"none"`
	Function  map[string]string `help:"Run a command as a function; it speaks the Lambda Runtime API; may be repeated." placeholder:"FUNCTION=COMMAND" mapsep:"none"`
	Env       map[string]string `help:"Environment variable of a function; may be repeated." placeholder:"FUNCTION.NAME=VALUE" mapsep:"none"`

	Watch   bool `help:"Run again after every edit, until Ctrl-C."`
	NoCache bool `help:"Synthesize the app even if nothing that it reads has changed." name:"no-cache"`

	JSON     bool `help:"Print one JSON document in place of the report."`
	KeepRuns int  `help:"Runs whose folders are kept in .mapjob/runs, at least 1: older ones are removed when a run begins." name:"keep-runs" default:"20" placeholder:"N"`

	Keep bool `help:"Keep S3, DynamoDB and the functions running after the job, until Ctrl-C."`

	S3Port       int `help:"Port of the local S3. Default: any that is free." name:"s3-port" placeholder:"PORT"`
	DynamoDBPort int `help:"Port of the local DynamoDB. Default: any that is free." name:"dynamodb-port" placeholder:"PORT"`
	LambdaPort   int `help:"Port of the local Lambda. Default: any that is free." name:"lambda-port" placeholder:"PORT"`
}

// Run synthesizes the app, starts the parts, runs the job and reports.
func (c *Command) Run(ctx context.Context, streams *terminal.Streams) error {
	if err := c.checkPorts(); err != nil {
		return err
	}
	if err := c.checkNamed(); err != nil {
		return err
	}
	if c.KeepRuns < 1 {
		return fmt.Errorf("--keep-runs: got %d, expected 1 or more", c.KeepRuns)
	}
	if !c.Watch {
		_, err := c.once(ctx, streams, nil)
		return err
	}
	if c.Keep {
		return errors.New("--watch: got it with --keep, expected one of them: nothing can be kept over an edit")
	}
	if c.Items == standardInput {
		return errors.New("--watch: got it with --items -, expected a file: standard input can be read only once")
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
	folder, err := newFolder()
	if err != nil {
		return nil, err
	}
	r := &run{command: c, streams: streams, progress: terminal.NewProgress(streams.Err), folder: folder, input: input, watched: watched}
	defer release(folder)
	return r, r.do(ctx)
}

func (c *Command) checkPorts() error {
	for _, p := range []struct {
		flag string
		port int
	}{{"--s3-port", c.S3Port}, {"--dynamodb-port", c.DynamoDBPort}, {"--lambda-port", c.LambdaPort}} {
		if p.port < 0 || p.port > 65_535 {
			return fmt.Errorf("%s: got %d, expected a port from 1 to 65535, or 0 for any that is free", p.flag, p.port)
		}
	}
	return nil
}

// run is one run of the command.
type run struct {
	command  *Command
	streams  *terminal.Streams
	progress *terminal.Progress
	folder   string
	input    []byte
	items    iter.Seq2[json.RawMessage, error] // of --items; nil if there are none
	stack    *stack.Stack                      // nil until it is started
	watched  *watcher                          // nil without --watch
	filled   map[string]bool                   // tables that were filled before, by physical name
	begun    beginning
}

func (r *run) do(ctx context.Context) (err error) {
	assembly, err := filepath.Abs(filepath.Join(r.folder, "cdk.out"))
	if err != nil {
		return err
	}
	defer os.RemoveAll(assembly) // it can be made again
	if err := r.readItems(); err != nil {
		return errors.Join(err, os.RemoveAll(r.folder)) // nothing has run
	}
	synthesized, err := r.synthesize(ctx, assembly)
	if err != nil {
		return errors.Join(err, os.RemoveAll(r.folder)) // nothing has run
	}
	if r.watched != nil {
		r.watched.chosen(synthesized)
	}
	r.progress.Say("starting the services of %s and building its functions", synthesized.Name)
	options := stack.Options{Folder: r.folder, Built: filepath.Join(".mapjob", "functions"), S3Port: r.command.S3Port, DynamoDBPort: r.command.DynamoDBPort, LambdaPort: r.command.LambdaPort,
		Fill: r.seed, Functions: functions.Given{Stubs: r.command.Stub, Commands: r.command.Function, Env: r.command.Env}}
	seen := witness.New()
	if !runnable.HasStateMachine(synthesized) { // a job is counted by its execution: millions of keys need not be kept in memory
		options.Written, options.Delivered = seen.Wrote, seen.Delivered
	}
	// Ctrl-C ends the start of the parts, but not the parts themselves: the report
	// of a run that is interrupted needs them.
	parts, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	started := context.AfterFunc(ctx, cancel)
	r.stack, err = stack.Start(parts, synthesized, options)
	started()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.stack.Close()) }()
	defer func() {
		if err := r.begun.wait(); err != nil {
			r.progress.Say("an older run could not be removed: %v", err)
		}
	}()
	for _, absent := range r.stack.Absent() {
		r.progress.Say("not run on this machine: %s", absent)
	}
	for _, ignored := range r.stack.Ignored() {
		r.progress.Say("%s", ignored)
	}
	return r.execute(ctx, seen)
}

// execute runs the job of the stack, or sends an event to the function of one
// without a job.
func (r *run) execute(ctx context.Context, seen *witness.Witness) error {
	entry, err := r.stack.Entry()
	if err != nil {
		return err
	}
	var machine *stack.Machine
	if entry == "" {
		if machine, err = r.stack.Machine(r.command.Job); err != nil {
			return err
		}
	}
	execution := stack.Execution{Name: filepath.Base(r.folder), Input: r.input}
	if r.items != nil {
		if execution.Items, err = r.stack.StoreItems(ctx, r.items); err != nil {
			return fmt.Errorf("--items: %w", err)
		}
	}
	if machine == nil {
		return r.kept(ctx, r.event(ctx, entry, seen))
	}
	return r.kept(ctx, r.job(ctx, machine, execution))
}

// synthesize synthesizes the app and returns the stack to run. It refuses what
// can't be run before the parts are started.
func (r *run) synthesize(ctx context.Context, folder string) (*template.Stack, error) {
	if err := r.makeAssembly(ctx, folder); err != nil {
		return nil, err
	}
	assembly, err := template.Read(folder)
	if err != nil {
		return nil, err
	}
	if err := assembly.SetParameters(r.command.Parameter); err != nil {
		return nil, err
	}
	synthesized, err := runnable.Choose(assembly, r.command.Stack, r.command.Job)
	if err != nil {
		return nil, err
	}
	if runnable.HasStateMachine(synthesized) {
		return synthesized, nil
	}
	switch {
	case r.command.Job != "":
		return nil, fmt.Errorf("--job: got %q, expected none: stack %s has no job, and an event for its function starts it", r.command.Job, synthesized.Name)
	case r.command.Items != "":
		return nil, fmt.Errorf("--items: got %s, expected none: stack %s has no job that takes items; fill a table with --seed", r.command.Items, synthesized.Name)
	}
	return synthesized, nil
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
