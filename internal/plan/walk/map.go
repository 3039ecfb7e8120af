package walk

import (
	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/expression"
	"github.com/mapjob/mapjob/internal/plan"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/value"
)

// readMap reads how the job's Map is set up.
func (w *walker) readMap() {
	m := w.main.Map
	shape := plan.MapShape{Distributed: m.Processor.Distributed, Express: m.Processor.Express, Batched: m.ItemBatcher != nil,
		Reader: m.ItemReader != nil, Writer: m.ResultWriter != nil, Label: m.Label}
	shape.MaxConcurrency = w.whole(m.MaxConcurrency)
	shape.ToleratedCount = w.whole(m.ToleratedCount)
	if d := m.ToleratedPercentage; d != nil {
		shape.ToleratedPercentage, _ = d.Float(w.scope())
	}
	w.setup.MaxConcurrency = shape.MaxConcurrency
	switch {
	case !shape.Distributed:
		w.setup.Passing, w.setup.Children, w.setup.Batch = plan.Inline, plan.None, 1
	case shape.Express:
		w.setup.Passing, w.setup.Children = plan.ByValue, plan.Express
	default:
		w.setup.Passing, w.setup.Children = plan.ByValue, plan.Standard
	}
	if b := m.ItemBatcher; b != nil {
		shape.MaxItems, shape.MaxBytes = w.whole(b.MaxItems), w.whole(b.MaxBytes)
		shape.Overhead = w.overhead(b)
		w.setup.Batch, w.setup.BatchBytes, w.setup.Overhead = shape.MaxItems, shape.MaxBytes, shape.Overhead
	} else if shape.Distributed {
		w.setup.Batch = 1
	}
	if size, ok := w.chunkSize(); ok {
		w.setup.Passing, w.setup.Batch = plan.ByReference, size
	}
	w.shape.Map = shape
}

// whole returns the number of a field, 0 if there is none or it is not known.
func (w *walker) whole(d *expression.Dynamic) int {
	if d == nil {
		return 0
	}
	n, err := d.Integer(w.scope())
	if err != nil {
		w.uncounted(w.main, "%s is known only when it runs", d.Field)
	}
	return int(n)
}

// overhead returns the bytes of a batch without items.
func (w *walker) overhead(b *asl.ItemBatcher) int {
	bytes := len(`{"Items":[]}`)
	if b.Input == nil {
		return bytes
	}
	input, err := b.Input.Evaluate(w.scope())
	if err != nil {
		w.uncounted(w.main, "how long BatchInput is is known only when it runs")
		return bytes
	}
	return bytes + len(`"BatchInput":,`) + value.Size(input)
}

// chunkSize returns how many items a chunk of a job by reference has.
func (w *walker) chunkSize() (size int, ok bool) {
	if w.main.Map.ItemSelector == nil || member(w.evaluate(w.main.Map.ItemSelector), "Chunk") == nil {
		return 0, false
	}
	start := w.state(protocol.StateJobStart)
	if start == nil {
		return 0, false
	}
	n, whole := expression.WholeNumber(member(member(w.evaluate(start.Parameters), "Payload"), "chunkSize"))
	return int(n), whole
}

// readVerdict finds out whether the state machine is a job of mapjob, and how many
// items may fail then.
func (w *walker) readVerdict() {
	if w.main.Name != protocol.StateMap || w.state("CheckItems") == nil {
		w.shape.Foreign = true
		return
	}
	var payload any
	if summary := w.state(protocol.StateSummary); summary != nil {
		payload = member(w.evaluate(summary.Parameters), "Payload")
	}
	if payload == nil {
		w.uncounted(w.main, "how many failures the job tolerates is not counted")
		w.shape.Verdict = &plan.Tolerance{Percentage: 100}
		return
	}
	percentage, _ := value.Float(member(payload, "toleratedFailurePercentage"))
	count, _ := value.Float(member(payload, "toleratedFailureCount"))
	w.shape.Verdict = &plan.Tolerance{Count: int(count), Percentage: percentage}
}

// state returns the state of a name; nil if there is none.
func (w *walker) state(name string) *asl.State {
	for s := range w.machine.AllStates() {
		if s.Name == name {
			return s
		}
	}
	return nil
}
