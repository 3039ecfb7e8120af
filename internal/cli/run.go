package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/engine/event"
	"github.com/mapjob/mapjob/internal/items"
	"github.com/mapjob/mapjob/internal/stack"
	"github.com/mapjob/mapjob/internal/template"
	"github.com/mapjob/mapjob/internal/value"
	"github.com/mapjob/mapjob/job/report"
)

type runCommand struct {
	App     string            `help:"Command that runs the CDK app. Default: the app of cdk.json." placeholder:"COMMAND"`
	Context map[string]string `short:"c" help:"Context value for the app, as for the CDK CLI; may be repeated." placeholder:"KEY=VALUE"`
	Stack   string            `help:"Stack to run. Default: the only one." placeholder:"NAME"`
	Job     string            `help:"Job or state machine to run. Default: the only one of the stack." placeholder:"NAME"`
	Input   string            `help:"Execution input: JSON, or a file of it." default:"{}" placeholder:"FILE or JSON"`
	Items   string            `help:"Run the worker over the items of a .jsonl, .json or .csv file, in place of the job start." placeholder:"FILE"`
	Seed    map[string]string `help:"Fill a table of the stack from a .jsonl, .json or .csv file first; may be repeated." placeholder:"TABLE=FILE"`
	JSON    bool              `help:"Print one JSON document in place of the report."`
	Keep    bool              `help:"Keep S3, DynamoDB and the functions running after the job, until Ctrl-C."`

	S3Port       int `help:"Port of the local S3. Default: any that is free." name:"s3-port" placeholder:"PORT"`
	DynamoDBPort int `help:"Port of the local DynamoDB. Default: any that is free." name:"dynamodb-port" placeholder:"PORT"`
	LambdaPort   int `help:"Port of the local Lambda. Default: any that is free." name:"lambda-port" placeholder:"PORT"`
}

// Run synthesizes the app, starts the parts, runs the job and reports.
func (r *runCommand) Run(ctx context.Context, s *streams) (err error) {
	p := newProgress(s.err)
	if err := r.checkPorts(); err != nil {
		return err
	}
	input, err := readInput(r.Input)
	if err != nil {
		return err
	}
	folder, err := newRunFolder()
	if err != nil {
		return err
	}
	run := &run{runCommand: r, streams: s, progress: p, folder: folder, input: input}
	return run.do(ctx)
}

// checkPorts refuses what is no port, by its flag.
func (r *runCommand) checkPorts() error {
	for _, p := range []struct {
		flag string
		port int
	}{{"--s3-port", r.S3Port}, {"--dynamodb-port", r.DynamoDBPort}, {"--lambda-port", r.LambdaPort}} {
		if p.port < 0 || p.port > 65_535 {
			return fmt.Errorf("%s: got %d, expected a port from 1 to 65535, or 0 for any that is free", p.flag, p.port)
		}
	}
	return nil
}

// readInput is the JSON of --input, from the line or from a file.
func readInput(given string) ([]byte, error) {
	text := []byte(given)
	source := "--input"
	if !json.Valid(text) {
		file, err := os.ReadFile(given)
		if err != nil && strings.ContainsAny(given[:min(1, len(given))], `{["`) { // meant as JSON
			_, broken := value.Parse(text)
			return nil, fmt.Errorf("--input: got text that is not JSON (%v), expected a JSON document: %s", broken, given)
		}
		if errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("--input: got %q, expected JSON or the name of a file", given)
		}
		if err != nil {
			return nil, fmt.Errorf("--input: %w", err)
		}
		text, source = file, given
	}
	if !json.Valid(text) {
		_, err := value.Parse(text)
		return nil, fmt.Errorf("%s: got text that is not JSON (%v), expected a JSON document", source, err)
	}
	return text, nil
}

// newRunFolder makes .mapjob/runs/ID. IDs sort by time.
func newRunFolder() (string, error) {
	id := fmt.Sprintf("%s-%04x", time.Now().UTC().Format("20060102-150405"), rand.N(1<<16))
	folder := filepath.Join(".mapjob", "runs", id)
	return folder, os.MkdirAll(folder, 0o755)
}

// linkLast makes .mapjob/runs/last the run of this folder.
func linkLast(folder string) {
	last := filepath.Join(filepath.Dir(folder), "last")
	_ = os.Remove(last)
	_ = os.Symlink(filepath.Base(folder), last) // a convenience, and not to be had on every system
}

// run is one run of the command.
type run struct {
	*runCommand
	*streams
	*progress
	folder string
	input  []byte
}

func (r *run) do(ctx context.Context) (err error) {
	assemblyFolder, err := filepath.Abs(filepath.Join(r.folder, "cdk.out"))
	if err != nil {
		return err
	}
	defer os.RemoveAll(assemblyFolder) // the binaries of every run would add up
	r.say("synthesizing the app and building its functions")
	synthesized, err := r.stack(ctx, assemblyFolder)
	if err != nil {
		return errors.Join(err, os.RemoveAll(r.folder)) // nothing has run
	}
	linkLast(r.folder)
	r.say("starting S3, DynamoDB and %s's functions", synthesized.Name)
	options := stack.Options{Folder: r.folder, S3Port: r.S3Port, DynamoDBPort: r.DynamoDBPort, LambdaPort: r.LambdaPort}
	var seen *witness
	if !stack.HasStateMachine(synthesized) { // else the execution tells, and millions of keys need not be remembered
		seen = newWitness()
		options.Written, options.Delivered = seen.wrote, seen.delivered
	}
	// Ctrl-C ends the start of the parts. Once they run, it ends the run, which
	// still has to be able to ask them what there is.
	parts, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	started := context.AfterFunc(ctx, cancel)
	c, err := stack.Start(parts, synthesized, options)
	started()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	for _, absent := range c.Absent() {
		r.say("not run on this machine: %s", absent)
	}
	entry, err := c.Entry()
	if err != nil {
		return err
	}
	var machine *stack.Machine
	if entry == "" {
		if machine, err = c.Machine(r.Job); err != nil {
			return err
		}
	}
	filled := map[string]bool{}
	for _, table := range slices.Sorted(maps.Keys(r.Seed)) {
		count, err := c.Seed(ctx, table, items.File(r.Seed[table]))
		if err != nil {
			return fmt.Errorf("--seed %s=%s: %w", table, r.Seed[table], err)
		}
		at, err := c.Table(table)
		if err != nil {
			return err
		}
		filled[at.Name] = true
		r.say("filled %s with %s records of %s", table, report.Thousands(count), r.Seed[table])
	}
	if machine == nil {
		return r.kept(ctx, c, r.event(ctx, c, entry, seen, filled))
	}
	execution := stack.Execution{Name: filepath.Base(r.folder), Input: r.input}
	if r.Items != "" {
		if execution.Items, err = c.StoreItems(ctx, items.File(r.Items)); err != nil {
			return fmt.Errorf("--items: %w", err)
		}
		r.say("read %s items of %s", report.Thousands(execution.Items.Count), r.Items)
	}
	return r.kept(ctx, c, r.execute(ctx, c, machine, execution))
}

// stack synthesizes the app, and is the stack to run. What can't be run is
// refused here, before its parts are started.
func (r *run) stack(ctx context.Context, folder string) (*template.Stack, error) {
	assembly, err := template.Synthesize(ctx, r.App, r.Context, folder)
	if err != nil {
		return nil, err
	}
	synthesized, err := assembly.Stack(r.Stack)
	if err != nil {
		return nil, err
	}
	if err := stack.Check(synthesized); err != nil {
		return nil, err
	}
	if stack.HasStateMachine(synthesized) {
		return synthesized, nil
	}
	switch {
	case r.Job != "":
		return nil, fmt.Errorf("--job: got %q, expected none: stack %s has no job, and an event for its function starts it", r.Job, synthesized.Name)
	case r.Items != "":
		return nil, fmt.Errorf("--items: got %s, expected none: stack %s has no job that takes items; fill a table with --seed", r.Items, synthesized.Name)
	}
	return synthesized, nil
}

// kept keeps the parts until Ctrl-C where that is asked for, also after a run
// that failed: what it failed with is said before. Where nothing has run there
// is nothing to look at.
func (r *run) kept(ctx context.Context, c *stack.Stack, end error) error {
	if end != nil && !errors.As(end, new(failed)) {
		return end
	}
	if r.Keep && ctx.Err() == nil {
		if end != nil {
			r.complain(end)
			end = said{end}
		}
		r.say("keeping the parts, Ctrl-C ends them:\n         %s", strings.Join(c.Endpoints(), "\n         "))
		<-ctx.Done()
	}
	return end
}

// execute runs the state machine, and prints the answer whatever its end.
func (r *run) execute(ctx context.Context, c *stack.Stack, m *stack.Machine, x stack.Execution) error {
	account, err := newAccount(filepath.Join(r.folder, "results.jsonl"))
	if err != nil {
		return err
	}
	account.objects = c
	if x.Items != nil {
		account.Counted(x.Items.Count)
	}
	history, err := newHistory(filepath.Join(r.folder, "history.jsonl"))
	if err != nil {
		return err
	}
	x.Observer, x.Invoked = account, account.invoked
	x.History = func(e event.Event) {
		history.add(e)
		account.happened(e)
	}

	r.say("running %s", m.Name)
	done, followed := make(chan struct{}), make(chan struct{})
	go func() {
		r.follow(done, account.counts)
		close(followed)
	}()
	result, err := c.Execute(ctx, m, x)
	close(done)
	<-followed
	if err = errors.Join(err, account.close(), history.close()); err != nil {
		return err
	}
	if err := r.report(ctx, c, m, account, result); err != nil {
		return err
	}
	drained := r.drain(ctx, c)
	switch {
	case result.Status == engine.Succeeded && drained != nil:
		return drained
	case result.Status == engine.Succeeded:
		r.say("succeeded; everything is in %s", r.folder)
		return nil
	case ctx.Err() != nil:
		return failed{fmt.Errorf("interrupted: the execution was stopped; what there is of it is in %s", r.folder)}
	case result.Error == "":
		return failed{fmt.Errorf("the job ended with status %s; everything is in %s", result.Status, r.folder)}
	default:
		return failed{fmt.Errorf("the job failed with %s: %s\neverything is in %s, what the functions wrote in %s",
			result.Error, readable(result.Cause), r.folder, filepath.Join(r.folder, "logs"))}
	}
}

// drain waits for what is left to do for the queues that the execution has sent
// messages to, if some are polled.
func (r *run) drain(ctx context.Context, c *stack.Stack) error {
	if !c.Polls() || ctx.Err() != nil {
		return nil
	}
	r.say("waiting until nothing is left to do for the queues; Ctrl-C ends it")
	if err := c.Drain(ctx); err != nil {
		return failed{fmt.Errorf("interrupted: the execution had succeeded, but there was work left in queues; everything is in %s", r.folder)}
	}
	return nil
}

// readable is the message in the cause that a Lambda function gave as JSON.
func readable(cause string) string {
	var lambda struct{ ErrorMessage string }
	if json.Unmarshal([]byte(cause), &lambda) == nil && lambda.ErrorMessage != "" {
		return lambda.ErrorMessage
	}
	return cause
}

// report writes report.html and report.json, and prints the answer.
func (r *run) report(ctx context.Context, c *stack.Stack, m *stack.Machine, a *account, x *engine.Execution) error {
	own := a.report(c.JobName(m), x)
	markdown := &strings.Builder{}
	if place := a.written; place != nil { // the summary wrote one
		for _, file := range []string{"report.html", "report.json"} {
			if err := c.Fetch(ctx, place.bucket, place.prefix+"/"+file, filepath.Join(r.folder, file)); err != nil {
				return err
			}
		}
		if err := c.Read(ctx, place.bucket, place.prefix+"/report.md", markdown); err != nil {
			return err
		}
	} else {
		for file, write := range map[string]func(io.Writer) error{"report.html": own.HTML, "report.json": own.JSON} {
			if err := writeFile(filepath.Join(r.folder, file), write); err != nil {
				return err
			}
		}
		if err := own.Markdown(markdown); err != nil {
			return err
		}
	}
	if !r.JSON {
		_, err := io.WriteString(r.out, markdown.String())
		return err
	}
	answer := answer{Status: x.Status, Job: own.Job, Execution: x.ARN, Items: own.Items, Errors: map[string]int{},
		Output: x.Output, Error: x.Error, Cause: x.Cause, DurationMs: x.Stop.Sub(x.Start).Milliseconds(), RunDir: r.folder}
	for _, e := range own.Errors {
		answer.Errors[e.Name] = e.Count
	}
	e := json.NewEncoder(r.out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(answer)
}

func writeFile(path string, write func(io.Writer) error) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(write(file), file.Close())
}
