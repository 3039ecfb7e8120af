package sfntest

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/mapjob/mapjob/internal/value"
	"github.com/mapjob/mapjob/sfntest/internal/history"
)

// FaultEvent is the type of an event that a fault adds to a history. It has no ID,
// because it is none of Step Functions.
const FaultEvent = history.FaultType

// Event is an event of a history.
type Event struct {
	Execution string // ARN
	ID        int64
	Type      string // as GetExecutionHistory names it, or [FaultEvent]
	State     string // name; "" of an event of the execution itself
	Time      time.Time
	Fault     *Fault // that struck; nil of other events

	line history.Line
}

func newEvent(line history.Line) Event {
	return Event{Execution: line.ExecutionARN, ID: line.ID, Type: string(line.Type), State: line.State, Time: line.Time, Fault: (*Fault)(line.Fault), line: line}
}

// Details returns the details as GetExecutionHistory returns them; nil if there are
// none.
func (e Event) Details() json.RawMessage {
	name, details := e.line.Details()
	if name == "" {
		return nil
	}
	return value.Append(nil, details)
}

// History is a list of events. Its text is for people and golden files: it has no
// ARNs, IDs or times of day, and is the same in every run with the same seed.
type History []Event

// History returns the events so far, those of children after their Map Run.
func (x *Execution) History() History {
	var events History
	for _, line := range x.world.record.Of(x.arn) {
		events = append(events, newEvent(line))
	}
	return events
}

// String returns a line for each event that says something.
func (h History) String() string {
	lines := make([]history.Line, len(h))
	for i, e := range h {
		lines[i] = e.line
	}
	return history.Text(lines)
}

// tail returns the end of the history as text, after a colon; "" in a sweep, which prints all of it.
func (x *Execution) tail() string {
	const most = 30 // lines
	if x.world.stopped != nil {
		return ""
	}
	lines := strings.SplitAfter(strings.TrimSuffix(x.History().String(), "\n"), "\n")
	if len(lines) <= most {
		return ":\n" + strings.Join(lines, "")
	}
	return fmt.Sprintf(":\n… %d lines before\n", len(lines)-most) + strings.Join(lines[len(lines)-most:], "")
}
