package target

import (
	"context"
	"errors"
	"path/filepath"
	"slices"

	"github.com/mapjob/mapjob/internal/operate"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/typed"
)

// Next returns the last lines of a run on this machine: the commands that show why
// Items failed, and that run them again. There are none if all succeeded. The commands
// name the execution if it is not the last one, or if named is set.
func Next(ctx context.Context, arn string, named bool) (lines []string, err error) {
	c := &One{Target: Target{Local: true}, Execution: arn}
	s, x, err := c.Find(ctx, false)
	if err != nil {
		return nil, err
	}
	s.named = named
	return s.Next(ctx, x), s.Close()
}

// Next returns the commands for the items of an execution that failed.
func (s *Session) Next(ctx context.Context, x *operate.Execution) []string {
	if x.Unsuccessful() == 0 {
		return nil
	}
	again := s.Again(ctx, x)
	if !x.HasFailures() {
		return again
	}
	return append([]string{"why they failed: " + s.Command("failures", x)}, again...)
}

// Again returns the command that runs the failed items of an execution again, or why
// they can't be run again. More words follow the command.
func (s *Session) Again(ctx context.Context, x *operate.Execution, more ...string) []string {
	err := s.CanRerun(ctx, x)
	if err == nil {
		return []string{"run them again: " + s.Command("rerun", x, more...)}
	}
	reason := err.Error()
	if lacks, ok := errors.AsType[*operate.NoReportError](err); ok {
		reason = lacks.Reason
	}
	lines := append([]string{"they can't be rerun: " + reason}, s.Items()...)
	if !s.target.Local && (x.Status == "ABORTED" || x.Status == "TIMED_OUT") {
		lines = append(lines, "go on where it was: "+s.Command("redrive", x))
	}
	return lines
}

// Items returns how to run the items that a run has kept itself.
func (s *Session) Items() []string {
	if s.own == "" {
		return nil
	}
	return []string{"run them as a new job: repeat " + typed.Command("run") + " with --items " + typed.Word(filepath.Join(s.own, protocol.FailuresFile))}
}

// Command returns a command about an execution, as it can be typed. It names what
// the command would not choose itself.
func (s *Session) Command(name string, x *operate.Execution, more ...string) string {
	words, t := []string{name}, s.target
	switch {
	case !t.Local && t.Job+t.Stack != "":
		words = append(words, x.Name)
	case !t.Local:
		words = append(words, x.ARN)
	case s.named || !s.isLast(x):
		words = append(words, s.name(x))
	}
	return typed.Command(slices.Concat(words, s.flags(), more)...)
}

// JobCommand returns a command about the job, as it can be typed.
func (s *Session) JobCommand(name string, more ...string) string {
	return typed.Command(slices.Concat([]string{name}, s.flags(), more)...)
}

// flags returns the flags that name the job.
func (s *Session) flags() (words []string) {
	t := s.target
	if t.Local {
		words = append(words, "--local")
	}
	for _, flag := range []struct{ name, value string }{{"--stack", t.Stack}, {"--job", t.Job}, {"--profile", t.Profile}, {"--region", t.Region}} {
		if flag.value != "" {
			words = append(words, flag.name, flag.value)
		}
	}
	return words
}

// isLast reports whether an execution on this machine is the last one that started.
func (s *Session) isLast(x *operate.Execution) bool {
	all, err := s.archive.Executions()
	if err != nil {
		return false
	}
	for i := range all {
		if s.target.Job+s.target.Stack == "" || all[i].StateMachineARN == s.Machine {
			return all[i].ARN == x.ARN
		}
	}
	return false
}

// name names an execution on this machine: with its ARN if another job has a later one
// with this name.
func (s *Session) name(x *operate.Execution) string {
	machine, err := last(s.archive, x.Name)
	if s.target.Job+s.target.Stack == "" && (err != nil || machine != operate.StateMachineOf(x.ARN)) {
		return x.ARN
	}
	return x.Name
}
