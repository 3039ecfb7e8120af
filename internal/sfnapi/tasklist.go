package sfnapi

import (
	"cmp"
	"iter"
	"slices"
)

// taskList has tasks in the order in which they began to wait, in blocks: a task is added,
// removed and found by its number in the same time, however many there are.
type taskList struct {
	blocks [][]*waitingTask // none is empty
	size   int
}

const blockSize = 512

// add adds the task with the largest number.
func (l *taskList) add(w *waitingTask) {
	l.size++
	last := len(l.blocks) - 1
	if last < 0 || len(l.blocks[last]) == blockSize {
		l.blocks = append(l.blocks, []*waitingTask{w})
		return
	}
	l.blocks[last] = append(l.blocks[last], w)
}

// find returns the place of the first task with a number or a larger one.
func (l *taskList) find(number int64) (block, at int) {
	block, _ = slices.BinarySearchFunc(l.blocks, number, func(b []*waitingTask, n int64) int { return cmp.Compare(b[len(b)-1].number, n) })
	if block < len(l.blocks) {
		at, _ = slices.BinarySearchFunc(l.blocks[block], number, func(w *waitingTask, n int64) int { return cmp.Compare(w.number, n) })
	}
	return block, at
}

// remove removes a task that is in the list.
func (l *taskList) remove(w *waitingTask) {
	l.size--
	block, at := l.find(w.number)
	if l.blocks[block] = slices.Delete(l.blocks[block], at, at+1); len(l.blocks[block]) == 0 {
		l.blocks = slices.Delete(l.blocks, block, block+1)
	}
}

// after yields the tasks that began to wait after the one with a number. A nil list has none.
func (l *taskList) after(number int64) iter.Seq[*waitingTask] {
	return func(yield func(*waitingTask) bool) {
		if l == nil {
			return
		}
		block, at := l.find(number + 1)
		for ; block < len(l.blocks); block, at = block+1, 0 {
			for _, w := range l.blocks[block][at:] {
				if !yield(w) {
					return
				}
			}
		}
	}
}

// filtered returns a list of the tasks for which keep is true.
func (l *taskList) filtered(keep func(*waitingTask) bool) *taskList {
	kept := &taskList{}
	for w := range l.after(0) {
		if keep(w) {
			kept.add(w)
		}
	}
	return kept
}

// executionTasks are the tasks of an execution, of its Map Runs and of the executions that it
// waits for. If there are many, each state has a list of its own: children of Map Runs, which
// may be many, have few.
type executionTasks struct {
	all    taskList
	states map[string]*taskList // nil if there are few
}

func (e *executionTasks) add(w *waitingTask) {
	e.all.add(w)
	switch {
	case e.states != nil:
		e.addToState(w)
	case e.all.size > blockSize:
		e.states = map[string]*taskList{}
		for w := range e.all.after(0) {
			e.addToState(w)
		}
	}
}

func (e *executionTasks) addToState(w *waitingTask) {
	list := e.states[w.request.StateName]
	if list == nil {
		list = &taskList{}
		e.states[w.request.StateName] = list
	}
	list.add(w)
}

func (e *executionTasks) remove(w *waitingTask) {
	e.all.remove(w)
	if list := e.states[w.request.StateName]; list != nil {
		if list.remove(w); list.size == 0 {
			delete(e.states, w.request.StateName)
		}
	}
}

// of returns the tasks of a state; those of any if state is empty.
func (e *executionTasks) of(state string) *taskList {
	switch {
	case e == nil:
		return nil
	case state == "":
		return &e.all
	case e.states != nil:
		return e.states[state]
	}
	return e.all.filtered(func(w *waitingTask) bool { return w.request.StateName == state })
}
