package option

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/mapjob/mapjob/internal/plan"
	"github.com/mapjob/mapjob/internal/price"
)

// maxEachItem is how many items with states of their own a batch of a job may have.
const maxEachItem = 1000

// BatchLimit returns what ends the growth of the batches of a job.
func BatchLimit(w plan.Workload, s plan.Setup, shape plan.Shape, b *price.Book) Limit {
	if s.Passing == plan.Inline {
		return Limit{}
	}
	l := batchLimits{w: w, s: s, shape: shape, b: b}
	switch {
	case s.Passing == plan.ByReference:
		line := w.ItemBytes + 1
		l.add(float64((plan.ChunkBytes+line-1)/line), "16 MiB of a chunk", false, 0)
	case s.BatchBytes > 0:
		size := indexBytes + len(strconv.Itoa(max(w.Items-1, 0))) + w.ItemBytes + len(",")
		l.add(float64((s.BatchBytes-s.Overhead+len(","))/size), fmt.Sprintf("%d KiB of a batch", s.BatchBytes>>10), false, 0)
	}
	if len(shape.PerItem) > 0 {
		l.eachItem()
	} else {
		l.time()
	}
	if len(l.found) == 0 {
		return Limit{}
	}
	return slices.MinFunc(l.found, func(a, b Limit) int { return cmp.Compare(a.Fits(), b.Fits()) })
}

// batchLimits finds the limits of a batch.
type batchLimits struct {
	w     plan.Workload
	s     plan.Setup
	shape plan.Shape
	b     *price.Book
	found []Limit
}

func (l *batchLimits) add(at float64, name string, hard bool, margin float64) {
	l.found = append(l.found, Limit{Name: name, At: max(1, int(at)), Batch: true, Hard: hard, margin: margin})
}

// eachItem adds the events of a child whose items have states of their own.
func (l *batchLimits) eachItem() {
	item, child := plan.PathOf(l.shape.PerItem), plan.PathOf(l.shape.Child)
	l.add((l.b.Limit("states.events")-2-child.Events)/(item.Events+2), "25,000 events of a child's history", true, l.margin())
	l.add(maxEachItem, "most items with states of their own in a batch", true, 0)
}

func (l *batchLimits) margin() float64 { return l.b.Assumption("margin").Value }

// time adds the items that a worker manages in its time, and in that of an Express
// child, which has to hold a retry, too, if invocations crash.
func (l *batchLimits) time() {
	timeout := l.s.Timeout[plan.Worker]
	name := "worker's " + span(timeout)
	again := 1.0
	if express := time.Duration(l.b.Limit("states.express.seconds")) * time.Second; l.shape.Map.Express && (timeout == 0 || timeout >= express) {
		timeout, name = express, span(express)+" of an Express child"
	}
	if l.shape.Map.Express && l.w.Crashed > 0 {
		again = 2
	}
	each := l.w.Time.Mean().Seconds() / float64(max(l.s.ItemsAtOnce, 1))
	if each <= 0 || timeout <= 0 {
		return
	}
	at := (timeout - reserve).Seconds() / each
	if at < 1 {
		l.found = append(l.found, Limit{Name: name, Batch: true, Hard: true})
		return
	}
	// each·k + deviation·√k ≤ kept
	kept := min((timeout-reserve).Seconds(), timeout.Seconds()*(1-l.margin())) / again
	deviation := 4 * l.w.Time.Deviation().Seconds() / float64(max(l.s.ItemsAtOnce, 1))
	root := (-deviation + math.Sqrt(deviation*deviation+4*each*kept)) / (2 * each)
	l.add(at+1e-6, name, true, max(1e-9, 1-root*root/at-1e-9))
}
