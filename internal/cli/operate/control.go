package operate

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/mapjob/mapjob/internal/cli/target"
	"github.com/mapjob/mapjob/internal/cli/terminal"
	"github.com/mapjob/mapjob/internal/operate"
	"github.com/mapjob/mapjob/internal/plain"
)

// Stop is mapjob stop.
type Stop struct {
	target.One

	Cause string `help:"Why, for those who look at the execution." default:"stopped with mapjob stop" placeholder:"TEXT"`
}

// stopped is the document of a stop.
type stopped struct {
	Execution string    `json:"execution"`
	StoppedAt time.Time `json:"stoppedAt"`
}

// Run stops an execution: the last one, unless another is named.
func (c *Stop) Run(ctx context.Context, streams *terminal.Streams) (err error) {
	s, x, err := c.Find(ctx, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	service := s.Service
	if c.Local && x.Running() {
		if service, err = s.Serving(x); err != nil {
			return err
		}
	}
	at, err := service.Stop(ctx, x, c.Cause)
	switch {
	case err != nil:
		return err
	case c.JSON:
		return terminal.PrintJSON(streams.Out, stopped{x.ARN, at})
	}
	text := "stopped %s\nWorkers that were invoked work on until they have answered. There is no summary and no report.\nThe next execution takes over the job's lock, if it has one.\n"
	args := []any{plain.Line(x.Name)}
	if !c.Local {
		text += "go on where it was: %s\n"
		args = append(args, s.Command("redrive", x))
	}
	_, err = fmt.Fprintf(streams.Out, text, args...)
	return err
}

// Redrive is mapjob redrive.
type Redrive struct{ target.One }

// redriven is the document of a redrive.
type redriven struct {
	Execution string `json:"execution"`
}

// Run redrives an execution: the last one, unless another is named.
func (c *Redrive) Run(ctx context.Context, streams *terminal.Streams) (err error) {
	s, x, err := c.Find(ctx, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	err = s.Redrive(ctx, x)
	if refused, ok := errors.AsType[*operate.NotRedrivableError](err); ok && x.Unsuccessful() > 0 {
		return fmt.Errorf("%w\n%s\n%s", refused, notSucceeded(x.Unsuccessful(), ""), strings.Join(s.Again(ctx, x), "\n"))
	}
	switch {
	case err != nil:
		return err
	case c.JSON:
		return terminal.PrintJSON(streams.Out, redriven{x.ARN})
	}
	_, err = fmt.Fprintf(streams.Out, "redriven %s: child executions that succeeded stay as they are, the others run again\nhow far it is: %s\n",
		plain.Line(x.Name), s.Command("status", x, "--watch"))
	return err
}
