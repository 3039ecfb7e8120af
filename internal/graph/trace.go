package graph

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// Event is an event of a history, with the names of GetExecutionHistory.
type Event struct {
	ID, PreviousID int64
	Type           string
	State          string // that is entered or exited, or has the iteration
	MapRun         string // ARN of a Map Run that started
}

// Visits is what happened at a state.
type Visits struct {
	Status  Status `json:"status"`
	Entered int    `json:"entered"`
	// Succeeded, Caught, Failed, Aborted and Running add up to Entered.
	Succeeded int `json:"succeeded"`
	Caught    int `json:"caught,omitempty"` // failed, and a Catch took the error
	Failed    int `json:"failed,omitempty"`
	Aborted   int `json:"aborted,omitempty"`
	Running   int `json:"running,omitempty"`
	Retries   int `json:"retries,omitempty"`
	// Items are those of a Map; nil of other states.
	Items *Items `json:"items,omitempty"`
	// Of is how many child executions the counts are of, if not of all.
	Of string `json:"of,omitempty"`
}

// Items are the items of a Map.
type Items struct {
	Total     int `json:"total"`
	Succeeded int `json:"succeeded"`
	Failed    int `json:"failed"`
}

// Status is what happened at a state, in one word, which chooses its colour.
type Status string

// The statuses, from the one that counts most if a state was entered several times.
const (
	Failed     Status = "failed"
	Running    Status = "running"
	Caught     Status = "caught"
	Aborted    Status = "aborted"
	Succeeded  Status = "succeeded"
	NotReached Status = "not reached"
)

func (v *Visits) status() Status {
	switch {
	case v.Failed > 0:
		return Failed
	case v.Running > 0:
		return Running
	case v.Caught > 0:
		return Caught
	case v.Aborted > 0:
		return Aborted
	case v.Entered > 0:
		return Succeeded
	}
	return NotReached
}

// Trace is what happened at the states of an execution, and of its children. Names of
// states are unique in a definition.
type Trace struct {
	visits  map[string]*Visits
	taken   map[transition]int
	mapRuns map[string]string // ARN to the name of the state
	samples map[string]string // by the name of a Map
	unknown map[string]bool   // by the name of a Map
}

// transition is one between two states. Outside is an empty name.
type transition struct {
	from, to string
	caught   bool
}

// NewTrace returns a trace without events.
func NewTrace() *Trace {
	return &Trace{visits: map[string]*Visits{}, taken: map[transition]int{}, mapRuns: map[string]string{}, samples: map[string]string{}, unknown: map[string]bool{}}
}

// State returns what happened at a state.
func (t *Trace) State(name string) *Visits {
	v := t.visits[name]
	if v == nil {
		v = &Visits{}
		t.visits[name] = v
	}
	return v
}

// MapRuns returns the names of the states that started Map Runs, by ARN.
func (t *Trace) MapRuns() map[string]string { return maps.Clone(t.mapRuns) }

// Sample says that the counts inside a Map are of some of its children only.
func (t *Trace) Sample(state, text string) { t.samples[state] = text }

// Unknown says that what happened inside a Map is not known.
func (t *Trace) Unknown(state string) { t.unknown[state] = true }

// visit is the time from entering a state to leaving it.
type visit struct {
	state    string
	outer    *visit // of the Map or Parallel state around
	inner    []*visit
	attempts int
	ended    Status // how; "" until it has
	broken   bool   // its last event is a failure
	closed   bool   // a Map or Parallel state has failed
	kind     string // such as Map
}

func (v *visit) over() bool { return v.ended != "" }

// reading is a history that is being read.
type reading struct {
	trace *Trace
	at    map[int64]*visit // by the ID of an event
	all   []*visit
}

// Add adds all events of an execution so far, in their order. The execution is
// Running, or ended as Succeeded, Failed or Aborted.
func (t *Trace) Add(events []Event, execution Status) {
	r := &reading{trace: t, at: map[int64]*visit{}}
	for i := range events {
		r.event(&events[i])
	}
	for _, v := range slices.Backward(r.all) {
		if v.over() {
			continue
		}
		switch {
		case execution == Aborted:
			r.end(v, Aborted)
		case execution == Running && (v.outer == nil || !v.outer.over()):
			r.end(v, Running)
		default:
			r.end(v, Failed)
		}
	}
}

func (r *reading) event(e *Event) {
	v := r.at[e.PreviousID]
	switch {
	case e.Type == "ExecutionRedriven":
		for _, v := range r.all {
			if v.outer == nil {
				r.redrive(v)
			}
		}
	case strings.HasSuffix(e.Type, "StateEntered"):
		v = r.enter(e, v)
	case strings.HasSuffix(e.Type, "StateExited"):
		for v != nil && v.state != e.State {
			v = v.outer
		}
		if v == nil {
			break
		}
		if v.broken {
			r.end(v, Caught)
		} else {
			r.end(v, Succeeded)
		}
	case strings.HasSuffix(e.Type, "StateAborted"):
		kind := strings.TrimSuffix(e.Type, "StateAborted")
		for v != nil && (v.over() || v.kind != kind) {
			v = v.outer
		}
		r.end(v, Aborted)
	case strings.HasPrefix(e.Type, "Map"), strings.HasPrefix(e.Type, "Parallel"):
		v = r.group(e, v)
	case strings.HasSuffix(e.Type, "Scheduled"):
		r.attempt(v)
	case strings.HasSuffix(e.Type, "Failed"), strings.HasSuffix(e.Type, "TimedOut"):
		if v != nil {
			v.broken = true
		}
	}
	r.at[e.ID] = v
}

// enter begins a visit.
func (r *reading) enter(e *Event, before *visit) *visit {
	v := &visit{state: e.State, kind: strings.TrimSuffix(e.Type, "StateEntered")}
	from := transition{to: e.State}
	if before != nil {
		switch {
		case before.over(): // the state before, in the same flow
			v.outer, from.from, from.caught = before.outer, before.state, before.broken
		case before.kind == "Map" || before.kind == "Parallel": // the first of a flow
			v.outer = before
		default: // a Catch of a state that was not exited
			v.outer, from.from, from.caught = before.outer, before.state, true
			r.end(before, Caught)
		}
	}
	if v.outer != nil {
		v.outer.inner = append(v.outer.inner, v)
	}
	r.all = append(r.all, v)
	r.trace.taken[from]++
	r.trace.State(e.State).Entered++
	return v
}

// group handles an event of a Map or a Parallel state, which comes after one of it or
// of a state inside.
func (r *reading) group(e *Event, v *visit) *visit {
	kind := "Map"
	if strings.HasPrefix(e.Type, "Parallel") {
		kind = "Parallel"
	}
	for v != nil && (v.over() || v.kind != kind || v.closed && e.Type != kind+"StateStarted" || e.State != "" && v.state != e.State) {
		v = v.outer
	}
	if v == nil {
		return nil
	}
	items := func() *Items {
		s := r.trace.State(v.state)
		if s.Items == nil {
			s.Items = &Items{}
		}
		return s.Items
	}
	switch e.Type {
	case "MapStateStarted", "ParallelStateStarted":
		r.attempt(v)
	case "MapRunStarted":
		r.trace.mapRuns[e.MapRun] = v.state
	case "MapIterationStarted":
		items().Total++
	case "MapIterationSucceeded":
		items().Succeeded++
	case "MapIterationFailed":
		items().Failed++
	case "MapStateFailed", "ParallelStateFailed":
		v.broken, v.closed = true, true
		for _, inner := range v.inner {
			if !inner.over() {
				r.end(inner, Failed)
			}
		}
	}
	return v
}

// attempt counts a try of a state.
func (r *reading) attempt(v *visit) {
	if v == nil {
		return
	}
	v.attempts++
	v.broken, v.closed, v.inner = false, false, nil
	if v.attempts > 1 {
		r.trace.State(v.state).Retries++
	}
}

// end ends a visit, once.
func (r *reading) end(v *visit, how Status) {
	if v == nil || v.over() {
		return
	}
	v.ended = how
	*r.count(v)++
}

// count returns the number of visits of the state that ended as one did.
func (r *reading) count(v *visit) *int {
	s := r.trace.State(v.state)
	switch v.ended {
	case Caught:
		return &s.Caught
	case Failed:
		return &s.Failed
	case Aborted:
		return &s.Aborted
	case Running:
		return &s.Running
	default:
		return &s.Succeeded
	}
}

// redrive goes on with a visit that did not succeed, and with those inside that its
// last attempt left so. Retries start over.
func (r *reading) redrive(v *visit) {
	if v.ended == Succeeded || v.ended == Caught {
		return
	}
	if v.over() {
		*r.count(v)--
	}
	v.ended, v.broken, v.closed, v.attempts = "", false, false, 0
	for _, inner := range v.inner {
		r.redrive(inner)
	}
}

// Mark adds what happened to the nodes and edges. If several rules of a Choice lead to
// the same state, or several catchers of a state do, each counts as taken: a history
// does not say which one was.
func (g *Graph) Mark(t *Trace) {
	nodes := map[string]*Node{}
	unknown, samples := map[string]bool{}, map[string]string{} // by ID
	for _, n := range g.Nodes {
		nodes[n.ID] = n
		inside := unknown[n.Parent]
		sample := samples[n.Parent]
		if n.Group() {
			unknown[n.ID], samples[n.ID] = inside || t.unknown[n.Name], cmp.Or(t.samples[n.Name], sample)
		}
		if n.Kind != StateKind || inside {
			continue
		}
		v := Visits{}
		if known := t.visits[n.Name]; known != nil {
			v = *known
		}
		v.Status = v.status()
		if v.Entered > 0 {
			v.Of = sample
		}
		n.Visits = &v
	}
	for _, e := range g.Edges {
		switch {
		case e.Cause != EndsFlow:
			e.Taken = t.taken[transition{nodes[e.From].Name, nodes[e.To].Name, e.Cause == Catch}]
		case e.from.Visits != nil:
			e.Taken = e.from.Visits.Succeeded
		}
	}
}
