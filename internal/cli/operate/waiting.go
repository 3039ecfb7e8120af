package operate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/mapjob/mapjob/internal/cli/target"
	"github.com/mapjob/mapjob/internal/cli/terminal"
	"github.com/mapjob/mapjob/internal/number"
	"github.com/mapjob/mapjob/internal/operate/waiting"
	"github.com/mapjob/mapjob/internal/plain"
)

// Waiting is mapjob waiting.
type Waiting struct {
	target.One

	State   string `help:"Only tasks of a state." placeholder:"NAME"`
	Limit   int    `help:"Tasks to show, at most." default:"20" placeholder:"N"`
	Succeed string `help:"End the task with this token, or with one that begins so." placeholder:"TOKEN"`
	Output  string `help:"Output of the task that succeeds, as JSON." default:"{}" placeholder:"JSON"`
	Fail    string `help:"Fail the task with this token, or with one that begins so." placeholder:"TOKEN"`
	Error   string `help:"Error name of the task that fails." placeholder:"NAME"`
	Cause   string `help:"Cause of the task that fails." placeholder:"TEXT"`
}

func (c *Waiting) check() error {
	switch {
	case c.Limit < 1:
		return fmt.Errorf("--limit: got %d, expected 1 or more", c.Limit)
	case c.Succeed != "" && c.Fail != "":
		return errors.New("got --succeed and --fail, expected one of them")
	case c.Succeed+c.Fail != "" && c.State != "":
		return errors.New("got --state with --succeed or --fail, expected it for the list: a token names one task")
	case c.Fail == "" && c.Error+c.Cause != "":
		return errors.New("got --error or --cause without --fail TOKEN")
	case c.Fail != "" && c.Error == "":
		return errors.New("--fail: got no --error, expected the name of an error, such as --error Refused")
	case c.Succeed == "" && c.Output != "{}":
		return errors.New("got --output without --succeed TOKEN")
	case !json.Valid([]byte(c.Output)):
		return fmt.Errorf("--output: got %s, expected JSON, such as '{\"paid\": true}' or '\"text\"'", c.Output)
	}
	return nil
}

// Run lists the tasks of an execution that wait, or answers one: of the last execution,
// unless another is named.
func (c *Waiting) Run(ctx context.Context, streams *terminal.Streams) (err error) {
	if err := c.check(); err != nil {
		return err
	}
	if !c.Local {
		return target.ErrNotListed
	}
	s, x, err := c.Find(ctx, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	service, err := s.Waiting(x)
	if err != nil {
		return err
	}
	if c.Succeed+c.Fail != "" {
		return c.answer(ctx, streams, service, x.ARN)
	}
	tasks, total, err := c.list(ctx, service, x.ARN)
	if err != nil {
		return err
	}
	if c.JSON {
		return terminal.PrintJSON(streams.Out, waiting.Page{Tasks: tasks, Total: total})
	}
	of := ""
	if c.State != "" {
		of = " of state " + plain.Line(c.State)
	}
	if len(tasks) == 0 {
		_, err := fmt.Fprintf(streams.Out, "no task of execution %s%s waits for an answer to its token\n", plain.Line(x.Name), of)
		return err
	}
	fmt.Fprintf(streams.Out, "waiting for an answer to a token: %s%s\n\n", number.Of(total, "task"), of)
	table := tabwriter.NewWriter(streams.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "STATE\tITEM\tWAITS FOR\tTIMES OUT\tTOKEN")
	now := time.Now()
	for i := range tasks {
		t := &tasks[i]
		until := "never"
		if t.Until != nil {
			until = "in " + max(0, t.Until.Sub(now)).Round(time.Second).String()
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", plain.Line(t.State), itemsOf(t), now.Sub(t.Since).Round(time.Second), until, t.Token[:8])
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if total > len(tasks) {
		fmt.Fprintf(streams.Out, "%s more: a larger --limit shows them\n", number.Thousands(total-len(tasks)))
	}
	_, err = fmt.Fprintf(streams.Out, "\nend one: %s\nfail one: %s\n",
		s.Command("waiting", x, "--succeed", tasks[0].Token[:8], "--output", "{}"), s.Command("waiting", x, "--fail", tasks[0].Token[:8], "--error", "Refused"))
	return err
}

// itemsOf returns the indexes of a task's items.
func itemsOf(t *waiting.Task) string {
	switch t.Items {
	case 0:
		return "–"
	case 1:
		return strconv.Itoa(t.First)
	}
	return fmt.Sprintf("%d–%d", t.First, t.First+t.Items-1)
}

// list returns the tasks to show, and how many there are.
func (c *Waiting) list(ctx context.Context, service *waiting.Service, execution string) ([]waiting.Task, int, error) {
	tasks := []waiting.Task{}
	for next := ""; ; {
		page, err := service.List(ctx, waiting.Query{Execution: execution, State: c.State, Next: next, Most: min(c.Limit-len(tasks), waiting.MostTasks)})
		if err != nil {
			return nil, 0, err
		}
		tasks = append(tasks, page.Tasks...)
		if next = page.Next; next == "" || len(tasks) >= c.Limit {
			return tasks, page.Total, nil
		}
	}
}

func (c *Waiting) answer(ctx context.Context, streams *terminal.Streams, service *waiting.Service, execution string) error {
	t, err := service.Find(ctx, execution, c.Succeed+c.Fail)
	if err != nil {
		return err
	}
	how := "succeeded"
	if c.Succeed != "" {
		err = service.Succeed(ctx, t.Token, c.Output)
	} else {
		how, err = "failed with "+c.Error, service.Fail(ctx, t.Token, c.Error, c.Cause)
	}
	if err != nil {
		return err
	}
	if c.JSON {
		return terminal.PrintJSON(streams.Out, t)
	}
	of := ""
	if t.Items > 0 {
		of = ", item " + itemsOf(t)
	}
	_, err = fmt.Fprintf(streams.Out, "the task of state %s%s %s\n", plain.Line(t.State), of, plain.Line(how))
	return err
}
