package cloud

import (
	"fmt"
	"strings"
)

// entryOutput is the output of a stack that names the function which an event
// begins with, where there is no state machine.
const entryOutput = "FunctionName"

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
