package operate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/mapjob/mapjob/internal/cli/parts"
	"github.com/mapjob/mapjob/internal/cli/target"
	"github.com/mapjob/mapjob/internal/cli/terminal"
	"github.com/mapjob/mapjob/internal/number"
	"github.com/mapjob/mapjob/internal/operate"
	"github.com/mapjob/mapjob/internal/operate/failed"
	"github.com/mapjob/mapjob/internal/plain"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/statesarn"
	"github.com/mapjob/mapjob/job/report"
)

// Rerun is mapjob rerun.
type Rerun struct {
	target.One

	Error  []string `help:"Only items that failed with this error; may be repeated." placeholder:"NAME" sep:"none"`
	Search string   `help:"Only items whose JSON has a text, in upper or lower case." placeholder:"TEXT"`
	Batch  *int     `help:"Items of a batch, at most: 1 finds the item that kills its worker. Default: as in any execution." placeholder:"N"`
	DryRun bool     `help:"Only say which items would run." name:"dry-run"`
	Watch  bool     `help:"Show how far the execution is."`
}

// Run runs the failed items of an execution again, and compares: those of the last
// execution that has ended, unless another is named.
func (c *Rerun) Run(ctx context.Context, streams *terminal.Streams) (err error) {
	if c.Batch != nil && *c.Batch < 1 {
		return fmt.Errorf("--batch: got %d, expected 1 or more; without the flag batches are as in any execution", *c.Batch)
	}
	s, x, err := c.Find(ctx, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	plan, err := s.PlanRerun(ctx, x, c.filter(), c.batch())
	if _, ok := errors.AsType[*operate.NoReportError](err); ok {
		for _, line := range s.Items() {
			err = fmt.Errorf("%w\n%s", err, line)
		}
	}
	if err != nil {
		return err
	}
	if c.DryRun && c.JSON {
		return terminal.PrintJSON(streams.Out, plan)
	}
	said := streams.Out
	if c.JSON {
		said = streams.Err
	}
	c.say(said, x, plan)
	if c.DryRun && plan.Count > 0 {
		fmt.Fprintf(said, "run them: %s\n", s.Command("rerun", x, c.words()...))
	}
	if c.DryRun || plan.Count == 0 && !c.JSON {
		return nil
	}
	return c.start(ctx, streams, s, x, plan)
}

func (c *Rerun) filter() failed.Filter { return failed.Filter{Errors: c.Error, Search: c.Search} }

// batch returns the size of a batch; 0: as in any execution.
func (c *Rerun) batch() int {
	if c.Batch == nil {
		return 0
	}
	return *c.Batch
}

// words returns the flags that choose what a rerun runs, as words of a command.
func (c *Rerun) words() []string {
	words := c.filter().Flags()
	if c.Batch != nil {
		words = append(words, "--batch", strconv.Itoa(*c.Batch))
	}
	return words
}

// say says what a rerun runs.
func (c *Rerun) say(to io.Writer, x *operate.Execution, plan *operate.Plan) {
	if plan.Count == 0 {
		fmt.Fprintf(to, "%s: %s, so there is nothing to run again\n", plain.Line(x.Name), notSucceeded(0, c.Search))
		return
	}
	verb := "running"
	if c.DryRun {
		verb = "would run"
	}
	fmt.Fprintf(to, "%s: %s %s again", plain.Line(x.Name), verb, number.Of(plan.Count, "item"))
	if c.Batch != nil {
		fmt.Fprintf(to, ", in batches of %s at most", number.Of(*c.Batch, "item"))
	}
	fmt.Fprintln(to)
	printErrors(to, plan.Errors)
	if plan.Unknown > 0 {
		fmt.Fprintf(to, "%s not stored, and can't be run again\n", terminal.Were(plan.Unknown, "item", "items"))
	}
}

// start starts the rerun, waits for its end and prints what became of the items.
func (c *Rerun) start(ctx context.Context, streams *terminal.Streams, s *target.Session, x *operate.Execution, plan *operate.Plan) (err error) {
	live := s.Service
	if c.Local {
		var started *parts.Parts
		if live, started, err = s.Live(ctx, x.ARN, streams); err != nil {
			return err
		}
		if started != nil {
			defer func() {
				awaitOthers(ctx, started, streams)
				err = errors.Join(err, started.Close())
			}()
		}
	}
	arn, err := live.Start(ctx, plan)
	if err != nil {
		return err
	}
	fmt.Fprintf(streams.Err, "started %s\n", plain.Line(arn))
	// On this machine it is followed in its folder, which stays if the parts end. They
	// have written it there when they have answered for it.
	var status *operate.Status
	_, err = live.Describe(ctx, arn)
	switch {
	case err != nil:
	case c.Watch:
		status, err = watch(ctx, s.Service, arn, streams.Err)
	default:
		status, err = s.Watch(ctx, arn, func(status *operate.Status) {
			if status.Delay != nil {
				fmt.Fprintln(streams.Err, plain.Line(status.Delay.String()))
			}
		})
	}
	if err != nil {
		started := &operate.Execution{ARN: arn, Name: arn[strings.LastIndexByte(arn, ':')+1:]}
		return fmt.Errorf("%w\nthe rerun was started: %s", err, s.Command("status", started))
	}
	return c.end(ctx, streams, s, &status.Execution)
}

// awaitOthers waits for the executions that other processes have started in the parts of this one,
// or until the context ends.
func awaitOthers(ctx context.Context, started *parts.Parts, streams *terminal.Streams) {
	for said := false; ctx.Err() == nil && !started.Idle(); said = true {
		if !said {
			fmt.Fprintln(streams.Err, "waiting for an execution that another process has started here: Ctrl-C stops it")
		}
		select {
		case <-ctx.Done():
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// ended is the document of a rerun, which is that of mapjob run with the comparison.
type ended struct {
	Status     string               `json:"status"`
	Job        string               `json:"job"` // name of the state machine
	Execution  string               `json:"execution"`
	Items      report.Items         `json:"items"`
	Errors     map[string]int       `json:"errors"`
	Comparison *protocol.Comparison `json:"comparison,omitempty"` // missing if the summary has not answered
	Output     any                  `json:"output"`
	Error      string               `json:"error,omitempty"`
	Cause      string               `json:"cause,omitempty"`
	DurationMs int64                `json:"durationMs"`
}

// end prints what became of the items.
func (c *Rerun) end(ctx context.Context, streams *terminal.Streams, s *target.Session, x *operate.Execution) error {
	d := &ended{Status: x.Status, Job: statesarn.StateMachine(x.ARN), Execution: x.ARN, Errors: map[string]int{}, Error: x.Error, Cause: x.Cause}
	if x.StoppedAt != nil {
		d.DurationMs = x.StoppedAt.Sub(x.StartedAt).Milliseconds()
	}
	if a := x.Account; a != nil {
		d.Items = report.Items{Total: a.Total, Succeeded: a.Succeeded, Failed: a.Failed, Missing: a.Missing}
		d.Errors, d.Comparison, d.Output = a.Errors, a.Comparison, a.Output
	}
	var err error
	if c.JSON {
		err = terminal.PrintJSON(streams.Out, d)
	} else {
		err = printStatus(ctx, streams.Out, s, &operate.Status{Execution: *x})
	}
	switch {
	case err != nil:
		return err
	case x.Skipped:
		return terminal.Failedf("the rerun was skipped, because another execution has the job's lock: run it again when that has ended")
	case x.Status != "SUCCEEDED":
		return terminal.Failed{Err: terminal.Printed{Err: fmt.Errorf("the rerun ended as %s", x.Status)}}
	}
	return nil
}

// comparison says what became of the items of a rerun.
func comparison(c *protocol.Comparison) string {
	text := []string{number.Thousands(c.Recovered) + " recovered"}
	for _, part := range []struct {
		n    int
		what string
	}{{c.SameError, "failed the same way"}, {c.OtherError, "failed otherwise"}, {c.Unknown, "failed, and the error that they had is not known"}} {
		if part.n > 0 {
			text = append(text, number.Thousands(part.n)+" "+part.what)
		}
	}
	return strings.Join(text, ", ")
}
