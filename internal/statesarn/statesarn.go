// Package statesarn makes and reads the ARNs of executions. A state machine has the
// ARN arn:PARTITION:states:REGION:ACCOUNT:stateMachine:NAME, which a version or an
// alias may follow after a colon (Step Functions API reference, "StartExecution").
package statesarn

import "strings"

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

// StateMachine returns the name of the state machine of an execution, from the
// execution's ARN. It is empty if the text is no such ARN.
func StateMachine(execution string) string {
	parts := strings.Split(execution, ":")
	if kind := kindOf(execution); kind == "execution" && len(parts) == 8 || kind == "express" && len(parts) == 9 {
		return parts[6]
	}
	return ""
}

func kindOf(arn string) string {
	if parts := strings.Split(arn, ":"); len(parts) > 5 {
		return parts[5]
	}
	return ""
}
