package engine

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/expression"
	"github.com/mapjob/mapjob/internal/value"
)

// maxChildren is how many children of a Distributed Map run at once where
// MaxConcurrency does not say less (developer guide, "Map state in Distributed
// mode").
const maxChildren = 10000

// mapRun is a Distributed Map that is under way.
type mapRun struct {
	*visit
	arn         string
	id          string
	label       string
	childARN    string // the state machine ARN of the children
	started     time.Time
	source      itemSource
	batching    *batching
	concurrency int
	tolerance   tolerance
	collect     collector

	pending  []*mapItem // of the batch that is being filled
	inputs   []any
	bytes    int
	held     *mapItem // read, but too large for the batch before it
	heldIn   any
	items    int // read so far
	children int // started so far
	running  []*child
	waiting  bool // a pump is queued
	ended    bool
	failure  *failure

	itemCounts  MapRunCounts
	childCounts MapRunCounts
}

// distributedMap runs a Map state whose iterations are executions.
func (v *visit) distributedMap() {
	m := &mapRun{visit: v}
	if err := m.prepare(); err != nil {
		v.failEvaluation(err)
		return
	}
	if !v.record(MapStateStarted, &details{length: max(m.source.known(), 0)}) {
		return
	}
	tolerance, err := v.tolerance()
	if err != nil {
		v.failEvaluation(err)
		return
	}
	m.tolerance = tolerance
	m.id = v.newID()
	m.label = v.label(v.state)
	m.arn = strings.Replace(v.machineARN, ":stateMachine:", ":mapRun:", 1) + "/" + m.label + ":" + m.id
	m.childARN = v.machineARN + "/" + m.label
	m.started = v.loop.clock.now()
	v.work = m
	if !v.record(MapRunStarted, &details{resource: m.arn}) {
		return
	}
	if v.observer != nil {
		v.observer.Started(MapRunInfo{
			ARN: m.arn, ExecutionARN: v.arn, StateName: v.state.Name, Label: m.label, Type: m.childKind(),
			MaxConcurrency: m.concurrency, Start: m.started, Items: m.source.known(),
		})
	}
	m.collect.begin(m)
	m.schedule()
}

// label is the Label of a state, or an identifier that stands for one: the
// same for all Map Runs of the state.
func (r *run) label(s *asl.State) string {
	if s.Map.Label != "" {
		return s.Map.Label
	}
	label, ok := r.labels[s]
	if !ok {
		if r.labels == nil {
			r.labels = map[*asl.State]string{}
		}
		label = r.newID()
		r.labels[s] = label
	}
	return label
}

func (m *mapRun) childKind() Type {
	if m.state.Map.Processor.Express {
		return Express
	}
	return Standard
}

// prepare evaluates what the state's fields say.
func (m *mapRun) prepare() (err error) {
	definition := m.state.Map
	if m.concurrency, err = m.visit.concurrency(maxChildren); err != nil {
		return err
	}
	if m.batching, err = m.visit.batching(); err != nil {
		return err
	}
	if m.collect, err = m.visit.collector(); err != nil {
		return err
	}
	if definition.ItemReader != nil {
		m.source, err = m.visit.reader(definition.ItemReader)
		return err
	}
	items, keys, err := m.visit.items()
	if err != nil {
		return err
	}
	m.source = &listSource{items: items, keys: keys}
	return nil
}

// schedule has the next child started when nothing else is ready, so that
// those that are under way get on first.
func (m *mapRun) schedule() {
	if m.waiting || m.ended {
		return
	}
	m.waiting = true
	m.loop.whenIdle(m.pump)
}

// pump starts one child, or ends the Map Run when there is nothing left.
func (m *mapRun) pump() {
	m.waiting = false
	if m.ended || m.work != working(m) || len(m.running) >= m.concurrency {
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
	if len(m.inputs) == 0 {
		if len(m.running) == 0 {
			m.finish(nil)
		}
		return
	}
	m.startChild()
	m.schedule()
}

// fill reads items until there is enough for a child, or no more. It is not
// ready while the source has to be waited for.
func (m *mapRun) fill() (ready bool, f *failure) {
	for {
		if m.held == nil {
			item, state := m.source.next()
			switch state {
			case sourceWaits:
				return false, nil
			case sourceFailed:
				return true, m.source.failure()
			case sourceEnds:
				return true, nil
			}
			item.index = m.items
			m.items++
			m.count()
			input, err := m.selectItem(item)
			if err != nil {
				return true, m.evaluationFailure(err)
			}
			m.held, m.heldIn = item, input
		}
		if m.batching == nil {
			m.take(0)
			return true, nil
		}
		size := value.Size(m.heldIn) + 1
		if len(m.inputs) > 0 && m.batching.maxBytes > 0 && m.batching.overhead+m.bytes+size-1 > m.batching.maxBytes {
			return true, nil
		}
		m.take(size)
		if m.batching.maxItems > 0 && len(m.inputs) >= m.batching.maxItems {
			return true, nil
		}
	}
}

func (m *mapRun) take(size int) {
	m.pending = append(m.pending, m.held)
	m.inputs = append(m.inputs, m.heldIn)
	m.bytes += size
	m.held, m.heldIn = nil, nil
}

// countEvery is how many items are read between two calls of Counted.
const countEvery = 1000

func (m *mapRun) count() {
	if m.observer != nil && m.items%countEvery == 0 {
		m.observer.Counted(max(m.items, m.source.known()))
	}
}

func (m *mapRun) evaluationFailure(err error) *failure {
	e, ok := err.(*expression.Error)
	if !ok {
		e = &expression.Error{Name: errRuntime, Message: err.Error()}
	}
	return &failure{name: e.Name, cause: m.sentence(e.Message), terminal: e.Name == errRuntime}
}

// fail ends the Map Run before its end: what is running is stopped.
func (m *mapRun) fail(f *failure) {
	m.stopChildren()
	m.finish(f)
}

func (m *mapRun) stopChildren() {
	m.ended = true
	m.source.close()
	running := slices.Clone(m.running)
	slices.SortFunc(running, func(a, b *child) int { return a.index - b.index })
	for _, c := range running {
		c.abort("", "")
	}
	m.ended = false
}

// finish stores the results, then ends the state.
func (m *mapRun) finish(f *failure) {
	if m.ended {
		return
	}
	m.ended = true
	m.source.close()
	if m.observer != nil {
		m.observer.Counted(m.items)
	}
	if f == nil && m.exceeded(true) {
		f = toleranceFailure()
	}
	m.failure = f
	m.collect.end(m, func(result any, f *failure) {
		if m.work != working(m) {
			return
		}
		m.close(result, f)
	})
}

// close ends the state with the collected result.
func (m *mapRun) close(result any, f *failure) {
	if m.failure != nil {
		f = m.failure
	}
	m.childCounts.ResultsWritten = m.collect.written()
	if m.childCounts.ResultsWritten > 0 {
		m.itemCounts.ResultsWritten = m.itemCounts.Total // of those that ended
	}
	m.countPending()
	status := Succeeded
	m.work = nil
	if f == nil {
		f = m.resultTooLarge(result)
	}
	if f != nil {
		status = Failed
	}
	m.reportEnd(status, f)
	if f != nil {
		if m.record(MapRunFailed, &details{errorName: f.name, cause: f.cause}) {
			m.visit.fail(f)
		}
		return
	}
	if !m.recordAside(MapRunSucceeded, &details{}) || !m.recordAside(MapStateSucceeded, &details{}) {
		return
	}
	m.complete(result)
}

// countPending counts the items that no child has been started for.
func (m *mapRun) countPending() {
	pending := max(m.source.known(), m.items) - m.itemCounts.Total
	m.itemCounts.Pending += pending
	m.itemCounts.Total += pending
}

func (m *mapRun) resultTooLarge(result any) *failure {
	if limit := m.limits.PayloadBytes; limit <= 0 || !value.Exceeds(result, limit) {
		return nil
	}
	return &failure{name: errDataLimit, terminal: true, cause: fmt.Sprintf(
		"The state/task '%s' returned a result with a size exceeding the maximum number of bytes service limit.", m.state.Name)}
}

func (m *mapRun) reportEnd(status Status, f *failure) {
	if m.observer == nil {
		return
	}
	result := MapRunResult{ARN: m.arn, Status: status, Start: m.started, Stop: m.loop.clock.now(), Items: m.itemCounts, Executions: m.childCounts}
	if f != nil {
		result.Error, result.Cause = f.name, f.cause
	}
	result.Bucket, result.ManifestKey = m.collect.manifest()
	m.observer.Ended(result)
}

// abort stops the Map Run because its execution ends.
func (m *mapRun) abort(v *visit) {
	v.work = nil
	if m.ended {
		return
	}
	m.stopChildren()
	m.ended = true
	m.collect.discard()
	m.countPending()
	m.reportEnd(Aborted, nil)
}
