package sfnapi

import "github.com/mapjob/mapjob/internal/sfnapi/blocklist"

// taskList has tasks in the order in which they began to wait.
type taskList = blocklist.List[*waitingTask]

// fewTasks is how many tasks of an execution have no lists by state.
const fewTasks = 512

// executionTasks are the tasks of an execution, of its Map Runs and of the executions that it
// waits for. If there are many, each state has a list of its own: children of Map Runs, which
// may be many, have few.
type executionTasks struct {
	all    taskList
	states map[string]*taskList // nil if there are few
}

func (e *executionTasks) add(w *waitingTask) {
	e.all.Add(w)
	switch {
	case e.states != nil:
		e.addToState(w)
	case e.all.Len() > fewTasks:
		e.states = map[string]*taskList{}
		for w := range e.all.After(0) {
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
	list.Add(w)
}

func (e *executionTasks) remove(w *waitingTask) {
	e.all.Remove(w)
	if list := e.states[w.request.StateName]; list != nil {
		if list.Remove(w); list.Len() == 0 {
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
	return e.all.Filtered(func(w *waitingTask) bool { return w.request.StateName == state })
}
