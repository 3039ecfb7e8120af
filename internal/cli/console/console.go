// Package console shows a job in the browser: mapjob console.
package console

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/mapjob/mapjob/internal/cli/browser"
	"github.com/mapjob/mapjob/internal/cli/target"
	"github.com/mapjob/mapjob/internal/cli/terminal"
	"github.com/mapjob/mapjob/internal/console"
	"github.com/mapjob/mapjob/internal/plain"
	"github.com/mapjob/mapjob/internal/statesarn"
)

// Command is mapjob console.
type Command struct {
	target.Target

	NoOpen       bool `help:"Only print the address." name:"no-open"`
	AllowActions bool `help:"Let the page rerun, stop and redrive executions on AWS. On this machine it always may." name:"allow-actions"`
	Port         int  `help:"Port of the page. Default: any that is free." placeholder:"PORT"`
}

// Beside starts a console of the runs of this folder beside a run, prints its address and
// opens it unless noOpen is set. It has to be closed.
func Beside(ctx context.Context, streams *terminal.Streams, noOpen bool) (*console.Server, error) {
	c := &Command{Target: target.Target{Local: true}, NoOpen: noOpen}
	server, err := c.serve(ctx, streams)
	if err != nil {
		return nil, fmt.Errorf("--console: %w", err)
	}
	fmt.Fprintf(streams.Err, "the console: %s\n", server.URL())
	c.open(server, streams)
	return server, nil
}

// Run serves the console until Ctrl-C.
func (c *Command) Run(ctx context.Context, streams *terminal.Streams) (err error) {
	if c.Port < 0 || c.Port > 65_535 {
		return fmt.Errorf("--port: got %d, expected a port from 1 to 65535, or 0 for any that is free", c.Port)
	}
	// Without a job, it is about this folder.
	c.Local = c.Local || c.Job == "" && c.Stack == "" && c.Profile == "" && c.Region == ""
	server, err := c.serve(ctx, streams)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	if c.JSON {
		err = terminal.PrintJSON(streams.Out, map[string]string{"url": server.URL()})
	} else {
		_, err = fmt.Fprintln(streams.Out, server.URL())
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(streams.Err, "the console of %s runs until Ctrl-C\n", plain.Line(server.Where))
	c.open(server, streams)
	<-ctx.Done()
	return nil
}

func (c *Command) open(server *console.Server, streams *terminal.Streams) {
	if c.NoOpen {
		return
	}
	if err := browser.Open(server.OnceURL()); err != nil {
		fmt.Fprintf(streams.Err, "the browser was not opened (%v): open the address yourself\n", err)
	}
}

func (c *Command) serve(ctx context.Context, streams *terminal.Streams) (*console.Server, error) {
	s := &source{target: &c.Target, streams: &terminal.Streams{In: streams.In, Out: streams.Err, Err: streams.Err}}
	if err := s.checkJob(ctx); err != nil {
		return nil, err
	}
	options := console.Options{Source: s, Local: c.Local, Actions: c.AllowActions, Port: c.Port}
	if c.Local {
		folder, err := os.Getwd()
		if err != nil {
			return nil, err
		}
		options.Where = folder
	} else {
		options.Where = statesarn.Name(s.aws.Machine) + " in " + s.aws.Region
	}
	return console.Serve(options)
}
