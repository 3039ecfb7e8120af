package operate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/mapjob/mapjob/internal/cli/target"
	"github.com/mapjob/mapjob/internal/cli/terminal"
	"github.com/mapjob/mapjob/internal/number"
	"github.com/mapjob/mapjob/internal/operate"
	"github.com/mapjob/mapjob/internal/plain"
)

// Status is mapjob status.
type Status struct {
	target.One

	Watch bool `help:"Show it until the execution ends."`
}

// Run prints how far an execution is: the last one, unless another is named.
func (c *Status) Run(ctx context.Context, streams *terminal.Streams) (err error) {
	s, x, err := c.Find(ctx, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	var status *operate.Status
	if c.Watch && x.Running() {
		status, err = watch(ctx, s.Service, x.ARN, streams.Err)
	} else {
		status, err = s.Status(ctx, x)
	}
	if err != nil {
		return err
	}
	if c.JSON {
		return terminal.PrintJSON(streams.Out, status)
	}
	return printStatus(ctx, streams.Out, s, status)
}

// printStatus prints how far an execution is, and how to go on.
func printStatus(ctx context.Context, to io.Writer, s *target.Session, status *operate.Status) error {
	var text strings.Builder
	x := &status.Execution
	fmt.Fprintf(&text, "%s: %s", plain.Line(x.Name), x.Status)
	if x.Error != "" {
		fmt.Fprintf(&text, " with %s: %s", plain.Line(x.Error), plain.Line(x.Cause))
	}
	fmt.Fprintf(&text, "\nstarted %s, %s\n", stamp(x.StartedAt), took(x))
	if status.State != "" && status.Since != nil {
		fmt.Fprintf(&text, "in state %s since %s\n", plain.Line(status.State), stamp(*status.Since))
	}
	now := time.Now()
	for i := range status.MapRuns {
		fmt.Fprintf(&text, "Map Run: %s\n", progress(&status.MapRuns[i], now))
	}
	if x.Skipped {
		text.WriteString("skipped, because another execution had the job's lock\n")
	}
	if a := x.Account; a != nil {
		fmt.Fprintf(&text, "%s: %s succeeded, %s failed", number.Of(a.Total, "item"), number.Thousands(a.Succeeded), number.Thousands(a.Failed))
		if a.Missing > 0 {
			fmt.Fprintf(&text, ", %s missing", number.Thousands(a.Missing))
		}
		text.WriteString("\n")
		names := slices.SortedFunc(maps.Keys(a.Errors), func(one, other string) int {
			return cmp.Or(a.Errors[other]-a.Errors[one], cmp.Compare(one, other))
		})
		for i, name := range names {
			if i == terminal.MostErrors {
				fmt.Fprintf(&text, "  and %s\n", number.Of(len(names)-i, "other error"))
				break
			}
			fmt.Fprintf(&text, "  %s %s\n", number.Thousands(a.Errors[name]), plain.Line(name))
		}
		if c := a.Comparison; c != nil {
			text.WriteString(comparison(c) + "\n")
		}
	}
	for _, line := range s.Next(ctx, x) {
		text.WriteString(line + "\n")
	}
	_, err := io.WriteString(to, text.String())
	return err
}

// progress returns how far a Map Run is.
func progress(m *operate.MapRun, now time.Time) string {
	if m.StoppedAt != nil {
		return fmt.Sprintf("%s, %s", m.Status, number.Of(int(m.Total), "item"))
	}
	if m.Total == 0 {
		return "no items yet"
	}
	text := fmt.Sprintf("%s of %s done, %s running, %s in batches that failed or were stopped", number.Thousands(int(m.Done())), number.Of(int(m.Total), "item"),
		number.Thousands(int(m.Running)), number.Thousands(int(m.Failed)))
	if pace := m.Pace(now); pace != "" {
		text += ", " + pace
	}
	return text
}

// watch shows an execution until it ends: a line for each change.
func watch(ctx context.Context, s *operate.Service, arn string, to io.Writer) (*operate.Status, error) {
	shown := ""
	return s.Watch(ctx, arn, func(status *operate.Status) {
		line := status.Status
		if status.State != "" {
			line += " in " + status.State
		}
		for i := range status.MapRuns {
			line = fmt.Sprint(line, "; ", progress(&status.MapRuns[i], time.Now()))
		}
		if status.Delay != nil {
			line = status.Delay.String()
		}
		if line != shown {
			fmt.Fprintf(to, "%s  %s\n", time.Now().Format("15:04:05"), plain.Line(line))
			shown = line
		}
	})
}
