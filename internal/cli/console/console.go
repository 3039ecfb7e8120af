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

// Run serves the console until Ctrl-C.
func (c *Command) Run(ctx context.Context, streams *terminal.Streams) (err error) {
	if c.Port < 0 || c.Port > 65_535 {
		return fmt.Errorf("--port: got %d, expected a port from 1 to 65535, or 0 for any that is free", c.Port)
	}
	// Without a job, it is about this folder.
	c.Local = c.Local || c.Job == "" && c.Stack == "" && c.Profile == "" && c.Region == ""
	s := &source{target: &c.Target, streams: &terminal.Streams{In: streams.In, Out: streams.Err, Err: streams.Err}}
	if err := s.checkJob(ctx); err != nil {
		return err
	}
	options := console.Options{Source: s, Local: c.Local, Actions: c.AllowActions, Port: c.Port}
	if c.Local {
		if options.Where, err = os.Getwd(); err != nil {
			return err
		}
	} else {
		options.Where = statesarn.Name(s.aws.Machine) + " in " + s.aws.Region
	}
	server, err := console.Serve(options)
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
	fmt.Fprintf(streams.Err, "the console of %s runs until Ctrl-C\n", plain.Line(options.Where))
	if !c.NoOpen {
		if err := browser.Open(server.URL()); err != nil {
			fmt.Fprintf(streams.Err, "the browser was not opened (%v): open the address yourself\n", err)
		}
	}
	<-ctx.Done()
	return nil
}
