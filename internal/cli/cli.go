// Package cli is the command mapjob.
package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"
	"github.com/mapjob/mapjob/internal/cli/completion"
	"github.com/mapjob/mapjob/internal/cli/console"
	"github.com/mapjob/mapjob/internal/cli/create"
	"github.com/mapjob/mapjob/internal/cli/definition"
	"github.com/mapjob/mapjob/internal/cli/graph"
	"github.com/mapjob/mapjob/internal/cli/operate"
	"github.com/mapjob/mapjob/internal/cli/plan"
	"github.com/mapjob/mapjob/internal/cli/run"
	"github.com/mapjob/mapjob/internal/cli/serve"
	"github.com/mapjob/mapjob/internal/cli/terminal"
	"github.com/mapjob/mapjob/internal/plain"
	"github.com/mapjob/mapjob/internal/typed"
)

type commands struct {
	Version kong.VersionFlag `help:"Print the version of the command."`

	Init  create.Command `cmd:"" help:"Create a job in this folder, which may be empty or a Go module."`
	Run   run.Command    `cmd:"" help:"Run a job of the CDK app on this machine, without AWS."`
	Serve serve.Command  `cmd:"" help:"Start what a run would start, and no job: for the AWS CLI and SDKs."`

	List     operate.List     `cmd:"" help:"List the executions of a job, on AWS or of the runs on this machine."`
	Status   operate.Status   `cmd:"" help:"Show how far an execution is."`
	Failures operate.Failures `cmd:"" help:"Show why items failed, and which."`
	Rerun    operate.Rerun    `cmd:"" help:"Run the failed items of an execution again, and compare."`
	Stop     operate.Stop     `cmd:"" help:"Stop an execution."`
	Redrive  operate.Redrive  `cmd:"" help:"Go on with an execution that was stopped or timed out."`
	Report   operate.Report   `cmd:"" help:"Print the report of an execution."`
	Console  console.Command  `cmd:"" help:"Show a job in the browser, live: the runs on this machine, or a job on AWS."`
	History  operate.History  `cmd:"" help:"Print the events of an execution."`
	Waiting  operate.Waiting  `cmd:"" help:"Show the tasks of a run that wait for an answer to their token, and answer them."`
	Logs     operate.Logs     `cmd:"" help:"Print what the worker has logged about failed items, or about one item."`

	Plan  plan.Command  `cmd:"" help:"Compute what a job will cost, how long it takes and which limit it meets first."`
	Graph graph.Command `cmd:"" help:"Draw a state machine as Mermaid or SVG, and what happened in an execution."`

	ASL definition.Commands `cmd:"" name:"asl" help:"Run or check a state machine definition on its own."`

	Completion completion.Command `cmd:"" help:"Print a script that completes commands, flags and values in a shell."`
	Complete   completion.Words   `cmd:"" name:"__complete" hidden:""`
}

// Main runs the command and returns its exit code.
func Main(args []string, in io.Reader, out, errs io.Writer) int {
	out = terminal.NewAnswer(out)
	text := plain.NewWriter(out)
	defer func() { _ = text.Flush() }()
	streams := &terminal.Streams{In: in, Out: text, Err: errs}
	ctx, end := handleSignals()
	defer end()

	exited := -1
	parser, err := kong.New(&commands{},
		kong.Name("mapjob"),
		kong.Description("Fan-out jobs on AWS Step Functions, on your laptop."),
		kong.UsageOnError(),
		kong.Vars{"version": version()},
		kong.Writers(out, errs),
		kong.Exit(func(code int) { exited = code }),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(streams),
	)
	if err != nil {
		return streams.Exit(err)
	}
	parsed, err := parser.Parse(args)
	if exited >= 0 { // --help or --version
		return exited
	}
	if err == nil {
		err = refuseEmpty(parsed)
	}
	if err != nil {
		streams.Complain(fmt.Errorf("%w\n%s lists the commands and flags", err, typed.Command("--help")))
		return terminal.NotRun
	}
	return streams.Exit(parsed.Run())
}

// refuseEmpty refuses a flag or an argument whose value is empty: it would mean the
// same as none, and is what the variable of a shell that is not set leaves.
func refuseEmpty(parsed *kong.Context) error {
	for _, element := range parsed.Path {
		if element.Flag == nil && element.Positional == nil {
			continue
		}
		if text, ok := parsed.Value(element).Interface().(string); !ok || text != "" {
			continue
		}
		if element.Flag != nil {
			return fmt.Errorf("--%s: got an empty value, expected %s", element.Flag.Name, element.Flag.FormatPlaceHolder())
		}
		name := strings.ToUpper(element.Positional.Name)
		return fmt.Errorf("%s: got an empty value, expected one, or no %s", name, name)
	}
	return nil
}
