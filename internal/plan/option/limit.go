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
	Name   string
	At     int  // the most items with which it is kept
	Batch  bool // of a batch, not of the job
	Hard   bool // beyond it the job fails, not only slows down
	Remedy string

	margin float64 // of At, to be left; 0 for none
}

// String names the limit and the number of items.
func (l Limit) String() string {
	if l.Batch {
		return fmt.Sprintf("%s, at %s a batch", l.Name, number.Of(l.At, "item"))
	}
	return fmt.Sprintf("%s, at %s", l.Name, number.Of(l.At, "item"))
}

// fits returns the most items with room for what is not planned.
func (l Limit) fits() int {
	if l.margin == 0 {
		return l.At
	}
	return max(1, int(float64(l.At)*(1-l.margin)))
}

const (
	reserve     = 2 * time.Second // in which the kit begins no item before a timeout
	inlineItems = 471             // which an Inline job takes with the default retries
	inlineBytes = protocol.MaxInput
	spareBytes  = 250 // of an outcome of an Inline job, beside those of its item
	most        = protocol.MaxItems
)

// Limits returns the hard limits that a job with this setup meets as its items become
// more, the one at the fewest items first.
func Limits(w plan.Workload, s plan.Setup, shape plan.Shape, b *price.Book) []Limit {
	var limits []Limit
	add := func(at float64, name, remedy string) {
		if at < most {
			limits = append(limits, Limit{Name: name, At: max(0, int(at)), Hard: true, Remedy: remedy})
		}
	}
	if s.Passing == plan.Inline {
		child := plan.PathOf(shape.Child)
		add(inlineItems, "most that an Inline job takes", "use Distributed mode")
		add((quota(b, "states.events")-2-plan.PathOf(shape.Parent).Events)/(2+child.Events), "25,000 events of a history", "use Distributed mode")
		add(float64(inlineBytes/(w.ItemBytes+1+spareBytes)), "240,000 bytes of an Inline job", "use Distributed mode")
	}
	if s.Passing == plan.ByValue && indexBytes+9+w.ItemBytes+s.Overhead > protocol.MaxPayload {
		add(0, "262,144 bytes of a payload", "use ByReference")
	}
	calls := map[plan.Role]bool{}
	for _, step := range shape.Parent {
		if step.Call != nil {
			calls[step.Call.Role] = true
		}
	}
	for _, role := range []plan.Role{plan.JobStart, plan.Chunker, plan.Summary} {
		if timeout := (s.Timeout[role] - reserve).Seconds(); calls[role] && timeout > 0 {
			one := w
			one.Items = 1
			add(timeout/roleSeconds(role, one, s, b), fmt.Sprintf("%s's %s", role, span(s.Timeout[role])), "give it more memory")
		}
	}
	if s.Passing != plan.Inline {
		add(quota(b, "s3.parts")*uploadPart/float64(w.ItemBytes+1), "10,000 parts of an S3 object", "use several jobs")
	}
	if t := s.ExecutionTimeout; t > 0 {
		add(float64(itemsWithin(t.Seconds(), w, s, shape, b)), fmt.Sprintf("execution's timeout of %s", span(t)), "raise Timeout, MaxConcurrency or the batches")
	}
	slices.SortStableFunc(limits, func(a, b Limit) int { return cmp.Compare(a.At, b.At) })
	return append(limits, Limit{Name: "most that a Map reads", At: most, Hard: true, Remedy: "use several jobs"})
}

// itemsWithin returns the most items with which an execution takes no longer.
func itemsWithin(seconds float64, w plan.Workload, s plan.Setup, shape plan.Shape, b *price.Book) int {
	takes := func(items int) float64 {
		w.Items = items
		return plan.Duration(w, s, shape, b).Seconds
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
	return low
}

// batchLimit returns what ends the growth of the batches of a job.
func batchLimit(w plan.Workload, s plan.Setup, shape plan.Shape) Limit {
	if s.Passing == plan.Inline {
		return Limit{}
	}
	var limits []Limit
	add := func(at float64, name string, hard bool, margin float64) {
		limits = append(limits, Limit{Name: name, At: max(1, int(at)), Batch: true, Hard: hard, margin: margin})
	}
	switch {
	case s.Passing == plan.ByReference:
		add(plan.ChunkBytes/float64(w.ItemBytes+1), "16 MiB of a chunk", false, 0)
	case s.BatchBytes > 0:
		digits := len(fmt.Sprint(max(w.Items-1, 0)))
		add(float64((s.BatchBytes-s.Overhead+1)/(indexBytes+digits+w.ItemBytes+1)), fmt.Sprintf("%d KiB of a batch", s.BatchBytes>>10), false, 0)
	}
	timeout := s.Timeout[plan.Worker]
	if shape.Map.Express {
		timeout = min(timeout, 300*time.Second)
	}
	if each := w.Time.Mean().Seconds(); len(shape.PerItem) > 0 {
		item, child := plan.PathOf(shape.PerItem), plan.PathOf(shape.Child)
		add((25_000-2-child.Events)/(item.Events+2), "25,000 events of a child's history", true, 0.1)
	} else if each > 0 && timeout > 0 {
		name := "worker's " + span(timeout)
		if shape.Map.Express {
			name = span(timeout) + " of an Express child"
		}
		atOnce := float64(max(s.ItemsAtOnce, 1))
		kept := min(timeout-reserve, timeout*9/10).Seconds() // a tenth for what is not planned
		deviation := 4 * w.Time.Deviation().Seconds() / atOnce
		// each·k/atOnce + deviation·√k ≤ kept
		root := (-deviation + math.Sqrt(deviation*deviation+4*each/atOnce*kept)) / (2 * each / atOnce)
		at := (timeout - reserve).Seconds() / each * atOnce
		if at < 1 {
			limits = append(limits, Limit{Name: name, At: 0, Batch: true, Hard: true})
		} else {
			add(at+1e-6, name, true, max(1e-9, 1-root*root/at-1e-9))
		}
	}
	return slices.MinFunc(limits, func(a, b Limit) int { return cmp.Compare(a.fits(), b.fits()) })
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

// quota returns a quota, or a large number if AWS publishes none.
func quota(b *price.Book, name string) float64 {
	if f, ok := b.Quota(name); ok {
		return f.Value
	}
	return math.MaxInt32
}
