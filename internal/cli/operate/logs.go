package operate

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/mapjob/mapjob/internal/cli/joblog"
	"github.com/mapjob/mapjob/internal/cli/terminal"
	"github.com/mapjob/mapjob/internal/functionlog"
	"github.com/mapjob/mapjob/internal/operate"
)

// Logs is mapjob logs.
type Logs struct {
	One

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
	s, x, err := c.find(ctx, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	logs, err := c.logs(ctx, s, x)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(streams.Out, 1<<16)
	view := &joblog.View{Out: out, Execution: x, Logs: logs, JSON: c.JSON, Local: c.Local, Command: func(x *operate.Execution, item int) string {
		return s.command("logs", x, "--item", strconv.Itoa(item))
	}}
	if c.Item != nil {
		err = view.Item(ctx, s.Service, *c.Item, c.Invocation)
	} else {
		err = view.Failed(ctx)
	}
	return errors.Join(err, out.Flush())
}

// logs returns the logs of the functions that the Map invokes.
func (c *Logs) logs(ctx context.Context, s *session, x *operate.Execution) (logs []functionlog.Log, err error) {
	if c.Local {
		return s.logFiles(x.ARN)
	}
	settings, err := c.settings(ctx, c.Execution)
	if err != nil {
		return nil, err
	}
	watch := &functionlog.CloudWatch{Logs: cloudwatchlogs.NewFromConfig(settings), Functions: lambda.NewFromConfig(settings), Region: settings.Region}
	groups := c.LogGroup
	if len(groups) == 0 {
		functions, err := s.WorkerFunctions(ctx, x)
		if err != nil {
			return nil, err
		}
		for _, function := range functions {
			group, err := watch.GroupOf(ctx, function)
			if err != nil {
				return nil, err
			}
			groups = append(groups, group)
		}
	}
	for _, group := range groups {
		logs = append(logs, watch.Group(group))
	}
	return logs, nil
}
