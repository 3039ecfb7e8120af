package engine

import "github.com/mapjob/mapjob/internal/value"

// child is a child execution of a Map Run.
type child struct {
	*execution
	index int
	first int
	items int
	at    int // in running
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
