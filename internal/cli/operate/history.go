package operate

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/mapjob/mapjob/internal/cli/target"
	"github.com/mapjob/mapjob/internal/cli/terminal"
	"github.com/mapjob/mapjob/internal/operate"
	"github.com/mapjob/mapjob/internal/plain"
)

// History is mapjob history.
type History struct {
	target.One

	Type  string `help:"Only events of a type, such as TaskFailed." placeholder:"TYPE"`
	State string `help:"Only events of a state." placeholder:"NAME"`
	Event *int64 `help:"Show what an event carries, by its number." placeholder:"N"`
}

// Run prints the events of an execution: the last one, unless another is named.
func (c *History) Run(ctx context.Context, streams *terminal.Streams) (err error) {
	if c.Event != nil && *c.Event < 1 {
		return fmt.Errorf("--event: got %d, expected the number of an event, 1 or more", *c.Event)
	}
	s, x, err := c.Find(ctx, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if c.Event != nil {
		e, err := s.Event(ctx, x.ARN, *c.Event)
		if err != nil {
			return err
		}
		return terminal.PrintJSON(streams.Out, e)
	}
	list := []operate.Event{}
	var states operate.States
	for token := ""; ; {
		events, next, err := s.Service.History(ctx, x.ARN, token, 1000)
		if err != nil {
			return err
		}
		for i := range events {
			e := states.Event(&events[i])
			if (c.Type == "" || e.Type == c.Type) && (c.State == "" || e.State == c.State) {
				list = append(list, e)
			}
		}
		if token = next; token == "" {
			break
		}
	}
	if c.JSON {
		return terminal.PrintJSON(streams.Out, list)
	}
	table := tabwriter.NewWriter(streams.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "EVENT\tTIME\tTYPE\tSTATE")
	for i := range list {
		e := &list[i]
		fmt.Fprintf(table, "%d\t%s\t%s\t%s\n", e.ID, aws.ToTime(e.At).Local().Format("15:04:05.000"), e.Type, plain.Line(e.State))
	}
	return table.Flush()
}
