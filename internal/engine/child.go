package engine

import (
	"github.com/mapjob/mapjob/internal/engine/mapresults"
)

// child is a child execution of a Map Run.
type child struct {
	of        *mapRun
	execution execution
	index     int // among the children
	first     int // index of its first item
	items     int
	at        int // in mapRun.running
}

// startChild starts a child with the batch that was read for it.
func (m *mapRun) startChild() {
	r := m.visit.run
	c := &child{of: m, index: m.children, first: m.batch.first, items: len(m.batch.inputs), at: len(m.running)}
	name := r.newID()
	c.execution = execution{
		run: r, name: name, machineARN: m.childARN, machineName: m.visit.execution.machineName,
		kind: m.childKind(), flow: &m.visit.state.Map.Processor.Flow, status: Running, input: m.batching.childInput(&m.batch),
		child: c, ended: c.done,
	}
	c.execution.arn = r.executionARN(m.childARN, name, c.execution.kind)
	m.running = append(m.running, c)
	m.children++
	m.batch = batch{}
	if o := r.engine.observer; o != nil {
		o.ChildStarted(ChildInfo{MapRunARN: m.arn, ExecutionARN: c.execution.arn, Items: c.items, Start: r.loop.Now()})
	}
	c.execution.start()
}

// done takes the result of the child.
func (c *child) done() {
	m := c.of
	last := len(m.running) - 1
	m.running[c.at] = m.running[last]
	m.running[c.at].at = c.at
	m.running[last] = nil
	m.running = m.running[:last]
	m.itemCounts.add(c.execution.status, c.items)
	m.childCounts.add(c.execution.status, 1)
	c.keepResult()
	if o := m.visit.run.engine.observer; o != nil {
		o.ChildDone(c.result())
	}
	if m.ended {
		return
	}
	if m.failure == nil && c.execution.status != Succeeded && m.tolerance.exceeded(m.failedItems(), m.source.known()) {
		m.fail(toleranceFailure())
		return
	}
	m.schedule()
}

// keepResult passes the child to the results of the Map Run.
func (c *child) keepResult() {
	m, x := c.of, &c.execution
	result := mapresults.Child{
		ARN: x.arn, Name: x.name, Express: x.kind == Express, StateMachineARN: x.machineARN, Index: c.index,
		Status: x.status, Input: x.input, Output: x.output, Start: x.startTime, Stop: x.stopTime,
	}
	if x.failure != nil {
		result.Error, result.Cause = x.failure.name, x.failure.cause
	}
	if m.files != nil {
		m.files.Add(&result)
	} else {
		m.list.Add(&result)
	}
}

// result returns the child as a [MapObserver] gets it.
func (c *child) result() ChildResult {
	x := &c.execution
	result := ChildResult{
		MapRunARN: c.of.arn, ExecutionARN: x.arn, Name: x.name, Index: c.index, First: c.first, Items: c.items,
		Status: x.status, Input: x.input, Start: x.startTime, Stop: x.stopTime,
	}
	if x.status == Succeeded {
		result.Output = x.output
	}
	if x.failure != nil {
		result.Error, result.Cause = x.failure.name, x.failure.cause
	}
	return result
}

// add counts n items or executions that ended with a status.
func (c *MapRunCounts) add(status Status, n int) {
	switch status {
	case Succeeded:
		c.Succeeded += n
	case Failed:
		c.Failed += n
	case TimedOut:
		c.TimedOut += n
	case Aborted:
		c.Aborted += n
	}
	c.Total += n
}
