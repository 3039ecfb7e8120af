// Package statesarn makes and reads the ARNs of executions and Map Runs. A state machine has the
// ARN arn:PARTITION:states:REGION:ACCOUNT:stateMachine:NAME, which a version or an
// alias may follow after a colon (Step Functions API reference, "StartExecution").
package statesarn

import (
	"regexp"
	"strings"
)

// badExecutionName matches what StartExecution refuses in a name (API reference, StartExecution, "name").
var badExecutionName = regexp.MustCompile("[\\s<>{}\\[\\]?*\"#%\\\\^|~`$&,;:/\\x00-\\x1f\\x7f-\\x{9f}]")

// BadExecutionName returns the first character of a name that StartExecution refuses;
// "" if there is none.
func BadExecutionName(name string) string { return badExecutionName.FindString(name) }

// Execution returns the ARN of an execution of a Standard state machine,
// arn:…:execution:STATE_MACHINE:NAME. It has no version and no alias.
func Execution(stateMachine, name string) string { return execution("execution", stateMachine, name) }

// Express returns the ARN of an execution of an Express state machine, whose names
// may repeat: arn:…:express:STATE_MACHINE:NAME:ID.
func Express(stateMachine, name, id string) string {
	return execution("express", stateMachine, name) + ":" + id
}

func execution(kind, stateMachine, name string) string {
	before, rest, _ := strings.Cut(stateMachine, ":stateMachine:")
	machine, _, _ := strings.Cut(rest, ":")
	return strings.Join([]string{before, kind, machine, name}, ":")
}

// IsExpress reports whether an ARN is that of an execution of an Express state
// machine.
func IsExpress(execution string) bool { return kindOf(execution) == "express" }

// Name returns the name of a state machine, from its ARN. It is empty if the text is
// no such ARN.
func Name(stateMachine string) string {
	if parts := strings.Split(stateMachine, ":"); len(parts) >= 7 && parts[5] == "stateMachine" {
		return parts[6]
	}
	return ""
}

// Region returns the region of an ARN. It is empty if the text is no ARN.
func Region(arn string) string {
	if parts := strings.Split(arn, ":"); len(parts) >= 6 && parts[0] == "arn" {
		return parts[3]
	}
	return ""
}

// StateMachine returns the name of the state machine of an execution, from the
// execution's ARN. It is empty if the text is no such ARN.
func StateMachine(execution string) string {
	if parts := executionParts(execution); parts != nil {
		return parts[6]
	}
	return ""
}

// StateMachineARN returns the ARN of the state machine of an execution, from the
// execution's ARN. It is empty if the text is no such ARN.
func StateMachineARN(execution string) string {
	if parts := executionParts(execution); parts != nil {
		return strings.Join(append(parts[:5:5], "stateMachine", parts[6]), ":")
	}
	return ""
}

// ExecutionName returns the name of an execution, from its ARN. It is empty if the
// text is no such ARN.
func ExecutionName(execution string) string {
	if parts := executionParts(execution); parts != nil {
		return parts[7]
	}
	return ""
}

// executionParts returns the parts of the ARN of an execution; nil if the text is
// no such ARN.
func executionParts(execution string) []string {
	parts := strings.Split(execution, ":")
	if kind := kindOf(execution); kind == "execution" && len(parts) == 8 || kind == "express" && len(parts) == 9 {
		return parts
	}
	return nil
}

// MapRun returns the ARN of a Map Run, arn:…:mapRun:STATE_MACHINE/LABEL:ID.
func MapRun(stateMachine, label, id string) string {
	return strings.Replace(stateMachine, ":stateMachine:", ":mapRun:", 1) + "/" + label + ":" + id
}

// Children returns the ARN of the state machine of a Map Run's children,
// arn:…:stateMachine:STATE_MACHINE/LABEL, from the ARN of the Map Run.
func Children(mapRun string) string {
	before, after, _ := strings.Cut(mapRun, ":mapRun:")
	children, _, _ := strings.Cut(after, ":")
	return before + ":stateMachine:" + children
}

func kindOf(arn string) string {
	if parts := strings.Split(arn, ":"); len(parts) > 5 {
		return parts[5]
	}
	return ""
}
