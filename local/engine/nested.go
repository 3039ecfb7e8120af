package engine

// startExecution answers states:startExecution with the state machines that
// the engine knows.
func (v *visit) startExecution(t *task) {
	v.returned(t, nil, &TaskError{Name: "StepFunctions.StateMachineDoesNotExistException", Cause: "State Machine Does Not Exist"})
}
