package sfntest

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/mapjob/mapjob/internal/engine/event"
	"github.com/mapjob/mapjob/internal/fault"
	"github.com/mapjob/mapjob/internal/statesarn"
)

// record is what has happened in a World.
type record struct {
	events     []Event
	executions map[string]*recorded // by ARN
	mapRuns    []*mapRun
	observe    func(Event) // nil, or called after every event

	mutex   sync.Mutex
	pending []Event // faults
}

// recorded is an execution as far as it has come.
type recorded struct {
	label  string  // in texts
	parent *mapRun // of a child
	at     []int   // of the states of its events, by their IDs from 1
	states []visited
}

// visited is a stay in a state.
type visited struct {
	name  string
	tries int // calls of its task so far
}

func (r *record) execution(arn string) *recorded {
	x := r.executions[arn]
	if x == nil {
		x = &recorded{label: statesarn.ExecutionName(arn), states: []visited{{}}, at: []int{0}}
		r.executions[arn] = x
	}
	return x
}

// add adds an event of the engine.
func (r *record) add(e event.Event) {
	r.flush()
	x := r.execution(e.ExecutionARN)
	kind := string(e.Type)
	at := 0
	switch {
	case strings.HasSuffix(kind, "StateEntered"):
		at = len(x.states)
		x.states = append(x.states, visited{name: e.Data.Name})
	case e.PreviousID > 0 && int(e.PreviousID) < len(x.at) && !strings.HasPrefix(kind, "Execution"):
		at = x.at[e.PreviousID]
	}
	if strings.HasSuffix(kind, "StateExited") && x.states[at].name != e.Data.Name {
		x.states = append(x.states, visited{name: e.Data.Name}) // of a state whose branches ended last
		at = len(x.states) - 1
	}
	for len(x.at) <= int(e.ID) {
		x.at = append(x.at, 0)
	}
	x.at[e.ID] = at
	if strings.HasSuffix(kind, "Scheduled") {
		x.states[at].tries++
	}
	r.keep(Event{Execution: e.ExecutionARN, ID: e.ID, Type: kind, State: x.states[at].name, Time: e.Time, event: &e, attempt: max(0, x.states[at].tries-1)})
}

// struck adds a fault that has struck, before the next event. Functions call it.
func (r *record) struck(at fault.Site, f fault.Fault) {
	state := at.State[strings.LastIndexByte(at.State, '/')+1:]
	struck := Fault(f)
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.pending = append(r.pending, Event{Execution: at.Execution, Type: FaultEvent, State: state, Time: time.Now(), Fault: &struck, attempt: at.Attempt})
}

// flush adds the faults that have struck. Those of requests of one function at the
// same time are in no order.
func (r *record) flush() {
	r.mutex.Lock()
	struck := r.pending
	r.pending = nil
	r.mutex.Unlock()
	slices.SortStableFunc(struck, func(a, b Event) int {
		return strings.Compare(a.compared()+a.Fault.String(), b.compared()+b.Fault.String())
	})
	for _, e := range struck {
		r.keep(e)
	}
}

func (r *record) keep(e Event) {
	r.events = append(r.events, e)
	if r.observe != nil {
		r.observe(e)
	}
}

// isOf reports whether an execution is another one or a child in it.
func (r *record) isOf(arn, of string) bool {
	for arn != of {
		parent := r.execution(arn).parent
		if parent == nil {
			return false
		}
		arn = parent.execution
	}
	return true
}

// label returns the name of an execution in texts.
func (r *record) label(arn string) string { return r.execution(arn).label }

// childLabel returns the name of the n-th child of a Map Run.
func childLabel(n int) string { return "child " + strconv.Itoa(n) }
