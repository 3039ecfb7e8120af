// Package parts starts the parts of a stack of the CDK app on this machine, for the
// commands that need them.
package parts

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/mapjob/mapjob/internal/cli/runs"
	"github.com/mapjob/mapjob/internal/cli/terminal"
	"github.com/mapjob/mapjob/internal/functions"
	"github.com/mapjob/mapjob/internal/runnable"
	"github.com/mapjob/mapjob/internal/stack"
	"github.com/mapjob/mapjob/internal/synthesis"
	"github.com/mapjob/mapjob/internal/template"
)

// Flags say which parts are started, and how.
type Flags struct {
	App     string            `help:"Command that runs the CDK app. Default: the app of cdk.json." placeholder:"COMMAND"`
	Context map[string]string `short:"c" help:"Context value for the app, as for the CDK CLI; may be repeated." placeholder:"KEY=VALUE" mapsep:"none"`
	Stack   string            `help:"Stack to run, by its name or path, such as Prod/Jobs. Default: that of --job, or the only one with a job." placeholder:"NAME"`
	Job     string            `help:"Job or state machine to run, by the path of its construct or the end of it. Default: the only one." placeholder:"NAME"`
	Seed    map[string]string `help:"Fill a table of the stack from a .jsonl, .json or .csv file first, or a bucket from a folder (BUCKET=FOLDER) or a file (BUCKET/KEY=FILE); may be repeated." placeholder:"NAME=FILE" mapsep:"none"`

	Parameter map[string]string `help:"Value of a parameter of the template; may be repeated." placeholder:"NAME=VALUE" mapsep:"none"`
	Stub      map[string]string `help:"Answer for a function from a file: .json is one answer, .jsonl has several; may be repeated." placeholder:"FUNCTION=FILE" mapsep:"none"`
	Function  map[string]string `help:"Run a command as a function; it speaks the Lambda Runtime API; may be repeated." placeholder:"FUNCTION=COMMAND" mapsep:"none"`
	Env       map[string]string `help:"Environment variable of a function; may be repeated." placeholder:"FUNCTION.NAME=VALUE" mapsep:"none"`

	NoCache bool `help:"Synthesize the app even if nothing that it reads has changed." name:"no-cache"`

	S3Port            int `help:"Port of the local S3. Default: any that is free." name:"s3-port" placeholder:"PORT"`
	DynamoDBPort      int `help:"Port of the local DynamoDB. Default: any that is free." name:"dynamodb-port" placeholder:"PORT"`
	LambdaPort        int `help:"Port of the local Lambda. Default: any that is free." name:"lambda-port" placeholder:"PORT"`
	StepFunctionsPort int `help:"Port of the local Step Functions. Default: any that is free." name:"stepfunctions-port" placeholder:"PORT"`
}

// Check checks the flags before anything is built.
func (f *Flags) Check() error {
	for _, p := range []struct {
		flag string
		port int
	}{{"--s3-port", f.S3Port}, {"--dynamodb-port", f.DynamoDBPort}, {"--lambda-port", f.LambdaPort}, {"--stepfunctions-port", f.StepFunctionsPort}} {
		if p.port < 0 || p.port > 65_535 {
			return fmt.Errorf("%s: got %d, expected a port from 1 to 65535, or 0 for any that is free", p.flag, p.port)
		}
	}
	return f.checkNamed()
}

// Parts are those of a stack, before and while they run. The fields are set before
// Synthesize is called.
type Parts struct {
	Flags    *Flags
	Progress *terminal.Progress
	Run      *runs.Folder
	// Observed, if it is set, is called after the app was synthesized, or failed to.
	// NotKept says why the assembly is not kept.
	Observed func(app *synthesis.App, notKept, failed error)

	// Stack is nil until the app is synthesized. It runs between Start and Close.
	Stack *stack.Stack

	earlier  bool                   // the folder is that of an earlier run
	name     string                 // of the stack
	replaced functions.Replacements // by --stub, --function and --env
	cancel   context.CancelFunc     // of their context; nil until they are started
}

// Again prepares to start the parts of an earlier run, over its folder and as they
// were started then, except for what flags say. They need a Close. The run is "last",
// or named by its ID.
func Again(run string, flags *Flags, progress *terminal.Progress) (*Parts, error) {
	folder, err := runs.Claim(run)
	if err != nil {
		return nil, err
	}
	start, err := runs.ReadStart(folder.Path)
	if err != nil {
		folder.Release()
		return nil, err
	}
	f := *flags
	f.App, f.Stack, f.Job = cmp.Or(f.App, start.App), cmp.Or(f.Stack, start.Stack), cmp.Or(f.Job, start.Job)
	f.Context, f.Parameter = merged(start.Context, f.Context), merged(start.Parameter, f.Parameter)
	f.Stub, f.Function, f.Env = merged(start.Stub, f.Stub), merged(start.Function, f.Function), merged(start.Env, f.Env)
	return &Parts{Flags: &f, Progress: progress, Run: folder, earlier: true}, nil
}

// merged returns the members of both maps; those of later ones count.
func merged(earlier, later map[string]string) map[string]string {
	all := maps.Clone(earlier)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, later)
	return all
}

// Synthesize synthesizes the app and returns the stack to run. It refuses what can't
// be run, and flags that name what the stack doesn't have, before the parts are started.
func (p *Parts) Synthesize(ctx context.Context) (*template.Stack, error) {
	if err := checkTemporary(os.TempDir()); err != nil {
		return nil, err
	}
	folder, err := filepath.Abs(p.assembly())
	if err != nil {
		return nil, err
	}
	if err := p.makeAssembly(ctx, folder); err != nil {
		return nil, err
	}
	assembly, err := template.Read(folder)
	if err != nil {
		return nil, err
	}
	if err := assembly.SetParameters(p.Flags.Parameter); err != nil {
		return nil, err
	}
	synthesized, err := runnable.Choose(assembly, p.Flags.Stack, p.Flags.Job)
	if err == nil && p.Flags.Job != "" && !runnable.HasStateMachine(synthesized) {
		err = fmt.Errorf("--job: got %q, expected none: stack %s has no job, and an event for its function starts it", p.Flags.Job, synthesized.Name)
	}
	if err != nil {
		return nil, err
	}
	p.Stack, p.name = stack.New(synthesized), synthesized.Name
	return synthesized, p.checkStack(synthesized)
}

// checkTemporary checks the folder of temporary files: parts and functions need it,
// wherever they run.
func checkTemporary(folder string) error {
	info, err := os.Stat(folder)
	if err == nil && info.IsDir() && filepath.IsAbs(folder) {
		return nil
	}
	return fmt.Errorf("TMPDIR: got %q, expected the absolute path of a folder: create it, or set another one", folder)
}

func (p *Parts) assembly() string { return filepath.Join(p.Run.Path, "cdk.out") }

// Start starts the parts of the stack that was synthesized. When ctx ends, so does the start, but not the parts: what
// an interrupted run leaves is read from them.
func (p *Parts) Start(ctx context.Context, options stack.Options) error {
	p.Progress.Say("starting the services of %s and building its functions", p.name)
	f := p.Flags
	options.Folder, options.Built = p.Run.Path, filepath.Join(".mapjob", "functions")
	options.S3Port, options.DynamoDBPort, options.LambdaPort, options.StepFunctionsPort = f.S3Port, f.DynamoDBPort, f.LambdaPort, f.StepFunctionsPort
	options.Functions = p.replaced
	p.seed(&options)
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	started := context.AfterFunc(ctx, cancel)
	err := p.Stack.StartServices(running, options)
	if !started() && err == nil { // it was too late
		err = errors.Join(ctx.Err(), p.Stack.Close())
	}
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		err = errors.New("interrupted while the services were being started")
	}
	if err != nil {
		cancel()
		return err
	}
	p.cancel = cancel
	for _, absent := range p.Stack.Absent() {
		p.Progress.Say("not run on this machine: %s", absent)
	}
	for _, ignored := range p.Stack.Ignored() {
		p.Progress.Say("%s", ignored)
	}
	return p.note()
}

// note writes how the parts were started, and where they listen.
func (p *Parts) note() error {
	f := p.Flags
	start := &runs.Start{Time: time.Now(), StackName: p.name, App: f.App, Context: f.Context, Stack: f.Stack, Job: f.Job,
		Parameter: f.Parameter, Stub: f.Stub, Function: f.Function, Env: f.Env}
	if earlier, err := runs.ReadStart(p.Run.Path); err == nil {
		start.Time, start.MemoryMB = earlier.Time, earlier.MemoryMB
	}
	if machine, err := p.Stack.Machine(f.Job); err == nil {
		start.StateMachineARN = machine.ARN
	}
	endpoints := map[string]string{}
	for _, endpoint := range p.Stack.Endpoints() {
		name, url, _ := strings.Cut(endpoint, "=")
		endpoints[name] = url
	}
	return errors.Join(start.Write(p.Run.Path), runs.WriteEndpoints(p.Run.Path, endpoints))
}

// noteMemory adds to how the parts were started how much memory the functions have used.
func (p *Parts) noteMemory() error {
	start, err := runs.ReadStart(p.Run.Path)
	if err != nil { // they did not start
		return nil //nolint:nilerr // the reason is known already
	}
	for name, mb := range p.Stack.MostMemory() {
		if start.MemoryMB == nil {
			start.MemoryMB = map[string]int{}
		}
		start.MemoryMB[name] = max(start.MemoryMB[name], mb)
	}
	return start.Write(p.Run.Path)
}

// Discard closes parts with which nothing has run, and removes the folder, unless it is
// that of an earlier run.
func (p *Parts) Discard() error {
	err := p.Close()
	if !p.earlier {
		err = errors.Join(err, p.Run.Remove())
	}
	return err
}

// Idle reports whether no execution runs in the parts that their Step Functions has started.
func (p *Parts) Idle() bool { return p.Stack.StepFunctions().Idle() }

// Close stops the parts, if they run, and releases the folder. What is left is in it.
func (p *Parts) Close() error {
	var err error
	if p.cancel != nil {
		err = errors.Join(p.noteMemory(), p.Stack.Close())
		p.cancel()
		runs.RemoveEndpoints(p.Run.Path)
	}
	err = errors.Join(err, os.RemoveAll(p.assembly())) // it can be made again
	p.Run.Release()
	return err
}
