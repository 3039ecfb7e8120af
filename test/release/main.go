// Command release prepares and checks a release of this module. It neither tags nor
// pushes: at its end it says what to type. docs/releasing.md describes it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

const usage = `usage:
  release prepare [-tagged] VERSION   check everything, and write what is published to dist
  release check                       check what does not depend on the version
  release changelog VERSION           turn what is unreleased in CHANGELOG.md into a version

VERSION is a semantic version such as v0.1.0. -tagged expects that its tag exists and is the commit.
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGPIPE)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	interrupted := ctx.Err() != nil
	stop()
	if err != nil {
		if interrupted {
			err = errors.New("interrupted")
		}
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out, progress io.Writer) error {
	flags := flag.NewFlagSet("release", flag.ContinueOnError)
	flags.SetOutput(progress)
	flags.Usage = func() { fmt.Fprint(progress, usage) }
	root := flags.String("root", ".", "the checkout")
	tagged := flags.Bool("tagged", false, "expect that the tag exists")
	if len(args) == 0 {
		return fmt.Errorf("got no command, expected one of these\n%s", usage)
	}
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	r := release{checkout: checkout{*root}, out: out, log: progress}
	switch command := args[0]; {
	case command == "prepare" && flags.NArg() == 1:
		return r.prepare(ctx, flags.Arg(0), *tagged)
	case command == "check" && flags.NArg() == 0:
		return r.check(ctx)
	case command == "changelog" && flags.NArg() == 1:
		return r.dateChangelog(flags.Arg(0), time.Now())
	}
	return fmt.Errorf("got %q, expected one of these\n%s", args, usage)
}

// release is a release in the making.
type release struct {
	checkout checkout
	out, log io.Writer
}

// step runs a part of a release and says how long it took.
func (r release) step(ctx context.Context, name string, part func() (string, error)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	begin := time.Now()
	result, err := part()
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	fmt.Fprintf(r.log, "%-14s %s (%.1f s)\n", name, result, time.Since(begin).Seconds())
	return nil
}
