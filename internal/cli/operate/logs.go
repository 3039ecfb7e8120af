package operate

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/mapjob/mapjob/internal/cli/joblog"
	"github.com/mapjob/mapjob/internal/cli/target"
	"github.com/mapjob/mapjob/internal/cli/terminal"
	"github.com/mapjob/mapjob/internal/operate"
)

// Logs is mapjob logs.
type Logs struct {
	target.One

	Item       *int     `help:"Lines of the invocations that handled an item, by its index in mapjob failures." placeholder:"N"`
	Invocation bool     `help:"Also the lines that name other items of the batch, with --item."`
	LogGroup   []string `help:"Log group of the worker; may be repeated. Default: that of each function that the Map invokes." name:"log-group" placeholder:"NAME" sep:"none"`
}

// Run prints what the worker has logged about the failed items of an execution, or
// about one item: of the last execution, unless another is named.
func (c *Logs) Run(ctx context.Context, streams *terminal.Streams) (err error) {
	switch {
	case c.Item != nil && *c.Item < 0:
		return fmt.Errorf("--item: got %d, expected an index, 0 or more", *c.Item)
	case c.Invocation && c.Item == nil:
		return errors.New("--invocation: got no --item, expected the item whose invocation is shown")
	case c.Local && len(c.LogGroup) > 0:
		return errors.New("--log-group: got --local, too, expected one of them: a run has its logs in files")
	}
	s, x, err := c.Find(ctx, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	logs, err := s.Logs(ctx, x, c.LogGroup)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(streams.Out, 1<<16)
	view := &joblog.View{Out: out, Execution: x, Logs: logs, JSON: c.JSON, Local: c.Local, Command: func(x *operate.Execution, item int) string {
		return s.Command("logs", x, "--item", strconv.Itoa(item))
	}}
	if c.Item != nil {
		err = view.Item(ctx, s.Service, *c.Item, c.Invocation)
	} else {
		err = view.Failed(ctx)
	}
	return errors.Join(err, out.Flush())
}
