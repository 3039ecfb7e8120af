package history

import (
	"slices"
	"strconv"

	"github.com/mapjob/mapjob/internal/engine"
)

// MapRun is a Map Run as far as it has come, with the numbers of its items.
type MapRun struct {
	ARN, Execution, State, Status                        string
	Total, Running, Succeeded, Failed, TimedOut, Aborted int

	pending  int      // of one that has ended
	children []string // ARNs, in the order in which they started
}

// Pending returns the number of items that no child has been started for.
func (m *MapRun) Pending() int {
	if m.Status != engine.Running {
		return m.pending
	}
	return max(0, m.Total-m.Running-m.Succeeded-m.Failed-m.TimedOut-m.Aborted)
}

// Started implements [engine.MapObserver].
func (r *Record) Started(run engine.MapRunInfo) {
	r.MapRuns = append(r.MapRuns, &MapRun{ARN: run.ARN, Execution: run.ExecutionARN, State: run.StateName, Status: engine.Running, Total: max(0, run.Items)})
}

// Counted implements [engine.MapObserver].
func (r *Record) Counted(mapRunARN string, total int) { r.mapRun(mapRunARN).Total = total }

// ChildStarted implements [engine.MapObserver].
func (r *Record) ChildStarted(child engine.ChildInfo) {
	run := r.mapRun(child.MapRunARN)
	run.Running += child.Items
	run.Total = max(run.Total, run.Running+run.Succeeded+run.Failed+run.TimedOut+run.Aborted) // it may not be known yet
	run.children = append(run.children, child.ExecutionARN)
	x := r.execution(child.ExecutionARN)
	x.parent, x.label = run, "child "+strconv.Itoa(len(run.children))
}

// ChildDone implements [engine.MapObserver].
func (r *Record) ChildDone(child engine.ChildResult) {
	run := r.mapRun(child.MapRunARN)
	run.Running -= child.Items
	switch child.Status {
	case engine.Succeeded:
		run.Succeeded += child.Items
	case engine.Failed:
		run.Failed += child.Items
	case engine.TimedOut:
		run.TimedOut += child.Items
	case engine.Aborted:
		run.Aborted += child.Items
	}
}

// Ended implements [engine.MapObserver].
func (r *Record) Ended(run engine.MapRunResult) {
	ended := r.mapRun(run.ARN)
	n := run.Items
	ended.Status, ended.Total, ended.pending, ended.Running = run.Status, n.Total, n.Pending, 0
	ended.Succeeded, ended.Failed, ended.TimedOut, ended.Aborted = n.Succeeded, n.Failed, n.TimedOut, n.Aborted
}

func (r *Record) mapRun(arn string) *MapRun {
	i := slices.IndexFunc(r.MapRuns, func(run *MapRun) bool { return run.ARN == arn })
	return r.MapRuns[i]
}
