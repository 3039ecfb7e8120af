package engine

import (
	"slices"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/engine/event"
)

// maxIterations is the number of iterations of an inline Map that run at once
// unless MaxConcurrency is lower (developer guide, "Map state in Inline mode").
const maxIterations = 40

var mapEvents = stateEvents{
	entered: event.MapStateEntered, exited: event.MapStateExited,
	failed: event.MapStateFailed, aborted: event.MapStateAborted,
}

// inlineMapState is a Map state whose iterations are threads of the execution.
type inlineMapState struct{}

func (inlineMapState) events() *stateEvents { return &mapEvents }

func (inlineMapState) start(v *visit) {
	concurrency, err := v.maxConcurrency(maxIterations)
	if err != nil {
		v.failEvaluation(err)
		return
	}
	items, keys, err := v.mapItems()
	if err != nil {
		v.failEvaluation(err)
		return
	}
	if !v.thread.record(event.MapStateStarted, &event.Data{Length: len(items)}) {
		return
	}
	m := &inlineMap{visit: v, items: items, keys: keys, results: make([]any, len(items)), concurrency: concurrency}
	v.work = m
	m.iterate()
}

// inlineMap is an inline Map that is under way.
type inlineMap struct {
	visit       *visit
	items       []any
	keys        []string // of the items, if they are the members of an object
	results     []any
	next        int
	running     []*iteration
	concurrency int
}

// iteration is an iteration with everything it needs in one allocation.
type iteration struct {
	of     *inlineMap
	thread thread
	item   mapItem
}

// iterate starts as many iterations as may run at once, and ends the state
// after the last one.
func (m *inlineMap) iterate() {
	v := m.visit
	for m.next < len(m.items) && len(m.running) < m.concurrency {
		i := &iteration{of: m, item: newItem(m.items, m.keys, m.next)}
		i.item.index = m.next
		m.next++
		input, err := v.selectItem(&i.item)
		if err != nil {
			m.abort()
			v.failEvaluation(err)
			return
		}
		i.thread = thread{
			execution: v.execution, variables: v.thread.variables.Inner(), last: v.thread.last,
			item: &i.item, done: i.done,
		}
		if !i.record(event.MapIterationStarted) {
			return
		}
		m.running = append(m.running, i)
		i.thread.enter(v.state.Map.Processor.Flow.Start, input)
	}
	if len(m.running) > 0 || m.next < len(m.items) {
		return
	}
	v.work = nil
	if !v.thread.recordAside(event.MapStateSucceeded, &event.Data{}) {
		return
	}
	v.completeList(m.results)
}

// done takes the output or the failure of the iteration.
func (i *iteration) done(output any, f *failure) {
	m, v := i.of, i.of.visit
	if v.work != work(m) {
		return
	}
	at := slices.Index(m.running, i)
	m.running = append(m.running[:at], m.running[at+1:]...)
	if f != nil {
		v.thread.last = i.thread.last
		v.work = nil
		if i.recordAside(event.MapIterationFailed) && i.thread.recordFailed() && m.abortRunning() {
			v.fail(f)
		}
		return
	}
	if !i.record(event.MapIterationSucceeded) {
		return
	}
	m.results[i.item.index] = output
	v.thread.last = i.thread.last
	m.iterate()
}

func (i *iteration) record(kind event.Type) bool {
	return i.thread.record(kind, &event.Data{Name: i.of.visit.state.Name, Index: i.item.index})
}

func (i *iteration) recordAside(kind event.Type) bool {
	return i.thread.recordAside(kind, &event.Data{Name: i.of.visit.state.Name, Index: i.item.index})
}

// abortRunning aborts the iterations that are under way, with their events. It
// returns false if the history is full.
func (m *inlineMap) abortRunning() bool {
	running := m.running
	m.running = nil
	for _, i := range running {
		var s *asl.State
		if i.thread.visit != nil {
			s = i.thread.visit.state
			i.thread.abort()
		}
		if !i.record(event.MapIterationAborted) {
			return false
		}
		if s != nil && !i.thread.recordAborted(s) {
			return false
		}
	}
	return true
}

func (m *inlineMap) abort() {
	m.visit.work = nil
	for _, i := range m.running {
		i.thread.abort()
	}
	m.running = nil
}
