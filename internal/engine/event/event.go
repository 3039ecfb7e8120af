// Package event holds the events of an execution's history, as
// GetExecutionHistory returns them.
package event

import (
	"time"

	"github.com/mapjob/mapjob/internal/value"
)

// Event is one event of an execution's history. Its data is encoded only when
// [Event.Details] is called.
type Event struct {
	// ExecutionARN is the execution that the event belongs to. The children of
	// a Distributed Map have histories of their own.
	ExecutionARN string
	// ID counts from 1 in each execution. PreviousID is the event that led to
	// this one, 0 for the first.
	ID         int64
	PreviousID int64
	Type       Type
	Time       time.Time
	Data       Data
}

// Data is what an event can hold. Which fields count depends on its type.
type Data struct {
	Name        string // of the state, or of the iteration
	Index       int
	Length      int
	Value       any // input, output or parameters
	HasValue    bool
	Assigned    *value.Object
	Error       string
	Cause       string
	Location    string // the field whose expression failed
	Resource    string // action of a service, ARN of a function, of a Map Run or of the role
	Service     string
	Region      string
	Timeout     int64 // seconds
	Heartbeat   int64 // seconds
	Credentials any
}
