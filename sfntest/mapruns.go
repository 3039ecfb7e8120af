package sfntest

import (
	"slices"

	"github.com/mapjob/mapjob/internal/engine"
)

// MapRun counts the items of a Map Run.
type MapRun struct {
	ARN, State, Status                                            string
	Total, Pending, Running, Succeeded, Failed, TimedOut, Aborted int
}

// mapRun is a Map Run as far as it has come.
type mapRun struct {
	MapRun
	execution string
	children  []string // ARNs, in the order in which they started
}

// MapRuns returns the Map Runs with their counts, as DescribeMapRun does.
func (x *Execution) MapRuns() []MapRun {
	var list []MapRun
	for _, r := range x.world.record.mapRuns {
		if x.world.record.isOf(r.execution, x.arn) {
			counted := r.MapRun
			if counted.Status == engine.Running {
				counted.Pending = max(0, counted.Total-counted.Running-counted.Succeeded-counted.Failed-counted.TimedOut-counted.Aborted)
			}
			list = append(list, counted)
		}
	}
	return list
}

// Started implements engine.MapObserver.
func (r *record) Started(run engine.MapRunInfo) {
	r.mapRuns = append(r.mapRuns, &mapRun{MapRun: MapRun{ARN: run.ARN, State: run.StateName, Status: engine.Running, Total: max(0, run.Items)}, execution: run.ExecutionARN})
}

// Counted implements engine.MapObserver.
func (r *record) Counted(mapRunARN string, total int) { r.mapRun(mapRunARN).Total = total }

// ChildStarted implements engine.MapObserver.
func (r *record) ChildStarted(child engine.ChildInfo) {
	run := r.mapRun(child.MapRunARN)
	run.Running += child.Items
	run.children = append(run.children, child.ExecutionARN)
	x := r.execution(child.ExecutionARN)
	x.parent, x.label = run, childLabel(len(run.children))
}

// ChildDone implements engine.MapObserver.
func (r *record) ChildDone(child engine.ChildResult) {
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

// Ended implements engine.MapObserver.
func (r *record) Ended(run engine.MapRunResult) {
	ended := r.mapRun(run.ARN)
	n := run.Items
	ended.Status, ended.Total, ended.Pending, ended.Running = run.Status, n.Total, n.Pending, 0
	ended.Succeeded, ended.Failed, ended.TimedOut, ended.Aborted = n.Succeeded, n.Failed, n.TimedOut, n.Aborted
}

func (r *record) mapRun(arn string) *mapRun {
	i := slices.IndexFunc(r.mapRuns, func(run *mapRun) bool { return run.ARN == arn })
	return r.mapRuns[i]
}
