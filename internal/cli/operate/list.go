// Package operate lists, reruns and stops the executions of a job, on AWS or in the
// runs of this folder: mapjob list, status, failures, logs, rerun, stop, redrive and
// report.
package operate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/mapjob/mapjob/internal/cli/target"
	"github.com/mapjob/mapjob/internal/cli/terminal"
	"github.com/mapjob/mapjob/internal/number"
	"github.com/mapjob/mapjob/internal/operate"
	"github.com/mapjob/mapjob/internal/plain"
	"github.com/mapjob/mapjob/internal/typed"
)

// List is mapjob list.
type List struct {
	target.Target

	Status string        `help:"Only executions with a status: running, succeeded, failed, timed_out or aborted." placeholder:"STATUS" complete:"running,succeeded,failed,timed_out,aborted"`
	Since  time.Duration `help:"Only executions that started in the last DURATION, such as 24h." placeholder:"DURATION"`
	Limit  int           `help:"Executions, at most; on AWS the first 100 have their items and error." default:"20" placeholder:"N"`
}

// describedOnAWS is how many executions of a list are described. DescribeExecution has a
// quota for all programs of an account: 300 at once, and 50 a second.
const describedOnAWS = 100

// Run prints the executions of a job, the newest first.
func (l *List) Run(ctx context.Context, streams *terminal.Streams) (err error) {
	filter := operate.Filter{Status: strings.ToUpper(l.Status), Most: l.Limit}
	switch filter.Status {
	case "", "RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED":
	default:
		return fmt.Errorf("--status: got %q, expected running, succeeded, failed, timed_out or aborted", l.Status)
	}
	switch {
	case l.Limit < 1:
		return fmt.Errorf("--limit: got %d, expected 1 or more", l.Limit)
	case l.Since < 0:
		return fmt.Errorf("--since: got %s, expected a duration such as 24h", l.Since)
	case l.Since > 0:
		filter.Since = time.Now().Add(-l.Since)
	}
	s, err := l.Open(ctx, "")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if !l.Local {
		filter.Described = describedOnAWS
	}
	list, err := s.List(ctx, s.Machine, filter)
	if err != nil {
		return err
	}
	if l.JSON {
		return terminal.PrintJSON(streams.Out, list)
	}
	if len(list) == 0 {
		_, err = fmt.Fprintln(streams.Out, "no executions")
		return err
	}
	table := tabwriter.NewWriter(streams.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "EXECUTION\tSTATUS\tSTARTED\tDURATION\tITEMS\tFAILED\tERROR")
	for i := range list {
		x := &list[i]
		items, failed, status := "-", "-", x.Status
		if a := x.Account; a != nil {
			items, failed = number.Thousands(a.Total), number.Thousands(x.Unsuccessful())
		}
		if x.Skipped {
			status = "SKIPPED"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", plain.Line(x.Name), status, stamp(x.StartedAt), took(x), items, failed, plain.Line(x.Error))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if slices.ContainsFunc(list, func(x operate.Execution) bool { return x.Undescribed }) {
		fmt.Fprintf(streams.Err, "items and errors are those of the first %d executions that have ended; %s shows those of another\n", describedOnAWS, typed.Command("status", "ARN"))
	}
	return nil
}

func stamp(t time.Time) string { return t.Local().Format("2006-01-02 15:04:05") }

// took returns how long an execution took, or has taken so far.
func took(x *operate.Execution) time.Duration {
	if x.StoppedAt == nil {
		return time.Since(x.StartedAt).Round(time.Second)
	}
	d := x.StoppedAt.Sub(x.StartedAt)
	if d < 10*time.Second {
		return d.Round(10 * time.Millisecond)
	}
	return d.Round(time.Second)
}
