package stack

import (
	"errors"
	"fmt"
	"strings"

	"github.com/mapjob/mapjob/internal/functions"
	"github.com/mapjob/mapjob/internal/template"
)

// Choose returns the stack of an app to run: the one with a name or a path, or the
// one that has a job, or the only one that can be run. Each name may be empty.
func Choose(app *template.Assembly, name, job string) (*template.Stack, error) {
	candidates := app.Stacks()
	if name != "" || len(candidates) <= 1 {
		s, err := app.Stack(name)
		if err == nil {
			err = Check(s)
		}
		return s, err
	}
	var jobs, found []*template.Resource
	var runnable, having []*template.Stack
	for _, s := range candidates {
		own := ownMachines(s)
		if len(own) > 0 || s.HasOutput(entryOutput) {
			runnable = append(runnable, s)
		}
		jobs = append(jobs, own...)
		if of := s.Matching(job, own); job != "" && len(of) > 0 {
			found, having = append(found, of...), append(having, s)
		}
	}
	switch {
	case len(runnable) == 0:
		return nil, fmt.Errorf("no stack of the app has a state machine or an output %s, expected one with one of them: a state machine is executed, and an event is sent to the function that the output names", entryOutput)
	case job == "" && len(runnable) == 1:
		return runnable[0], nil
	case len(having) == 1:
		return having[0], nil
	case job == "":
		return nil, fmt.Errorf("the app has %d stacks that can be run, expected one: choose a job with --job, or a stack with --stack:%s", len(runnable), list(runnable))
	case len(having) == 0:
		return nil, fmt.Errorf("got job %q, expected one of:%s", job, paths(jobs))
	}
	return nil, fmt.Errorf("got job %q, which is any of the following: use the whole path, or choose a stack with --stack:%s", job, paths(found))
}

// ownMachines lists the state machines of a stack that users run: without those of
// stacks that it needs, and those that a trigger brings along.
func ownMachines(s *template.Stack) []*template.Resource {
	var own []*template.Resource
	for _, r := range s.Resources(machineType) {
		if s.Own(r) && !r.IsStarter() {
			own = append(own, r)
		}
	}
	return own
}

// list writes a line for each stack, with its jobs.
func list(stacks []*template.Stack) string {
	var text strings.Builder
	for _, s := range stacks {
		jobs := ownMachines(s)
		if len(jobs) == 0 {
			fmt.Fprintf(&text, "\n  %s", s.Path)
		}
		text.WriteString(paths(jobs))
	}
	return text.String()
}

// paths writes a line for each resource.
func paths(resources []*template.Resource) string {
	var text strings.Builder
	for _, r := range resources {
		text.WriteString("\n  " + r.Path())
	}
	return text.String()
}

// needs returns an error that names the functions which a state machine invokes,
// and which do not run on this machine. Tasks of states for which skip is true do
// not count.
func (s *Stack) needs(m *Machine, skip func(state string) bool) error {
	var errs []error
	for _, r := range s.template.Resources(functions.Type) {
		reason := s.functions.absent[r.PhysicalName()]
		if reason == nil {
			continue
		}
		if state := m.invokes(r, skip); state != "" {
			errs = append(errs, fmt.Errorf("state %s invokes function %s, which does not run: %w", state, s.template.ShortName(r), reason))
		}
	}
	return errors.Join(errs...)
}
