package archive

import "strings"

// machineOf returns the ARN of the state machine of an execution:
// arn:PARTITION:states:REGION:ACCOUNT:execution:STATE_MACHINE:NAME, or express for
// execution and another part after the name.
func machineOf(execution string) string {
	parts := strings.Split(execution, ":")
	if len(parts) < 8 {
		return ""
	}
	return strings.Join(append(parts[:5:5], "stateMachine", parts[6]), ":")
}

// nameOf returns the name of an execution, from its ARN.
func nameOf(execution string) string {
	if parts := strings.Split(execution, ":"); len(parts) >= 8 {
		return parts[7]
	}
	return ""
}
