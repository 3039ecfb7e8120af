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
	v.run.context = contextObject{visit: v, item: v.thread.item}
	v.run.scope = expression.Scope{
		Input: v.effective, Context: &v.run.context, Variables: v.thread.variables,
		Now: v.run.loop.Now(), Random: v.run.random, MaxSteps: v.run.engine.clock.maxSteps(),
	}
	return &v.run.scope
}

// contextObject is the context object of a visit, an [expression.Context].
type contextObject struct {
	visit  *visit
	item   *mapItem      // nil outside of a Map
	object *value.Object // the whole, nil until an expression reads it
}

// Object implements [expression.Context].
func (c *contextObject) Object() *value.Object {
	if c.object == nil {
		c.object = c.visit.context()
		if c.item != c.visit.thread.item { // an ItemSelector sees that of its Map
			c.object = c.object.With("Map", c.item.context())
		}
	}
	return c.object
}

// Member implements [expression.Context].
func (c *contextObject) Member(names []string) (any, bool) {
	if len(names) == 0 {
		return c.Object(), true
	}
	switch names[0] {
	case "Execution":
		return value.Member(c.visit.execution.context(), names[1:])
	case "StateMachine":
		return value.Member(c.visit.execution.machine(), names[1:])
	case "Map":
		if c.item != nil {
			return c.item.member(names[1:])
		}
	}
	return value.Member(c.Object(), names)
}

// context returns the context object outside of an ItemSelector.
func (v *visit) context() *value.Object {
	if v.contextObject != nil {
		return v.contextObject
	}
	state := value.NewObject("EnteredTime", timestamp(v.enteredAt), "Name", v.state.Name)
	if len(v.state.Retry) > 0 || v.state.Task != nil {
		state.Set("RetryCount", value.Whole(v.retryCount()))
	}
	v.contextObject = value.NewObject(
		"Execution", v.execution.context(),
		"StateMachine", v.execution.machine(),
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

func (x *execution) machine() *value.Object {
	if x.machinePart == nil {
		x.machinePart = value.NewObject("Id", x.machineARN, "Name", x.machineName)
	}
	return x.machinePart
}

// member returns a value of the context object's Map.
func (m *mapItem) member(names []string) (any, bool) {
	if len(names) == 2 && names[0] == "Item" {
		switch names[1] {
		case "Index":
			return value.Whole(m.index), true
		case "Value":
			return m.value, true
		}
	}
	return value.Member(m.context(), names)
}

func (m *mapItem) context() *value.Object {
	if m.contextPart == nil {
		item := value.NewObject("Index", value.Whole(m.index), "Value", m.value)
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
