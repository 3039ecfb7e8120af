package simulate

import (
	"fmt"
	"time"

	"github.com/mapjob/mapjob/internal/number"
	"github.com/mapjob/mapjob/internal/plan"
)

// near is how far a simulation may be from the plan without a reason.
const near = 0.05

// course is what a run met that a formula leaves out.
type course struct {
	stopped     bool // the Map passed its tolerance
	concurrency int  // of Lambda
	retries     time.Duration
	crashes     bool          // some are expected
	longest     time.Duration // of an item, 0 if all take the same time
}

// Against compares the simulated duration with the planned one. It reports whether
// they differ by at most 5%, and if they do not, why: what the plan leaves out.
func (r Result) Against(t plan.Took) (within bool, why string) {
	off := r.Seconds - t.Seconds
	if off <= near*t.Seconds && -off <= near*t.Seconds {
		return true, ""
	}
	switch c := r.course; {
	case c.stopped:
		return false, fmt.Sprintf("the Map stopped when more items had failed than it tolerates, after %s", number.Of(r.Children, "child execution"))
	case r.Throttled > 0 && r.MostRunning > c.concurrency:
		return false, fmt.Sprintf("%s ran at once, but Lambda has %s: it throttled %s, which were retried",
			number.Of(r.MostRunning, "child execution"), number.Of(c.concurrency, "environment"), number.Of(r.Throttled, "request"))
	case r.Throttled > 0:
		return false, fmt.Sprintf("Lambda throttled %s while it grew to %s", number.Of(r.Throttled, "request"), number.Of(r.Environments, "environment"))
	case r.Retried > 0:
		return false, fmt.Sprintf("%s waited %s in all", number.Of(r.Retried, "retried call"), c.retries.Round(time.Second))
	case c.crashes:
		return false, "no invocation crashed, and the plan expects that some do"
	case c.longest > 0:
		return false, fmt.Sprintf("items take up to %s, and the last batch decides", c.longest)
	}
	return false, ""
}
