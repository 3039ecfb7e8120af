package stack

import (
	"fmt"
	"strings"

	"github.com/mapjob/mapjob/internal/functions"
	"github.com/mapjob/mapjob/internal/template"
)

// entryOutput is the output of a stack without a state machine that names the
// function which an event is for.
const entryOutput = "FunctionName"

// Check returns an error if nothing of a synthesized stack can be run: it has
// neither a state machine to execute, nor an output that says which function an
// event is for.
func Check(s *template.Stack) error {
	if HasStateMachine(s) || s.HasOutput(entryOutput) {
		return nil
	}
	return fmt.Errorf("stack %s has no state machine and no output %s, expected one of them: a state machine is executed, and an event is sent to the function that the output names",
		s.Name, entryOutput)
}

// HasStateMachine reports whether a synthesized stack has something to execute.
func HasStateMachine(s *template.Stack) bool {
	return len(ownMachines(s)) > 0
}

// Entry returns the short name of the function that an event is for: the one
// that the output FunctionName names. It is empty if the stack has a state
// machine, or no such output.
func (s *Stack) Entry() (string, error) {
	t := s.template
	if HasStateMachine(t) || !t.HasOutput(entryOutput) {
		return "", nil
	}
	resolved, err := t.Output(entryOutput)
	if err != nil {
		return "", err
	}
	for _, r := range t.Resources(functions.Type) {
		if name, _ := resolved.(string); r.PhysicalName() == name {
			return t.ShortName(r), nil
		}
	}
	return "", fmt.Errorf("output %s: got %v, expected the name of a function of the stack", entryOutput, resolved)
}

// ShortName returns the short name of the function or queue with a physical
// name.
func (s *Stack) ShortName(physical string) string {
	t := s.template
	for _, r := range t.Resources(functions.Type, queueType) {
		if r.PhysicalName() == physical {
			return t.ShortName(r)
		}
	}
	return strings.TrimPrefix(physical, s.template.Name+"-")
}
