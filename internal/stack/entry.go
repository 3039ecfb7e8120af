package stack

import (
	"fmt"
	"strings"

	"github.com/mapjob/mapjob/internal/eventsource"
	"github.com/mapjob/mapjob/internal/functions"
	"github.com/mapjob/mapjob/internal/runnable"
)

// Entry returns the short name of the function that an event is for: the one
// that the output FunctionName names. It is empty if the stack has a state
// machine, or no such output.
func (s *Stack) Entry() (string, error) {
	t := s.template
	if runnable.HasStateMachine(t) || !t.HasOutput(runnable.EntryOutput) {
		return "", nil
	}
	resolved, err := t.Output(runnable.EntryOutput)
	if err != nil {
		return "", err
	}
	for _, r := range t.Resources(functions.Type) {
		if name, _ := resolved.(string); r.PhysicalName() == name {
			return t.ShortName(r), nil
		}
	}
	return "", fmt.Errorf("output %s: got %v, expected the name of a function of the stack", runnable.EntryOutput, resolved)
}

// ShortName returns the short name of the function or queue with a physical
// name.
func (s *Stack) ShortName(physical string) string {
	t := s.template
	for _, r := range t.Resources(functions.Type, eventsource.QueueType) {
		if r.PhysicalName() == physical {
			return t.ShortName(r)
		}
	}
	return strings.TrimPrefix(physical, s.template.Name+"-")
}
