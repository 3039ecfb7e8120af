package option

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/mapjob/mapjob/internal/number"
	"github.com/mapjob/mapjob/internal/plan"
	"github.com/mapjob/mapjob/internal/price"
	"github.com/mapjob/mapjob/internal/protocol"
)

// Limit is what ends the growth of a job, or of its batches.
type Limit struct {
	Name    string
	At      int  // the most items with which it is kept
	Batch   bool // of a batch, not of the job
	Timeout bool // it is the timeout of the execution
	Hard    bool // beyond it the job fails, not only slows down
	Remedy  string

	margin float64 // of At, to be left; 0 for none
}

// String names the limit and the number of items.
func (l Limit) String() string {
	if l.Batch {
		return fmt.Sprintf("%s, at %s a batch", l.Name, number.Of(l.At, "item"))
	}
	return fmt.Sprintf("%s, at %s", l.Name, number.Of(l.At, "item"))
}

// Fits returns the most items with room for what is not planned.
func (l Limit) Fits() int {
	if l.margin == 0 {
		return l.At
	}
	return max(1, int(float64(l.At)*(1-l.margin)))
}

const (
	reserve    = 2 * time.Second // in which the kit begins no item before a timeout
	spareBytes = 250             // of an outcome of an Inline job, beside those of its item
	most       = protocol.MaxItems
	month      = 730 * time.Hour

	longestTimeout = 15 * time.Minute // of a function
)

// Limits returns the hard limits that a job with this setup meets as its items become
// more, the one at the fewest items first.
func Limits(w plan.Workload, s plan.Setup, shape plan.Shape, b *price.Book) []Limit {
	l := limits{w: w, s: s, shape: shape, b: b}
	l.tolerance()
	if shape.Foreign {
		l.data()
	}
	switch s.Passing {
	case plan.Inline:
		l.inline()
	case plan.ByValue:
		l.payload()
		l.add(b.Limit("s3.parts")*uploadPart/float64(w.ItemBytes+1), "10,000 parts of an S3 object", "use ByReference, or several jobs")
	}
	l.functions()
	l.time()
	slices.SortStableFunc(l.found, func(a, b Limit) int { return cmp.Compare(a.At, b.At) })
	return append(l.found, Limit{Name: "most that a Map reads", At: most, Hard: true, Remedy: "use several jobs"})
}

// limits finds the limits of a job.
type limits struct {
	w     plan.Workload
	s     plan.Setup
	shape plan.Shape
	b     *price.Book
	found []Limit
}

// add adds a limit that is kept with so many items.
func (l *limits) add(at float64, name, remedy string) {
	if at < most {
		l.found = append(l.found, Limit{Name: name, At: max(0, int(at)), Hard: true, Remedy: remedy})
	}
}

// tolerance adds the items that may fail, if more are expected to.
func (l *limits) tolerance() {
	m := plan.Tolerance{Count: l.shape.Map.ToleratedCount, Percentage: l.shape.Map.ToleratedPercentage}
	if l.shape.Verdict != nil {
		m = *l.shape.Verdict
	}
	failed := Failing(l.w, l.shape)
	percentage := m.Percentage > 0 && failed*100 > m.Percentage
	var at float64
	switch {
	case failed == 0 || m.Percentage > 0 && m.Count == 0 && !percentage:
		return
	case percentage:
	case m.Count > 0:
		at = float64(m.Count) / failed
	default: // none: then one is too many
		at = math.Ceil(1/failed) - 1
	}
	l.add(at+1e-6, "failures that the job tolerates", "raise ToleratedFailurePercentage")
}

// Failing returns the share of items that are expected to fail in the end.
func Failing(w plan.Workload, shape plan.Shape) float64 {
	return min(1, w.Failed+failedForGood(w.Crashed, workerAttempts(shape)))
}

// workerAttempts returns how often an invocation of the worker that crashed is tried
// again.
func workerAttempts(shape plan.Shape) int {
	attempts := 0
	eachCall(slices.Concat(shape.Child, shape.PerItem), func(c *plan.Call) {
		if r := c.Retrier(plan.Crash); c.Role == plan.Worker && r != nil {
			attempts = r.MaxAttempts
		}
	})
	return attempts
}

func eachCall(path []plan.Step, do func(c *plan.Call)) {
	for _, step := range path {
		if step.Call != nil {
			do(step.Call)
		}
		eachCall(step.Inner, do)
	}
}

// failedForGood returns the share of batches whose attempts all crash.
func failedForGood(crashed float64, attempts int) float64 {
	return math.Pow(crashed, float64(attempts+1))
}

// inline adds the limits of an Inline job: its history holds the events of all items
// with all their retries, and its data all items and outcomes. The job checks both.
func (l *limits) inline() {
	if l.shape.Foreign {
		item := plan.PathOf(l.shape.Child)
		l.add((l.b.Limit("states.events")-2-plan.PathOf(l.shape.Parent).Events)/(2+item.Events), "25,000 events of a history", "use Distributed mode")
		return
	}
	const forOthers = 500 // events that are not of items
	tries := 1
	eachCall(l.shape.Child, func(c *plan.Call) {
		for _, r := range c.Retry {
			tries += r.MaxAttempts
		}
	})
	l.add(float64((int(l.b.Limit("states.events"))-forOthers)/(7+3*tries)), "most that an Inline job takes", "use Distributed mode")
	l.add(float64((protocol.MaxInput-len("[]")+len(","))/(l.w.ItemBytes+len(",")+spareBytes)), "240,000 bytes of an Inline job", "use Distributed mode")
}

// data adds the items that the state may get and put out itself.
func (l *limits) data() {
	m := l.shape.Map
	const name = "262,144 bytes of a state's data"
	bytes := l.b.Limit("states.payload") - float64(len("[]")-len(","))
	if !m.Reader {
		l.add(bytes/float64(l.w.ItemBytes+len(",")), name, "store the items in S3, and read them with an ItemReader")
	}
	if !m.Writer {
		l.add(bytes/float64(max(l.w.ResultBytes, len("{}"))+len(",")), name, "store the results in S3, with a ResultWriter")
	}
}

// payload adds the items whose indexes leave room for an item in a child's input.
func (l *limits) payload() {
	digits := int(l.b.Limit("states.payload")) - indexBytes - l.w.ItemBytes - l.s.Overhead
	at := 0.0
	if digits > 0 {
		at = math.Pow10(digits)
	}
	l.add(at, "262,144 bytes of a payload", "use ByReference")
}

// functions adds the items that the functions of the parent manage in their time.
func (l *limits) functions() {
	calls := map[plan.Role]bool{}
	eachCall(l.shape.Parent, func(c *plan.Call) { calls[c.Role] = true })
	one := l.w
	one.Items = 1
	for _, role := range []plan.Role{plan.JobStart, plan.Chunker, plan.Summary} {
		if timeout := (l.s.Timeout[role] - reserve).Seconds(); calls[role] && timeout > 0 {
			l.add(timeout/plan.Passes(role, one, l.s, l.b), fmt.Sprintf("%s's %s", role, span(l.s.Timeout[role])), l.moreTime(role))
		}
	}
}

// moreTime says how a function gets more done.
func (l *limits) moreTime(role plan.Role) string {
	if l.s.Timeout[role] < longestTimeout {
		return "raise its timeout, or give it more memory"
	}
	return "give it more memory"
}

// time adds the items with which an execution lasts too long.
func (l *limits) time() {
	longest := time.Duration(l.b.Limit("states.standard.seconds")) * time.Second
	const remedy = "raise Timeout, MaxConcurrency or the batches"
	if t := l.s.ExecutionTimeout; t == 0 || t >= longest {
		l.add(l.within(longest.Seconds()), "year of an execution", remedy)
	} else if at := l.within(t.Seconds()); at < most {
		l.add(at, "execution's timeout of "+span(t), remedy)
		l.found[len(l.found)-1].Timeout = true
	}
	if runs := l.w.RunsPerMonth; runs > 0 && l.shape.Map.Distributed {
		l.add(l.within(l.b.Limit("states.map-runs")*month.Seconds()/runs), "1,000 open Map Runs", "run it less often")
	}
}

// within returns the most items with which an execution takes no longer.
func (l *limits) within(seconds float64) float64 {
	w := l.w
	takes := func(items int) float64 {
		w.Items = items
		return plan.Duration(w, l.s, l.shape, l.b).Seconds
	}
	if takes(most) <= seconds {
		return most
	}
	low, high := 0, most
	for high-low > 1 {
		if middle := low + (high-low)/2; takes(middle) <= seconds {
			low = middle
		} else {
			high = middle
		}
	}
	return float64(low)
}

// span writes a length of time.
func span(d time.Duration) string {
	switch {
	case d%(24*time.Hour) == 0:
		return number.Of(int(d/(24*time.Hour)), "day")
	case d%time.Hour == 0:
		return number.Of(int(d/time.Hour), "hour")
	case d%time.Minute == 0:
		return number.Of(int(d/time.Minute), "minute")
	}
	return number.Of(int(d.Seconds()+0.5), "second")
}
