package measured

import (
	"strings"
	"time"

	"github.com/mapjob/mapjob/internal/engine/event"
	"github.com/mapjob/mapjob/internal/statesarn"
	"github.com/mapjob/mapjob/internal/value"
)

// Counting counts what executions use, from the events of their histories. A retry is
// counted if its attempt has an event of its own: one that fails before it calls
// anything, in an expression, does not.
type Counting struct {
	// Transitions are the states that Standard executions entered, their retries, and
	// the child executions that were started.
	Transitions int
	// Events are those of all histories, ParentEvents those of executions that are no
	// children.
	Events, ParentEvents int
	// Children are the child executions of Map Runs, FailedChildren those that did not
	// succeed. ExpressRequests are the Express executions, most of them children.
	Children, FailedChildren, ExpressRequests int
	// Retries are those of all executions.
	Retries int
	// States are the states that were entered, by their names.
	States map[string]*State
	// Functions are the Lambda functions that tasks invoked, by the names or ARNs that
	// the definition has.
	Functions map[string]*Function

	executions map[string]*execution // those that run
}

// State is what happened in a state.
type State struct {
	Entries, Retries int
	Function         string // that it invokes, if it does
	// Took is how long the calls that succeeded took together, and Succeeded their
	// number.
	Took      time.Duration
	Succeeded int
	// Next is how often each state followed, of a Choice state.
	Next map[string]int
}

// Function is what was asked of a Lambda function.
type Function struct{ Requests, Retries int }

// Counter returns a Counting that has no events yet.
func Counter() *Counting {
	return &Counting{States: map[string]*State{}, Functions: map[string]*Function{}, executions: map[string]*execution{}}
}

// Event counts an event of an engine. It is a sink for its history.
func (c *Counting) Event(e event.Event) {
	entry := entry{execution: e.ExecutionARN, id: e.ID, previous: e.PreviousID, kind: e.Type, at: e.Time}
	switch {
	case strings.HasSuffix(string(e.Type), "StateEntered"):
		entry.state = e.Data.Name
	case e.Type == event.LambdaFunctionScheduled:
		entry.function = e.Data.Resource
	case e.Type == event.TaskScheduled && invokes(e.Data.Service, e.Data.Resource):
		parameters, _ := e.Data.Value.(*value.Object)
		name, _ := parameters.Get("FunctionName")
		entry.function, _ = name.(string)
	}
	c.add(&entry)
}

// invokes reports whether an action of a service invokes a Lambda function. The action
// may have a pattern, as in invoke.waitForTaskToken.
func invokes(service, action string) bool {
	action, _, _ = strings.Cut(action, ".")
	return strings.TrimPrefix(service, "aws-sdk:") == "lambda" && action == "invoke"
}

// entry is an event.
type entry struct {
	execution    string
	id, previous int64
	kind         event.Type
	at           time.Time
	state        string // that was entered
	function     string // that is invoked
}

// execution is an execution that runs.
type execution struct {
	express, child bool
	visits         map[int64]*visit // by the events that belong to them
}

// visit is a stay in a state.
type visit struct {
	state     *State
	kind      event.Type // of the event that entered it
	entered   int64
	scheduled time.Time
}

// attempts are the events with which an attempt of a state begins, with those that
// enter such a state.
var attempts = map[event.Type]event.Type{
	event.TaskScheduled:           event.TaskStateEntered,
	event.LambdaFunctionScheduled: event.TaskStateEntered,
	event.ActivityScheduled:       event.TaskStateEntered,
	event.ParallelStateStarted:    event.ParallelStateEntered,
	event.MapStateStarted:         event.MapStateEntered,
}

func (c *Counting) add(e *entry) {
	x := c.executions[e.execution]
	if x == nil {
		x = &execution{express: statesarn.IsExpress(e.execution), child: strings.Contains(e.execution, "/"), visits: map[int64]*visit{}}
		c.executions[e.execution] = x
	}
	c.Events++
	if !x.child {
		c.ParentEvents++
	}
	switch e.kind {
	case event.ExecutionStarted:
		c.start(x)
	case event.ExecutionSucceeded, event.ExecutionFailed, event.ExecutionTimedOut, event.ExecutionAborted:
		if x.child && e.kind != event.ExecutionSucceeded {
			c.FailedChildren++
		}
		delete(c.executions, e.execution) // a redrive begins anew
		return
	}
	if e.state != "" {
		c.enter(x, e)
		return
	}
	v := x.visits[e.previous]
	if entered, begins := attempts[e.kind]; begins && v != nil && (v.kind != entered || v.entered != e.previous) {
		c.Retries++
		if !x.express {
			c.Transitions++
		}
		if f := c.Functions[e.function]; f != nil {
			f.Retries++
		}
		if v.kind == entered {
			v.state.Retries++
		}
	}
	if v == nil {
		return
	}
	c.call(v, e)
	x.visits[e.id] = v
}

func (c *Counting) start(x *execution) {
	if x.express {
		c.ExpressRequests++
	}
	if x.child {
		c.Children++
		c.Transitions++ // of its parent
	}
}

func (c *Counting) enter(x *execution, e *entry) {
	if !x.express {
		c.Transitions++
	}
	s := c.States[e.state]
	if s == nil {
		s = &State{}
		c.States[e.state] = s
	}
	s.Entries++
	if from := x.visits[e.previous]; from != nil && from.kind == event.ChoiceStateEntered {
		if from.state.Next == nil {
			from.state.Next = map[string]int{}
		}
		from.state.Next[e.state]++
	}
	x.visits[e.id] = &visit{state: s, kind: e.kind, entered: e.id}
}

// call counts a call of a Task state.
func (c *Counting) call(v *visit, e *entry) {
	switch e.kind {
	case event.TaskScheduled, event.LambdaFunctionScheduled, event.ActivityScheduled:
		v.scheduled = e.at
		if e.function == "" {
			return
		}
		f := c.Functions[e.function]
		if f == nil {
			f = &Function{}
			c.Functions[e.function] = f
		}
		f.Requests++
		v.state.Function = e.function
	case event.TaskSucceeded, event.LambdaFunctionSucceeded, event.ActivitySucceeded:
		v.state.Took += e.at.Sub(v.scheduled)
		v.state.Succeeded++
	}
}
