package sfntest

// MapRun counts the items of a Map Run.
type MapRun struct {
	ARN, State, Status                                            string
	Total, Pending, Running, Succeeded, Failed, TimedOut, Aborted int
}

// MapRuns returns the Map Runs of the execution and of its children with their counts,
// as DescribeMapRun does.
func (x *Execution) MapRuns() []MapRun {
	var list []MapRun
	for _, m := range x.world.record.MapRuns {
		if x.world.record.IsOf(m.Execution, x.arn) {
			list = append(list, MapRun{m.ARN, m.State, m.Status, m.Total, m.Pending(), m.Running, m.Succeeded, m.Failed, m.TimedOut, m.Aborted})
		}
	}
	return list
}
