// Package cli is the command mapjob: what a person types, and what it answers.
// Standard output is the answer, standard error is progress.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

// Exit codes.
const (
	exitSucceeded = 0
	exitNotRun    = 1 // bad usage, a bad template, a part that did not start
	exitFailed    = 2 // it ran, and failed
)

// streams are the three of the process.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// failed is the error of something that ran and failed.
type failed struct{ error }

func (f failed) Unwrap() error { return f.error }

// said is an error that a person has been told of already.
type said struct{ error }

func (s said) Unwrap() error { return s.error }

// complain tells a person of an error.
func (s *streams) complain(err error) { fmt.Fprintln(s.err, "mapjob:", err) }

type commands struct {
	Run runCommand `cmd:"" help:"Run a job of the CDK app on this machine, without AWS."`
	ASL aslCommand `cmd:"" name:"asl" help:"Run or check a state machine definition on its own."`
}

// Main runs the command and returns its exit code.
func Main(args []string, in io.Reader, out, errs io.Writer) int {
	s := &streams{in, out, errs}
	// The first Ctrl-C ends the run in good order, a second one at once.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)

	exited := -1
	parser, err := kong.New(&commands{},
		kong.Name("mapjob"),
		kong.Description("Fan-out jobs on AWS Step Functions, on your laptop."),
		kong.UsageOnError(),
		kong.Writers(out, errs),
		kong.Exit(func(code int) { exited = code }),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(s),
	)
	if err != nil {
		fmt.Fprintln(errs, "mapjob:", err)
		return exitNotRun
	}
	parsed, err := parser.Parse(args)
	if exited >= 0 { // --help
		return exited
	}
	if err != nil {
		fmt.Fprintf(errs, "mapjob: %v\nmapjob --help says what it can do\n", err)
		return exitNotRun
	}
	err = parsed.Run()
	if err == nil {
		return exitSucceeded
	}
	if !errors.As(err, new(said)) {
		s.complain(err)
	}
	if errors.As(err, new(failed)) {
		return exitFailed
	}
	return exitNotRun
}
