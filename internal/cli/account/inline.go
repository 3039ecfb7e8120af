package account

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/engine/event"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/results"
)

// inline has the items of an Inline job, by their indexes. Its history holds only so
// many of them.
type inline struct {
	begun    map[int]json.RawMessage  // the items that were started; an item is nil if it is not known
	outcomes map[int]protocol.Outcome // the last one of each item
}

// begin notes that an item was started.
func (n *inline) begin(index int) {
	if _, ok := n.begun[index]; !ok {
		n.begun[index] = nil
	}
}

// enter takes the item from the input of a state, if it is that of the first state
// of an item that was started.
func (n *inline) enter(input any) {
	if index, item, ok := onlyItem(input); ok {
		if known, begun := n.begun[index]; begun && known == nil {
			n.begun[index] = item
		}
	}
}

// onlyItem returns the item of a batch of one.
func onlyItem(input any) (index int, item json.RawMessage, ok bool) {
	var batch protocol.Batch[json.RawMessage]
	if decode(input, &batch) != nil || len(batch.Items) != 1 {
		return 0, nil, false
	}
	return batch.Items[0].Index, batch.Items[0].Item, true
}

// end yields the outcome of each item that was started. One without an outcome was
// stopped.
func (n *inline) end(yield func(protocol.Outcome) error) error {
	for index := range n.begun {
		if _, ok := n.outcomes[index]; !ok {
			n.outcomes[index] = results.Stopped(index)
		}
	}
	var errs []error
	for _, index := range slices.Sorted(maps.Keys(n.outcomes)) {
		o := n.outcomes[index]
		if o.Status == protocol.Failed && o.Item == nil {
			o.Item = n.begun[index]
		}
		errs = append(errs, yield(o))
	}
	return errors.Join(errs...)
}

// worked takes the outcome of an item of an Inline job, whose batches have one.
// There may be other tries.
func (a *Account) worked(payload, answer any, err error) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if a.observed || a.closed {
		return
	}
	index, _, ok := onlyItem(payload)
	if !ok {
		return
	}
	var list []protocol.Outcome
	if decode(answer, &list) == nil && len(list) == 1 && list[0].Index == index && isOutcome(&list[0]) {
		a.inline.outcomes[index] = list[0]
		return
	}
	o := protocol.Outcome{Index: index, Status: protocol.Failed, Error: protocol.ErrorInvalidResult, Cause: "the worker's answer is not a list of one outcome", Retryable: true}
	if failure, ok := errors.AsType[*engine.TaskError](err); ok {
		o.Error, o.Cause = failure.Name, protocol.CauseMessage(failure.Cause)
	}
	a.inline.outcomes[index] = o
}

// Happened takes the items and outcomes of an Inline job from the events of its Map.
func (a *Account) Happened(e event.Event) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	isMap := e.Data.Name == protocol.StateMap || e.Data.Name == protocol.StateRerunMap
	switch {
	case a.closed:
	case isMap && e.Type == event.MapStateEntered:
		a.entered = true
	case a.observed || !a.entered || a.complete:
	case isMap && e.Type == event.MapIterationStarted:
		a.inline.begin(e.Data.Index)
	case isMap && e.Type == event.MapStateExited:
		a.exited(e)
	case strings.HasSuffix(string(e.Type), "StateEntered"):
		a.inline.enter(e.Data.Value)
	}
}

// exited takes the outcomes of an Inline job from the output of its Map.
func (a *Account) exited(e event.Event) {
	text, err := e.MarshalJSON()
	if err != nil {
		a.keep(err)
		return
	}
	var exited struct {
		Details struct{ Output string } `json:"stateExitedEventDetails"`
	}
	var list []protocol.Outcome
	if json.Unmarshal(text, &exited) != nil || json.Unmarshal([]byte(exited.Details.Output), &list) != nil {
		return // not a job's
	}
	a.complete = true
	for _, o := range list {
		if isOutcome(&o) {
			a.inline.outcomes[o.Index] = o
		}
	}
}
