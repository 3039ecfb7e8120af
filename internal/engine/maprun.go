package engine

import (
	"fmt"
	"slices"
	"time"

	"github.com/mapjob/mapjob/internal/engine/event"
	"github.com/mapjob/mapjob/internal/engine/mapresults"
	"github.com/mapjob/mapjob/internal/expression"
	"github.com/mapjob/mapjob/internal/statesarn"
	"github.com/mapjob/mapjob/internal/value"
)

// maxChildren is the number of children of a Distributed Map that run at once
// unless MaxConcurrency is lower (developer guide, "Map state in Distributed
// mode").
const maxChildren = 10000

// distributedMapState is a Map state whose iterations are executions: the
// children of a Map Run.
type distributedMapState struct{}

func (distributedMapState) events() *stateEvents { return &mapEvents }

func (distributedMapState) start(v *visit) {
	m := &mapRun{visit: v}
	if err := m.prepare(); err != nil {
		v.failEvaluation(err)
		return
	}
	if !v.thread.record(event.MapStateStarted, &event.Data{Length: max(m.source.known(), 0)}) {
		return
	}
	err := m.limitItems()
	if err == nil {
		m.tolerance, err = v.tolerance()
	}
	if err != nil {
		v.failEvaluation(err)
		return
	}
	m.start()
}

// mapRun is a Distributed Map that is under way.
type mapRun struct {
	visit       *visit
	arn         string
	label       string
	childARN    string // the state machine ARN of the children
	started     time.Time
	concurrency int
	batching    *batching // nil if there is no ItemBatcher
	tolerance   tolerance

	source    itemSource
	items     int // read so far
	batch     batch
	holds     bool // an item that was read, but is too large for the batch before it
	held      mapItem
	heldInput any

	running   []*child
	children  int  // started so far
	scheduled bool // a pump is queued
	// failure is set when the Map Run fails: no child starts after that.
	failure *failure
	drained bool // there is nothing left to read for children that do not start
	ended   bool

	// Results go to files, or to list if files is nil.
	destination mapresults.Destination
	files       *mapresults.Files
	list        *mapresults.List

	itemCounts  MapRunCounts
	childCounts MapRunCounts
}

// prepare evaluates the fields of the state.
func (m *mapRun) prepare() (err error) {
	v := m.visit
	if m.concurrency, err = v.maxConcurrency(maxChildren); err != nil {
		return err
	}
	if m.batching, err = v.batching(); err != nil {
		return err
	}
	if err = m.prepareResults(); err != nil {
		return err
	}
	if reader := v.state.Map.ItemReader; reader != nil {
		m.source, err = v.reader(reader)
		return err
	}
	items, keys, err := v.mapItems()
	if err != nil {
		return err
	}
	m.source = &listSource{items: items, keys: keys}
	return nil
}

// limitItems evaluates MaxItems. A number that is negative fails the reader.
func (m *mapRun) limitItems() error {
	reader := m.visit.state.Map.ItemReader
	if reader == nil || reader.MaxItems == nil {
		return nil
	}
	n, err := reader.MaxItems.Integer(m.visit.scope())
	switch s := m.source.(*streamSource); {
	case err != nil:
		return err
	case n < 0:
		s.ended, s.err = true, errMaxItems
	case n > 0: // 0 is all of them
		s.limit = n
	}
	return nil
}

// prepareResults evaluates ResultWriter.
func (m *mapRun) prepareResults() error {
	w := m.visit.state.Map.ResultWriter
	if w == nil {
		m.list = mapresults.NewList("")
		return nil
	}
	if w.Resource.ARN == "" {
		m.list = mapresults.NewList(w.Transformation)
		return nil
	}
	x, err := w.Arguments.Evaluate(m.visit.scope())
	if err != nil {
		return err
	}
	arguments, _ := x.(*value.Object)
	m.destination = mapresults.Destination{
		Bucket: stringMember(arguments, "Bucket"), Prefix: stringMember(arguments, "Prefix"),
		OutputType: w.OutputType, Transformation: w.Transformation,
	}
	if m.destination.Bucket == "" {
		return &expression.Error{Name: errRuntime, Message: fmt.Sprintf("The ResultWriter's arguments name no Bucket: %s", value.Text(x))}
	}
	return nil
}

func (m *mapRun) start() {
	v, r := m.visit, m.visit.run
	id := r.newID()
	m.label = r.label(v.state)
	m.arn = statesarn.MapRun(v.execution.machineARN, m.label, id)
	m.childARN = v.execution.machineARN + "/" + m.label
	m.started = r.loop.Now()
	v.work = m
	if !v.thread.record(event.MapRunStarted, &event.Data{Resource: m.arn}) {
		return
	}
	if o := r.engine.observer; o != nil {
		o.Started(MapRunInfo{
			ARN: m.arn, ExecutionARN: v.execution.arn, StateName: v.state.Name, Label: m.label, Type: m.childKind(),
			MaxConcurrency: m.concurrency, Start: m.started, Items: m.source.known(),
			ToleratedCount: m.tolerance.count, ToleratedPercentage: m.tolerance.percentage,
		})
	}
	if m.list == nil {
		m.files = mapresults.NewFiles(m.visit.objectsContext(), r.engine.objects, m.destination, m.arn, id)
	}
	m.schedule()
}

func (m *mapRun) childKind() Type {
	if m.visit.state.Map.Processor.Express {
		return Express
	}
	return Standard
}

// over reports whether the visit has gone on without the Map Run.
func (m *mapRun) over() bool { return m.visit.work != work(m) }

// schedule queues the start of the next child for when nothing else is ready, so
// that the children that run go first.
func (m *mapRun) schedule() {
	if m.scheduled || m.ended {
		return
	}
	m.scheduled = true
	m.visit.run.loop.WhenIdle(m.pump)
}

// pump starts one child, or ends the Map Run when there is nothing left.
func (m *mapRun) pump() {
	m.scheduled = false
	switch {
	case m.ended || m.over():
		return
	case m.failure != nil:
		m.drain()
		return
	case len(m.running) >= m.concurrency:
		return
	}
	switch ready, err := m.fill(); {
	case err != nil:
		m.fail(err)
		return
	case !ready:
		m.source.whenReady(m.schedule)
		return
	}
	if len(m.batch.inputs) == 0 {
		if len(m.running) == 0 {
			m.finish()
		}
		return
	}
	m.startChild()
	m.schedule()
}

// fill reads items until the batch is complete or there are no more. It is not
// ready while it has to wait for the source.
func (m *mapRun) fill() (ready bool, f *failure) {
	for {
		if !m.holds {
			switch m.source.next(&m.held) {
			case sourceWaits:
				return false, nil
			case sourceFailed:
				return true, m.source.failure()
			case sourceEnds:
				return true, nil
			}
			m.held.index = m.items
			m.items++
			m.count()
			input, err := m.visit.selectItem(&m.held)
			if err != nil {
				return true, m.visit.evaluationFailure(err)
			}
			m.holds, m.heldInput = true, input
		}
		size := 0
		if m.batching != nil {
			size = value.Size(m.heldInput) + 1
			if !m.batching.fits(&m.batch, size) {
				return true, nil
			}
		}
		m.batch.add(m.held.index, m.heldInput, size)
		m.holds, m.held, m.heldInput = false, mapItem{}, nil
		if m.batching == nil || m.batching.full(&m.batch) {
			return true, nil
		}
	}
}

// countEvery is the number of items read between two calls of Counted.
const countEvery = 1000

func (m *mapRun) count() {
	if o := m.visit.run.engine.observer; o != nil && m.items%countEvery == 0 {
		o.Counted(m.arn, max(m.items, m.source.known()))
	}
}

// fail ends the Map Run early. Standard children are aborted, Express children
// finish, as on AWS.
func (m *mapRun) fail(f *failure) {
	m.failure = f
	if m.childKind() == Standard {
		m.abortChildren()
	}
	m.schedule()
}

func (m *mapRun) abortChildren() {
	running := slices.Clone(m.running)
	slices.SortFunc(running, func(a, b *child) int { return a.index - b.index })
	cause := fmt.Sprintf("The map run execution [%s] which was managing this resource was aborted", m.arn)
	for _, c := range running {
		c.execution.abort("", cause)
	}
}

// drain reads on after a failure, for the result of the next child that does not
// start. It ends the Map Run when there is nothing left.
func (m *mapRun) drain() {
	if m.drained {
		if len(m.running) == 0 {
			m.finish()
		}
		return
	}
	ready, err := m.fill()
	if !ready {
		m.source.whenReady(m.schedule)
		return
	}
	m.drained = err != nil || len(m.batch.inputs) == 0
	if len(m.batch.inputs) > 0 {
		m.leavePending()
	}
	m.schedule()
}

// leavePending takes the batch of a child that does not start.
func (m *mapRun) leavePending() {
	m.childCounts.Pending++
	m.childCounts.Total++
	if m.files != nil {
		m.files.AddPending(m.batching.childInput(&m.batch))
	}
	m.batch = batch{}
}

// finish stores the results, then ends the state.
func (m *mapRun) finish() {
	m.ended = true
	m.source.close()
	if o := m.visit.run.engine.observer; o != nil {
		o.Counted(m.arn, m.items)
	}
	if m.failure == nil && m.tolerance.exceeded(m.failedItems(), m.items) {
		m.failure = toleranceFailure()
	}
	if m.files == nil {
		m.close(m.list.Result(), nil)
		return
	}
	m.visit.run.loop.Block(func() func() {
		err := m.files.Close()
		return func() {
			switch {
			case m.over():
			case err != nil:
				m.close(nil, &failure{name: errResultWriter, cause: err.Error()})
			default:
				m.close(m.files.Result(), nil)
			}
		}
	})
}

// failedItems returns the number of items that count for the tolerance.
func (m *mapRun) failedItems() int { return m.itemCounts.Failed + m.itemCounts.TimedOut }

// close ends the state with the result, or the failure to store it.
func (m *mapRun) close(result any, f *failure) {
	v := m.visit
	if m.failure != nil {
		f = m.failure
	}
	m.countPending()
	if m.files != nil {
		m.childCounts.ResultsWritten = m.files.Written()
	}
	if m.childCounts.ResultsWritten > 0 {
		m.itemCounts.ResultsWritten = m.itemCounts.Total
	}
	v.work = nil
	if f == nil {
		f = v.tooLarge(result)
	}
	if f != nil {
		m.reportEnd(Failed, f)
		if v.thread.record(event.MapRunFailed, f.problem()) {
			v.fail(f)
		}
		return
	}
	m.reportEnd(Succeeded, nil)
	if !v.thread.recordAside(event.MapRunSucceeded, &event.Data{}) || !v.thread.recordAside(event.MapStateSucceeded, &event.Data{}) {
		return
	}
	v.complete(result)
}

// countPending counts the items for which no child was started.
func (m *mapRun) countPending() {
	pending := max(m.source.known(), m.items) - m.itemCounts.Total
	m.itemCounts.Pending += pending
	m.itemCounts.Total += pending
}

func (m *mapRun) reportEnd(status Status, f *failure) {
	r := m.visit.run
	if r.engine.observer == nil {
		return
	}
	result := MapRunResult{ARN: m.arn, Status: status, Start: m.started, Stop: r.loop.Now(), Items: m.itemCounts, Executions: m.childCounts}
	if f != nil {
		result.Error, result.Cause = f.name, f.cause
	}
	if m.files != nil {
		result.Bucket, result.ManifestKey = m.files.Manifest()
	}
	r.engine.observer.Ended(result)
}

// abort stops the Map Run because its execution ends.
func (m *mapRun) abort() {
	m.visit.work = nil
	if m.ended {
		return
	}
	m.ended = true
	m.source.close()
	m.abortChildren()
	if m.files != nil {
		m.files.Discard()
	}
	m.countPending()
	m.reportEnd(Aborted, nil)
}
