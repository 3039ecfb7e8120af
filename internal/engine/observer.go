package engine

import "time"

// MapObserver is told how Distributed Maps get on: a progress bar, an account.
// Calls come one at a time, from the goroutine of the run, which waits for
// them.
type MapObserver interface {
	// Started is called when a Map Run starts.
	Started(run MapRunInfo)
	// Counted says how many items are known so far. It is called each time
	// more have been read.
	Counted(total int)
	// ChildDone is called when a child has ended. Items for which no child was
	// started, because the Map Run failed before, are counted in Ended as
	// pending.
	ChildDone(child ChildResult)
	// Ended is called when the Map Run has ended.
	Ended(run MapRunResult)
}

// MapRunInfo is a Map Run that starts.
type MapRunInfo struct {
	ARN            string
	ExecutionARN   string
	StateName      string
	Label          string
	Type           Type // of its children
	MaxConcurrency int
	Start          time.Time
	// Items is how many items there are, or -1 while they are still to be read.
	Items int
}

// ChildResult is a child execution that has ended.
type ChildResult struct {
	MapRunARN    string
	ExecutionARN string
	Name         string
	// Index counts the children from 0 in the order in which they started.
	Index int
	// First is the index of its first item, and Items how many it has.
	First  int
	Items  int
	Status Status
	// Input and Output are values; Output is nil unless Status is SUCCEEDED.
	Input  any
	Output any
	Error  string
	Cause  string
	Start  time.Time
	Stop   time.Time
	// Attempts are the calls that its Task states made, in order.
	Attempts []Attempt
}

// Attempt is one call of a Task state.
type Attempt struct {
	StateName string
	// Retry is the number of retries before it.
	Retry int
	Start time.Time
	Stop  time.Time
	// Error is empty where it succeeded.
	Error string
}

// MapRunResult is a Map Run that has ended, with what DescribeMapRun says.
type MapRunResult struct {
	ARN        string
	Status     Status
	Error      string
	Cause      string
	Start      time.Time
	Stop       time.Time
	Items      MapRunCounts
	Executions MapRunCounts
	// Bucket and ManifestKey are where the result writer put the manifest.
	Bucket      string
	ManifestKey string
}

// MapRunCounts are the itemCounts or the executionCounts of DescribeMapRun.
type MapRunCounts struct {
	Aborted               int
	Failed                int
	FailuresNotRedrivable int
	Pending               int
	PendingRedrive        int
	ResultsWritten        int
	Running               int
	Succeeded             int
	TimedOut              int
	Total                 int
}
