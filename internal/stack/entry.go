package cloud

import (
	"fmt"
	"strings"
)

// entryOutput is the output of a stack that names the function which an event
// begins with, where there is no state machine.
const entryOutput = "FunctionName"

// Check says why nothing of the stack can be run: neither a state machine is
// there to be executed, nor does an output say whom an event is for.
func (s *Stack) Check() error {
	if _, ok := s.template.Outputs[entryOutput]; ok || s.HasStateMachine() {
		return nil
	}
	return fmt.Errorf("stack %s has no state machine and no output %s, expected one of them: a state machine is executed, and an event is sent to the function that the output names",
		s.Name, entryOutput)
}

// HasStateMachine reports whether there is something to execute.
func (s *Stack) HasStateMachine() bool {
	return len(s.template.ofType("AWS::StepFunctions::StateMachine")) > 0
}

// Entry is the function that an event is for, by its short name: of a stack
// that has no state machine, and an output FunctionName. It is empty for others.
func (c *Cloud) Entry() (string, error) {
	t := c.stack.template
	output, ok := t.Outputs[entryOutput]
	if !ok || c.stack.HasStateMachine() {
		return "", nil
	}
	resolved, err := t.resolve(output.Value)
	if err != nil {
		return "", fmt.Errorf("output %s: %w", entryOutput, err)
	}
	for _, id := range t.ofType("AWS::Lambda::Function") {
		if name, _ := resolved.(string); t.name(id) == name {
			return c.stack.shortName(id), nil
		}
	}
	return "", fmt.Errorf("output %s: got %v, expected the name of a function of the stack", entryOutput, resolved)
}

// ShortName is what a person calls a function or queue of the stack that has
// this physical name.
func (c *Cloud) ShortName(physical string) string {
	t := c.stack.template
	for _, id := range t.ofType("AWS::Lambda::Function", "AWS::SQS::Queue") {
		if t.name(id) == physical {
			return c.stack.shortName(id)
		}
	}
	return strings.TrimPrefix(physical, c.stack.Name+"-")
}
