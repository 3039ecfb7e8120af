package engine

import (
	"fmt"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/expression"
	"github.com/mapjob/mapjob/internal/value"
)

// maxIterations is how many iterations of an inline Map run at once where
// MaxConcurrency does not say less (developer guide, "Map state in Inline
// mode").
const maxIterations = 40

// iterations is an inline Map that is under way.
type iterations struct {
	items   []any
	keys    []string // of the items of an object
	results []any
	next    int
	running []*thread
	limit   int
}

// iteration is one of them, with all it needs in one piece of memory.
type iteration struct {
	visit  *visit
	of     *iterations
	thread thread
	item   mapItem
}

func (t *iteration) done(output any, f *failure) {
	t.visit.iterationDone(t.of, &t.thread, t.item.index, output, f)
}

// mapState runs a Map state.
func (v *visit) mapState() {
	if v.state.Map.Processor.Distributed {
		v.distributedMap()
		return
	}
	concurrency, err := v.concurrency(maxIterations)
	if err != nil {
		v.failEvaluation(err)
		return
	}
	items, keys, err := v.items()
	if err != nil {
		v.failEvaluation(err)
		return
	}
	if !v.record(MapStateStarted, &details{length: len(items)}) {
		return
	}
	m := &iterations{items: items, keys: keys, results: make([]any, len(items)), limit: concurrency}
	v.work = m
	v.iterate(m)
}

// concurrency is MaxConcurrency, at most what the mode allows; 0 is that.
func (v *visit) concurrency(most int) (int, error) {
	d := v.state.Map.MaxConcurrency
	if d == nil {
		return most, nil
	}
	n, err := d.Integer(v.scope())
	if err != nil {
		return 0, err
	}
	if n < 0 {
		return 0, &expression.Error{Name: errRuntime, Message: fmt.Sprintf("%s cannot be negative", d.Field)}
	}
	if n == 0 || n > int64(most) {
		return most, nil
	}
	return int(n), nil
}

// items are the items of a Map without a reader: Items, ItemsPath or the
// input. An object is a list of its members, whose names are the keys; not so
// in an inline Map with JSONata (recorded).
func (v *visit) items() (items []any, keys []string, err error) {
	m := v.state.Map
	list := v.effective
	switch {
	case m.Items != nil:
		if list, err = m.Items.Evaluate(v.scope()); err != nil {
			return nil, nil, err
		}
	case m.ItemsPath != nil && !m.ItemsPath.Discard:
		if list, err = m.ItemsPath.Get(v.scope()); err != nil {
			return nil, nil, invalidPath(m.ItemsPath, err)
		}
	}
	switch list := list.(type) {
	case []any:
		return list, nil, nil
	case *value.Object:
		if v.state.QueryLanguage == asl.JSONPath || m.Processor.Distributed {
			for name, x := range list.All() {
				items, keys = append(items, x), append(keys, name)
			}
			return items, keys, nil
		}
	}
	return nil, nil, v.notIterable(list)
}

// newItem is one item of a list, or one member of an object.
func newItem(items []any, keys []string, i int) mapItem {
	item := mapItem{value: items[i]}
	if keys != nil {
		item.key, item.hasKey = keys[i], true
	}
	return item
}

// input is what an iteration gets where there is no ItemSelector.
func (m *mapItem) input() any {
	if m.hasKey {
		return value.NewObject("Key", m.key, "Value", m.value)
	}
	return m.value
}

func (v *visit) notIterable(list any) error {
	if v.state.Map.Items != nil {
		return v.state.Map.Items.Unexpected("array", list)
	}
	if v.state.QueryLanguage == asl.JSONata {
		return &expression.Error{Name: errQuery, Field: "Items", Message: fmt.Sprintf(
			"The JSONata expression '$states.input' specified for the field 'Items' returned an unexpected result type. Expected 'array', but was '%s' for value: %s", expression.TypeName(list), value.Text(list))}
	}
	path := "$"
	if p := v.state.Map.ItemsPath; p != nil {
		path = p.String()
	}
	return &expression.Error{Name: errRuntime, Message: fmt.Sprintf("Reference path \"%s\" must point to array.", path)}
}

// iterate starts as many iterations as may run at once, and ends the state
// when none is left.
func (v *visit) iterate(m *iterations) {
	for m.next < len(m.items) && len(m.running) < m.limit {
		i := m.next
		m.next++
		t := &iteration{visit: v, of: m, item: newItem(m.items, m.keys, i)}
		t.item.index = i
		input, err := v.selectItem(&t.item)
		if err != nil {
			m.abort(v)
			v.failEvaluation(err)
			return
		}
		t.thread = thread{execution: v.execution, flow: &v.state.Map.Processor.Flow, variables: v.variables.Inner(), last: v.last, item: &t.item}
		if !t.thread.record(MapIterationStarted, &details{name: v.state.Name, index: i}) {
			return
		}
		t.thread.done = t.done
		m.running = append(m.running, &t.thread)
		t.thread.enter(t.thread.flow.Start, input)
	}
	if len(m.running) > 0 || m.next < len(m.items) {
		return
	}
	v.work = nil
	if !v.recordAside(MapStateSucceeded, &details{}) {
		return
	}
	var result any = m.results
	if f := v.tooLarge(result); f != nil {
		v.fail(f)
		return
	}
	v.complete(result)
}

// selectItem is the input of an iteration or a child: what ItemSelector makes
// of the item, or the item.
func (v *visit) selectItem(item *mapItem) (any, error) {
	selector := v.state.Map.ItemSelector
	if selector == nil {
		return item.input(), nil
	}
	scope := v.scope()
	scope.Context = func() *value.Object { return v.contextObject().With("Map", item.contextPart()) }
	return selector.Evaluate(scope)
}

func (v *visit) iterationDone(m *iterations, t *thread, i int, output any, f *failure) {
	if v.work != working(m) {
		return
	}
	for j := range m.running {
		if m.running[j] == t {
			m.running = append(m.running[:j], m.running[j+1:]...)
			break
		}
	}
	if f != nil {
		v.thread.last = t.last
		v.work = nil
		if t.recordAside(MapIterationFailed, &details{name: v.state.Name, index: i}) && t.recordCut(t.failedIn) && m.abortRunning(v) {
			v.fail(f)
		}
		return
	}
	if !t.record(MapIterationSucceeded, &details{name: v.state.Name, index: i}) {
		return
	}
	m.results[i] = output
	v.thread.last = t.last
	v.iterate(m)
}

// abortRunning stops the iterations that are still under way, with the events
// that say so. It is false when the history is full.
func (m *iterations) abortRunning(v *visit) bool {
	running := m.running
	m.running = nil
	for _, t := range running {
		var s *asl.State
		if t.visit != nil {
			s = t.visit.state
			t.abort()
		}
		if !t.record(MapIterationAborted, &details{name: v.state.Name, index: t.item.index}) {
			return false
		}
		if s != nil && !t.recordAborted(s) {
			return false
		}
	}
	return true
}

func (m *iterations) abort(v *visit) {
	v.work = nil
	for _, t := range m.running {
		t.abort()
	}
	m.running = nil
}
