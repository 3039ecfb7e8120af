package engine

import (
	"time"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/engine/event"
	"github.com/mapjob/mapjob/internal/value"
)

// lastEvent is the last event of an execution's history. The engine passes
// events on and keeps no other.
type lastEvent struct {
	previous int64
	kind     event.Type
	time     time.Time
}

// readsHistories reports whether a task of the machine asks for the history of
// executions.
func readsHistories(machine *asl.StateMachine) bool {
	for s := range machine.AllStates() {
		if s.Task != nil && s.Task.Resource.Action == "getExecutionHistory" {
			return true
		}
	}
	return false
}

// history returns the last event as GetExecutionHistory does without the data of
// the execution. Any other request is refused: the engine has no other event.
func (x *execution) history(arguments *value.Object) (*value.Object, error) {
	reverse, _ := arguments.Get("ReverseOrder")
	most, _ := arguments.Get("MaxResults")
	data, given := arguments.Get("IncludeExecutionData")
	if n, ok := value.Float(most); reverse != true || !ok || n != 1 || !given || data != false {
		return nil, &TaskError{Name: errTaskFailed, Cause: "getExecutionHistory on this machine: got " + value.Text(arguments) +
			`, expected "ReverseOrder": true, "MaxResults": 1 and "IncludeExecutionData": false: only the last event is kept`}
	}
	x.lock()
	defer x.unlock()
	events := []any{}
	if x.events > 0 {
		events = append(events, value.NewObject("Id", float64(x.events), "PreviousEventId", float64(x.last.previous),
			"Timestamp", timestamp(x.last.time), "Type", string(x.last.kind)))
	}
	return value.NewObject("Events", events), nil
}
