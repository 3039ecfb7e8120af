package engine

import (
	"time"

	"github.com/mapjob/mapjob/internal/expression"
	"github.com/mapjob/mapjob/internal/value"
)

// The parts of the context object, which $states.context and "$$" refer to
// (developer guide, "Accessing execution data from the Context object"). Each
// is made when an expression first needs it.

// scope is what the expressions of a state see before it has a result. It is valid
// until the next call.
func (v *visit) scope() *expression.Scope {
	v.run.scope = expression.Scope{
		Input: v.effective, Context: v.context, Variables: v.thread.variables,
		Now: v.run.loop.Now(), Random: v.run.random, MaxSteps: v.run.engine.clock.maxSteps(),
	}
	return &v.run.scope
}

func (v *visit) context() *value.Object {
	if v.contextObject != nil {
		return v.contextObject
	}
	state := value.NewObject("EnteredTime", timestamp(v.enteredAt), "Name", v.state.Name)
	if len(v.state.Retry) > 0 || v.state.Task != nil {
		state.Set("RetryCount", float64(v.retryCount()))
	}
	v.contextObject = value.NewObject(
		"Execution", v.execution.context(),
		"StateMachine", value.NewObject("Id", v.execution.machineARN, "Name", v.execution.machineName),
		"State", state,
	)
	if v.thread.item != nil {
		v.contextObject.Set("Map", v.thread.item.context())
	}
	if t, ok := v.work.(*task); ok && t.request.Callback != nil {
		v.contextObject.Set("Task", value.NewObject("Token", t.request.Callback.Token))
	}
	return v.contextObject
}

func (x *execution) context() *value.Object {
	if x.contextPart == nil {
		x.contextPart = value.NewObject(
			"Id", x.arn,
			"Input", x.input,
			"StartTime", timestamp(x.startTime),
			"Name", x.name,
			"RoleArn", x.run.engine.roleARN,
		)
		if x.kind == Standard {
			x.contextPart.Set("RedriveCount", 0.0)
		}
	}
	return x.contextPart
}

func (m *mapItem) context() *value.Object {
	if m.contextPart == nil {
		item := value.NewObject("Index", float64(m.index), "Value", m.value)
		if m.hasKey {
			item.Set("Key", m.key)
		}
		if m.source != "" {
			item.Set("Source", m.source)
		}
		m.contextPart = value.NewObject("Item", item)
	}
	return m.contextPart
}

// timestamp formats a time for the context object and for results of aws-sdk
// integrations.
func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
