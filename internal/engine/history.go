package engine

import (
	"time"

	"github.com/mapjob/mapjob/internal/value"
)

// EventType is the type of a history event, as GetExecutionHistory names it.
type EventType string

// Event is one event of an execution's history. What it says beside its type
// is encoded only when [Event.Details] is called.
type Event struct {
	// ExecutionARN is the execution the event belongs to; a Map's children
	// have histories of their own.
	ExecutionARN string
	// ID counts from 1 in each execution. PreviousID is the event that led to
	// this one, 0 for the first.
	ID         int64
	PreviousID int64
	Type       EventType
	Time       time.Time
	details    details
}

// details is what an event can say. Which fields count depends on its type.
type details struct {
	name        string // of the state, or of the iteration
	index       int
	length      int
	value       any // input, output or parameters
	hasValue    bool
	assigned    *value.Object
	errorName   string
	cause       string
	location    string // the field whose expression failed
	resource    string // action of a service, ARN of a function, of a Map Run or of the role
	service     string
	region      string
	timeout     int64 // seconds
	heartbeat   int64 // seconds
	credentials any
}

// The types of events that the engine records, beside those of states being
// entered, left and cut short: TaskStateEntered, WaitStateAborted and so on.
const (
	ExecutionStarted   EventType = "ExecutionStarted"
	ExecutionSucceeded EventType = "ExecutionSucceeded"
	ExecutionFailed    EventType = "ExecutionFailed"
	ExecutionTimedOut  EventType = "ExecutionTimedOut"
	ExecutionAborted   EventType = "ExecutionAborted"

	TaskScheduled    EventType = "TaskScheduled"
	TaskStarted      EventType = "TaskStarted"
	TaskStartFailed  EventType = "TaskStartFailed"
	TaskSubmitted    EventType = "TaskSubmitted"
	TaskSubmitFailed EventType = "TaskSubmitFailed"
	TaskSucceeded    EventType = "TaskSucceeded"
	TaskFailed       EventType = "TaskFailed"
	TaskTimedOut     EventType = "TaskTimedOut"

	LambdaFunctionScheduled EventType = "LambdaFunctionScheduled"
	LambdaFunctionStarted   EventType = "LambdaFunctionStarted"
	LambdaFunctionSucceeded EventType = "LambdaFunctionSucceeded"
	LambdaFunctionFailed    EventType = "LambdaFunctionFailed"
	LambdaFunctionTimedOut  EventType = "LambdaFunctionTimedOut"

	ActivityScheduled EventType = "ActivityScheduled"
	ActivityStarted   EventType = "ActivityStarted"
	ActivitySucceeded EventType = "ActivitySucceeded"
	ActivityFailed    EventType = "ActivityFailed"
	ActivityTimedOut  EventType = "ActivityTimedOut"

	MapStateStarted       EventType = "MapStateStarted"
	MapStateSucceeded     EventType = "MapStateSucceeded"
	MapStateFailed        EventType = "MapStateFailed"
	MapStateAborted       EventType = "MapStateAborted"
	MapIterationStarted   EventType = "MapIterationStarted"
	MapIterationSucceeded EventType = "MapIterationSucceeded"
	MapIterationFailed    EventType = "MapIterationFailed"
	MapIterationAborted   EventType = "MapIterationAborted"
	MapRunStarted         EventType = "MapRunStarted"
	MapRunSucceeded       EventType = "MapRunSucceeded"
	MapRunFailed          EventType = "MapRunFailed"
	MapRunAborted         EventType = "MapRunAborted"

	ParallelStateStarted   EventType = "ParallelStateStarted"
	ParallelStateSucceeded EventType = "ParallelStateSucceeded"
	ParallelStateFailed    EventType = "ParallelStateFailed"
	ParallelStateAborted   EventType = "ParallelStateAborted"

	EvaluationFailed EventType = "EvaluationFailed"
)
