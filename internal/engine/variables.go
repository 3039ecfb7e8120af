package engine

import (
	"fmt"

	"github.com/mapjob/mapjob/internal/engine/event"
	"github.com/mapjob/mapjob/internal/value"
)

// assign sets the variables of an Assign. If they are over a limit, it fails the
// state and returns false.
func (v *visit) assign(assigned *value.Object) bool {
	if assigned.Len() == 0 {
		return true
	}
	if f := v.countVariables(assigned); f != nil {
		if v.recordEvaluation(f) {
			v.fail(f)
		}
		return false
	}
	v.thread.variables = v.thread.variables.With(assigned)
	return true
}

// countVariables counts the bytes of an Assign. It returns the failure of the
// variable that exceeds a limit, else nil.
func (v *visit) countVariables(assigned *value.Object) *failure {
	limits := &v.run.engine.limits
	if limits.VariableBytes <= 0 && limits.VariablesBytes <= 0 {
		return nil
	}
	t, x := v.thread, v.execution
	together := 0
	for name, variable := range assigned.All() {
		size := value.Size(variable)
		together += size
		x.variableBytes += size - t.variableBytes[name]
		if t.variableBytes == nil {
			t.variableBytes = map[string]int{}
		}
		t.variableBytes[name] = size
		if limits.VariableBytes > 0 && together > limits.VariableBytes ||
			limits.VariablesBytes > 0 && x.variableBytes > limits.VariablesBytes {
			return &failure{name: errDataLimit, terminal: true, location: "Assign", cause: fmt.Sprintf(
				"Variable size limit exceeded. Variable '%s' in state '%s' was assigned %d bytes.", name, v.state.Name, size)}
		}
	}
	return nil
}

// dropVariables takes the variables of a thread that has ended from those of its
// execution.
func (t *thread) dropVariables() {
	if t.variableBytes == nil {
		return
	}
	for _, size := range t.variableBytes {
		t.execution.variableBytes -= size
	}
	t.variableBytes = nil
}

// recordEvaluation adds the event of a JSONata expression that failed, or of
// variables over a limit.
func (v *visit) recordEvaluation(f *failure) bool {
	if f.name != errQuery && f.name != errDataLimit {
		return true
	}
	return v.thread.record(event.EvaluationFailed, &event.Data{Error: f.name, Cause: f.cause, Name: v.state.Name, Location: f.location})
}
