package event

// Type is the type of an event, as GetExecutionHistory names it.
type Type string

// The types of events.
const (
	ExecutionStarted   Type = "ExecutionStarted"
	ExecutionSucceeded Type = "ExecutionSucceeded"
	ExecutionFailed    Type = "ExecutionFailed"
	ExecutionTimedOut  Type = "ExecutionTimedOut"
	ExecutionAborted   Type = "ExecutionAborted"

	TaskStateEntered Type = "TaskStateEntered"
	TaskStateExited  Type = "TaskStateExited"
	TaskStateAborted Type = "TaskStateAborted"
	TaskScheduled    Type = "TaskScheduled"
	TaskStarted      Type = "TaskStarted"
	TaskSubmitted    Type = "TaskSubmitted"
	TaskSubmitFailed Type = "TaskSubmitFailed"
	TaskSucceeded    Type = "TaskSucceeded"
	TaskFailed       Type = "TaskFailed"
	TaskTimedOut     Type = "TaskTimedOut"

	LambdaFunctionScheduled Type = "LambdaFunctionScheduled"
	LambdaFunctionStarted   Type = "LambdaFunctionStarted"
	LambdaFunctionSucceeded Type = "LambdaFunctionSucceeded"
	LambdaFunctionFailed    Type = "LambdaFunctionFailed"
	LambdaFunctionTimedOut  Type = "LambdaFunctionTimedOut"

	ActivityScheduled Type = "ActivityScheduled"
	ActivityStarted   Type = "ActivityStarted"
	ActivitySucceeded Type = "ActivitySucceeded"
	ActivityFailed    Type = "ActivityFailed"
	ActivityTimedOut  Type = "ActivityTimedOut"

	PassStateEntered    Type = "PassStateEntered"
	PassStateExited     Type = "PassStateExited"
	PassStateAborted    Type = "PassStateAborted"
	ChoiceStateEntered  Type = "ChoiceStateEntered"
	ChoiceStateExited   Type = "ChoiceStateExited"
	ChoiceStateAborted  Type = "ChoiceStateAborted"
	WaitStateEntered    Type = "WaitStateEntered"
	WaitStateExited     Type = "WaitStateExited"
	WaitStateAborted    Type = "WaitStateAborted"
	SucceedStateEntered Type = "SucceedStateEntered"
	SucceedStateExited  Type = "SucceedStateExited"
	FailStateEntered    Type = "FailStateEntered"

	MapStateEntered       Type = "MapStateEntered"
	MapStateExited        Type = "MapStateExited"
	MapStateStarted       Type = "MapStateStarted"
	MapStateSucceeded     Type = "MapStateSucceeded"
	MapStateFailed        Type = "MapStateFailed"
	MapStateAborted       Type = "MapStateAborted"
	MapIterationStarted   Type = "MapIterationStarted"
	MapIterationSucceeded Type = "MapIterationSucceeded"
	MapIterationFailed    Type = "MapIterationFailed"
	MapIterationAborted   Type = "MapIterationAborted"
	MapRunStarted         Type = "MapRunStarted"
	MapRunSucceeded       Type = "MapRunSucceeded"
	MapRunFailed          Type = "MapRunFailed"

	ParallelStateEntered   Type = "ParallelStateEntered"
	ParallelStateExited    Type = "ParallelStateExited"
	ParallelStateStarted   Type = "ParallelStateStarted"
	ParallelStateSucceeded Type = "ParallelStateSucceeded"
	ParallelStateFailed    Type = "ParallelStateFailed"
	ParallelStateAborted   Type = "ParallelStateAborted"

	EvaluationFailed Type = "EvaluationFailed"
)
