package operate

import (
	"context"
	"errors"
	"path/filepath"

	"github.com/mapjob/mapjob/internal/operate"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/typed"
)

// Next returns the last lines of a run on this machine: the commands that show why
// items failed, and that run them again. There are none if all succeeded. The commands
// name the execution if it is not the last one, or if named is set.
func Next(ctx context.Context, arn string, named bool) (lines []string, err error) {
	c := &One{Target: Target{Local: true}, Execution: arn}
	s, x, err := c.find(ctx, false)
	if err != nil {
		return nil, err
	}
	s.named = named
	return s.next(ctx, x), s.close()
}

// next returns the commands for the items of an execution that failed.
func (s *session) next(ctx context.Context, x *operate.Execution) []string {
	if x.Unsuccessful() == 0 {
		return nil
	}
	again := s.again(ctx, x)
	if !x.HasFailures() {
		return again
	}
	return append([]string{"why they failed: " + s.command("failures", x)}, again...)
}

// again returns the command that runs the failed items of an execution again, or why
// they can't be run again. More words follow the command.
func (s *session) again(ctx context.Context, x *operate.Execution, more ...string) []string {
	err := s.CanRerun(ctx, x)
	if err == nil {
		return []string{"run them again: " + s.command("rerun", x, more...)}
	}
	reason := err.Error()
	if lacks, ok := errors.AsType[*operate.NoReportError](err); ok {
		reason = lacks.Reason
	}
	lines := append([]string{"they can't be rerun: " + reason}, s.items()...)
	if !s.target.Local && (x.Status == "ABORTED" || x.Status == "TIMED_OUT") {
		lines = append(lines, "go on where it was: "+s.command("redrive", x))
	}
	return lines
}

// items returns how to run the items that a run has kept itself.
func (s *session) items() []string {
	if s.own == "" {
		return nil
	}
	return []string{"run them as a new job: repeat " + typed.Command("run") + " with --items " + typed.Word(filepath.Join(s.own, protocol.FailuresFile))}
}

// command returns a command about an execution, as it can be typed. It names what
// the command would not choose itself.
func (s *session) command(name string, x *operate.Execution, more ...string) string {
	words, t := []string{name}, s.target
	switch {
	case !t.Local && t.Job+t.Stack != "":
		words = append(words, x.Name)
	case !t.Local:
		words = append(words, x.ARN)
	case s.named || !s.isLast(x):
		words = append(words, s.name(x))
	}
	if t.Local {
		words = append(words, "--local")
	}
	for _, flag := range []struct{ name, value string }{{"--stack", t.Stack}, {"--job", t.Job}, {"--profile", t.Profile}, {"--region", t.Region}} {
		if flag.value != "" {
			words = append(words, flag.name, flag.value)
		}
	}
	return typed.Command(append(words, more...)...)
}

// isLast reports whether an execution on this machine is the last one that started.
func (s *session) isLast(x *operate.Execution) bool {
	all, err := s.archive.Executions()
	if err != nil {
		return false
	}
	for i := range all {
		if s.target.Job+s.target.Stack == "" || all[i].StateMachineARN == s.machine {
			return all[i].ARN == x.ARN
		}
	}
	return false
}

// name names an execution on this machine: with its ARN if another job has a later one
// with this name.
func (s *session) name(x *operate.Execution) string {
	machine, err := last(s.archive, x.Name)
	if s.target.Job+s.target.Stack == "" && (err != nil || machine != operate.StateMachineOf(x.ARN)) {
		return x.ARN
	}
	return x.Name
}
