package engine

import "time"

// MapObserver follows the progress of Distributed Maps. Its methods are called
// one at a time, on the goroutine of the run, which waits for them.
type MapObserver interface {
	// Started is called when a Map Run starts.
	Started(run MapRunInfo)
	// Counted is called with the number of items known so far whenever more
	// have been read.
	Counted(mapRunARN string, total int)
	// ChildStarted is called when a child starts.
	ChildStarted(child ChildInfo)
	// ChildDone is called when a child has ended. Items for which no child was
	// started, because the Map Run failed before, count as pending in Ended.
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
	// Items is the number of items, or -1 if they have not been read yet.
	Items int
	// ToleratedCount and ToleratedPercentage are how many items may fail.
	ToleratedCount      int64
	ToleratedPercentage float64
}

// ChildInfo is a child execution that starts.
type ChildInfo struct {
	MapRunARN    string
	ExecutionARN string
	Items        int // their number
	Start        time.Time
}

// ChildResult is a child execution that has ended.
type ChildResult struct {
	MapRunARN    string
	ExecutionARN string
	Name         string
	// Index counts the children from 0 in the order in which they started.
	Index int
	// First is the index of its first item, and Items the number of its items.
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
}

// MapRunResult is a Map Run that has ended, as DescribeMapRun returns it.
type MapRunResult struct {
	ARN        string
	Status     Status
	Error      string
	Cause      string
	Start      time.Time
	Stop       time.Time
	Items      MapRunCounts
	Executions MapRunCounts
	// Bucket and ManifestKey are the address of the ResultWriter's manifest.
	Bucket      string
	ManifestKey string
}

// MapRunCounts are the itemCounts or the executionCounts of DescribeMapRun.
type MapRunCounts struct {
	Aborted        int
	Failed         int
	Pending        int
	ResultsWritten int
	Succeeded      int
	TimedOut       int
	Total          int
}

// MapObservers are several observers, called in this order.
type MapObservers []MapObserver

// Started implements [MapObserver].
func (all MapObservers) Started(run MapRunInfo) {
	for _, o := range all {
		o.Started(run)
	}
}

// Counted implements [MapObserver].
func (all MapObservers) Counted(mapRunARN string, total int) {
	for _, o := range all {
		o.Counted(mapRunARN, total)
	}
}

// ChildStarted implements [MapObserver].
func (all MapObservers) ChildStarted(child ChildInfo) {
	for _, o := range all {
		o.ChildStarted(child)
	}
}

// ChildDone implements [MapObserver].
func (all MapObservers) ChildDone(child ChildResult) {
	for _, o := range all {
		o.ChildDone(child)
	}
}

// Ended implements [MapObserver].
func (all MapObservers) Ended(run MapRunResult) {
	for _, o := range all {
		o.Ended(run)
	}
}
