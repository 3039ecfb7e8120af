package history

import (
	"testing"

	"github.com/mapjob/mapjob/internal/engine"
)

// A Map Run has at least the items that its children got, before all are read.
func TestTheTotalOfAMapRunCountsItsChildren(t *testing.T) {
	t.Parallel()
	var r Record
	r.Started(engine.MapRunInfo{ARN: "run", Items: -1})
	r.ChildStarted(engine.ChildInfo{MapRunARN: "run", ExecutionARN: "child", Items: 3})
	if got := r.MapRuns[0]; got.Total != 3 || got.Pending() != 0 {
		t.Errorf("got %d items and %d pending, expected the 3 that run", got.Total, got.Pending())
	}
}
