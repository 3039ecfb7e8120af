package engine

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mapjob/mapjob/local/asl"
	"github.com/mapjob/mapjob/local/value"
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

// child is a child execution of a Map Run.
type child struct {
	*execution
	index int
	first int
	items int
	at    int // in running
}

// batching is an evaluated ItemBatcher.
type batching struct {
	maxItems int
	maxBytes int
	input    any
	hasInput bool
	overhead int // bytes of a batch without items
}

// tolerance is how many items may fail.
type tolerance struct {
	count      int64
	percentage float64
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

func (v *visit) tolerance() (t tolerance, err error) {
	if d := v.state.Map.ToleratedCount; d != nil {
		if t.count, err = d.Integer(v.scope()); err != nil {
			return t, err
		}
		if t.count < 0 {
			return t, &asl.EvaluationError{Name: errRuntime, Message: "ToleratedFailureCount cannot be negative."}
		}
	}
	if d := v.state.Map.ToleratedPercentage; d != nil {
		if t.percentage, err = d.Float(v.scope()); err != nil {
			return t, err
		}
		if t.percentage < 0 || t.percentage > 100 {
			return t, &asl.EvaluationError{Name: errRuntime, Message: "ToleratedFailurePercentage must be between 0 and 100."}
		}
	}
	return t, nil
}

func (v *visit) batching() (*batching, error) {
	definition := v.state.Map.ItemBatcher
	if definition == nil {
		return nil, nil
	}
	b := &batching{}
	number := func(d *asl.Dynamic, most int) (int, error) {
		if d == nil {
			return most, nil
		}
		n, err := d.Integer(v.scope())
		if err == nil && n < 1 {
			err = &asl.EvaluationError{Name: errRuntime, Message: fmt.Sprintf("%s must be a positive integer.", strings.TrimPrefix(d.Field, "ItemBatcher/"))}
		}
		if most > 0 && n > int64(most) {
			n = int64(most)
		}
		return int(n), err
	}
	var err error
	if b.maxItems, err = number(definition.MaxItems, 0); err != nil {
		return nil, err
	}
	if b.maxBytes, err = number(definition.MaxBytes, v.limits.PayloadBytes); err != nil {
		return nil, err
	}
	b.overhead = len(`{"Items":[]}`)
	if definition.Input != nil {
		if b.input, err = definition.Input.Evaluate(v.scope()); err != nil {
			return nil, err
		}
		b.hasInput = true
		b.overhead += len(`"BatchInput":,`) + value.Size(b.input)
	}
	return b, nil
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
	e, ok := err.(*asl.EvaluationError)
	if !ok {
		e = &asl.EvaluationError{Name: errRuntime, Message: err.Error()}
	}
	return &failure{name: e.Name, cause: m.sentence(e.Message), terminal: e.Name == errRuntime}
}

// startChild starts a child with the items that were read for it.
func (m *mapRun) startChild() {
	var input any
	first := m.pending[0].index
	if m.batching == nil {
		input = m.inputs[0]
	} else {
		object := value.WithCapacity(2)
		if m.batching.hasInput {
			object.Set("BatchInput", m.batching.input)
		}
		object.Set("Items", m.inputs)
		input = object
	}
	x := &execution{
		run: m.run, name: m.newID(), machineARN: m.childARN, machineName: m.machineName + "/" + m.label,
		kind: m.childKind(), flow: &m.state.Map.Processor.Flow, status: Running, input: input,
	}
	x.arn = executionARN(m.childARN, x.name, x.kind, m.run)
	if x.kind == Express {
		x.timeout = m.limits.ExpressDuration
	}
	x.keepAttempts = m.observer != nil
	c := &child{execution: x, index: m.children, first: first, items: len(m.inputs), at: len(m.running)}
	x.ended = func() { m.childDone(c) }
	m.running = append(m.running, c)
	m.children++
	m.pending, m.inputs, m.bytes = nil, nil, 0
	x.start()
}

func (m *mapRun) childDone(c *child) {
	last := len(m.running) - 1
	m.running[c.at] = m.running[last]
	m.running[c.at].at = c.at
	m.running[last] = nil
	m.running = m.running[:last]
	m.tally(c)
	m.collect.add(m, c)
	if m.observer != nil {
		m.observer.ChildDone(m.childResult(c))
	}
	if m.ended {
		return
	}
	if c.status != Succeeded && m.exceeded(false) {
		m.fail(toleranceFailure())
		return
	}
	m.schedule()
}

func toleranceFailure() *failure {
	return &failure{name: errFailureTolerance, cause: "The specified tolerated failure threshold was exceeded"}
}

func (m *mapRun) tally(c *child) {
	for _, counts := range []struct {
		of *MapRunCounts
		n  int
	}{{&m.itemCounts, c.items}, {&m.childCounts, 1}} {
		switch c.status {
		case Succeeded:
			counts.of.Succeeded += counts.n
		case Failed:
			counts.of.Failed += counts.n
		case TimedOut:
			counts.of.TimedOut += counts.n
		case Aborted:
			counts.of.Aborted += counts.n
		}
		counts.of.Total += counts.n
	}
}

// exceeded reports whether more items have failed than are tolerated. The
// percentage is one of all items, so it is looked at when those are known.
func (m *mapRun) exceeded(atEnd bool) bool {
	failed := int64(m.itemCounts.Failed + m.itemCounts.TimedOut)
	if failed == 0 {
		return false
	}
	t := m.tolerance
	if t.count > 0 && failed > t.count {
		return true
	}
	if t.percentage > 0 {
		total := m.source.known()
		if atEnd {
			total = m.items
		}
		return total >= 0 && float64(failed)*100 > t.percentage*float64(total)
	}
	return t.count == 0
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

func (m *mapRun) childResult(c *child) ChildResult {
	result := ChildResult{
		MapRunARN: m.arn, ExecutionARN: c.arn, Name: c.name, Index: c.index, First: c.first, Items: c.items,
		Status: c.status, Input: c.input, Start: c.startTime, Stop: c.stopTime, Attempts: c.calls,
	}
	if c.status == Succeeded {
		result.Output = c.output
	}
	if c.execution.failure != nil {
		result.Error, result.Cause = c.execution.failure.name, c.execution.failure.cause
	}
	return result
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
