// Package runnable finds what of a CDK app can be run on this machine.
package runnable

import (
	"fmt"
	"strings"

	"github.com/mapjob/mapjob/internal/template"
)

// MachineType is the type of state machines in a template.
const MachineType = "AWS::StepFunctions::StateMachine"

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
		own := Machines(s)
		if len(own) > 0 || s.HasOutput(EntryOutput) {
			runnable = append(runnable, s)
		}
		jobs = append(jobs, own...)
		if of := s.Matching(job, own); job != "" && len(of) > 0 {
			found, having = append(found, of...), append(having, s)
		}
	}
	switch {
	case len(runnable) == 0:
		return nil, fmt.Errorf("no stack of the app has a state machine or an output %s, expected one with one of them: a state machine is executed, and an event is sent to the function that the output names", EntryOutput)
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

// Machines lists the state machines of a stack that users run: without those of
// stacks that it needs, and those that a trigger brings along.
func Machines(s *template.Stack) []*template.Resource {
	var own []*template.Resource
	for _, r := range s.Resources(MachineType) {
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
		jobs := Machines(s)
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

// EntryOutput is the output of a stack without a state machine that names the
// function which an event is for.
const EntryOutput = "FunctionName"

// Check returns an error if nothing of a synthesized stack can be run: it has
// neither a state machine to execute, nor an output that says which function an
// event is for.
func Check(s *template.Stack) error {
	if HasStateMachine(s) || s.HasOutput(EntryOutput) {
		return nil
	}
	return fmt.Errorf("stack %s has no state machine and no output %s, expected one of them: a state machine is executed, and an event is sent to the function that the output names",
		s.Name, EntryOutput)
}

// HasStateMachine reports whether a synthesized stack has something to execute.
func HasStateMachine(s *template.Stack) bool {
	return len(Machines(s)) > 0
}
