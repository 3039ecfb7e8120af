// Package history keeps what happens in a run, and writes it as text.
package history

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mapjob/mapjob/internal/engine/event"
	"github.com/mapjob/mapjob/internal/fault"
	"github.com/mapjob/mapjob/internal/statesarn"
	"github.com/mapjob/mapjob/internal/value"
)

// FaultType is the type of an event of a fault.
const FaultType = "Fault"

// Event is an event of the engine, or a fault that has struck.
type Event struct {
	*event.Event
	Fault *fault.Fault // nil of an event of the engine
	State string       // name; "" of an event of the execution itself

	attempt int // retries before
}

// String returns what happened, without its data and its time.
func (e *Event) String() string {
	return fmt.Sprintf("%s %s of %s", strings.TrimPrefix(e.State+" ", " "), e.Type, e.ExecutionARN)
}

// Text returns all that two runs of a seed have in common in an event: also its data
// and its time.
func (e *Event) Text() string {
	text := e.String() + " at " + e.Time.UTC().Format(time.RFC3339Nano)
	if e.Fault != nil {
		text += ", " + e.Fault.String()
	}
	if name, details := e.Details(); name != "" {
		text += ", " + string(value.Append(nil, details))
	}
	return text
}

// Record keeps what has happened in a run. Apart from [Record.Struck], its methods are
// for the goroutine of the run.
type Record struct {
	Events  []*Event
	MapRuns []*MapRun
	// Observe, if it is set, is called after every event.
	Observe func(*Event)

	executions map[string]*recorded // by ARN
	free       []Event              // for the next events

	mutex   sync.Mutex
	pending []Event // faults
}

// recorded is an execution as far as it has come.
type recorded struct {
	label  string  // in texts
	parent *MapRun // of a child
	at     []int   // of the states of its events, by their IDs from 1
	states []visited
}

// visited is a stay in a state.
type visited struct {
	name  string
	tries int // calls of its task so far
}

func (r *Record) execution(arn string) *recorded {
	x := r.executions[arn]
	if x == nil {
		if r.executions == nil {
			r.executions = map[string]*recorded{}
		}
		x = &recorded{label: statesarn.ExecutionName(arn), states: []visited{{}}, at: []int{0}}
		r.executions[arn] = x
	}
	return x
}

// Add adds an event of the engine.
func (r *Record) Add(e *event.Event) {
	r.Flush()
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
	r.keep(Event{Event: e, State: x.states[at].name, attempt: max(0, x.states[at].tries-1)})
}

// Struck adds a fault that has struck, before the next event. Functions may call it.
func (r *Record) Struck(at fault.Site, f fault.Fault) {
	state := at.State[strings.LastIndexByte(at.State, '/')+1:]
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.pending = append(r.pending, Event{Event: &event.Event{ExecutionARN: at.Execution, Type: FaultType, Time: time.Now()}, State: state, Fault: &f, attempt: at.Attempt})
}

// Flush adds the faults that have struck. Those of requests of one function at the
// same time are in no order.
func (r *Record) Flush() {
	r.mutex.Lock()
	struck := r.pending
	r.pending = nil
	r.mutex.Unlock()
	slices.SortStableFunc(struck, func(a, b Event) int {
		return strings.Compare(a.String()+a.Fault.String(), b.String()+b.Fault.String())
	})
	for _, e := range struck {
		r.keep(e)
	}
}

func (r *Record) keep(e Event) {
	if len(r.free) == 0 {
		r.free = make([]Event, 16)
	}
	kept := &r.free[0]
	r.free = r.free[1:]
	*kept = e
	r.Events = append(r.Events, kept)
	if r.Observe != nil {
		r.Observe(kept)
	}
}

// IsOf reports whether an execution is another one or a child in it.
func (r *Record) IsOf(arn, of string) bool {
	for arn != of {
		parent := r.execution(arn).parent
		if parent == nil {
			return false
		}
		arn = parent.Execution
	}
	return true
}

// Label returns the name of an execution in texts.
func (r *Record) Label(arn string) string { return r.execution(arn).label }
