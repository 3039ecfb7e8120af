package injection

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/engine/event"
	"github.com/mapjob/mapjob/internal/fault"
	"github.com/mapjob/mapjob/internal/fault/redriven"
	"github.com/mapjob/mapjob/internal/objects"
	"github.com/mapjob/mapjob/internal/statesarn"
)

// Execution is an execution in which faults strike, with those that its tasks start.
type Execution struct {
	// Results is its object store.
	Results   *redriven.Results
	injection *Injection
	stop      func(arn, name, cause string) bool

	mu     sync.Mutex
	timers map[*time.Timer]fault.Strike // of stops
	ended  bool
}

// Execution returns an execution that has not begun. Stop stops one; it is called from
// a goroutine of its own.
func (i *Injection) Execution(stop func(arn, name, cause string) bool, store objects.Store) *Execution {
	return &Execution{injection: i, Results: i.results(store), stop: stop, timers: map[*time.Timer]fault.Strike{}}
}

// between is how a call of what answers a task can be changed.
type between = func(context.Context, *engine.Request, engine.IntegrationFunc) (any, error)

// Between returns what calls the tasks. The other is before it, and may be nil.
func (x *Execution) Between(other between) between {
	if other == nil {
		return x.injection.task
	}
	return func(ctx context.Context, r *engine.Request, call engine.IntegrationFunc) (any, error) {
		return other(ctx, r, func(ctx context.Context, r *engine.Request) (any, error) { return x.injection.task(ctx, r, call) })
	}
}

// History returns what receives the events. The other does as well, and may be nil.
func (x *Execution) History(other func(event.Event)) func(event.Event) {
	return func(e event.Event) {
		x.happened(e)
		if other != nil {
			other(e)
		}
	}
}

// Observer returns what observes the Map Runs. The other does as well, and may be
// nil.
func (x *Execution) Observer(other engine.MapObserver) engine.MapObserver {
	if other == nil {
		return x.Results.Observer()
	}
	return engine.MapObservers{x.Results.Observer(), other}
}

// happened follows the events. Children of Map Runs are not stopped.
func (x *Execution) happened(e event.Event) {
	machine := statesarn.StateMachineARN(e.ExecutionARN)
	if strings.Contains(machine, "/") {
		return
	}
	places := x.injection.options.Places
	path := places.machineOf(machine)
	if strings.HasSuffix(string(e.Type), "StateEntered") {
		x.at(fault.Site{Moment: fault.Entry, Machine: path, State: places.stateOf(path, e.Data.Name)}, e.ExecutionARN)
	}
	x.at(fault.Site{Moment: fault.Event, Machine: path, Event: int(e.ID)}, e.ExecutionARN)
}

func (x *Execution) at(site fault.Site, arn string) {
	strike, ok := x.injection.injector.At(site)
	if !ok {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	var timer *time.Timer
	timer = time.AfterFunc(strike.Fault.After, func() {
		x.mu.Lock()
		delete(x.timers, timer)
		ended := x.ended
		x.mu.Unlock()
		if ended {
			x.injection.injector.Missed(strike)
			return
		}
		x.injection.options.Struck(strike)
		x.stop(arn, strike.Fault.Error, strike.Fault.Cause)
	})
	x.timers[timer] = strike
}

// End ends the execution. It waits for invocations that faults have added, until ctx
// ends.
func (x *Execution) End(ctx context.Context) {
	x.endStops()
	x.injection.settle(ctx)
}

// endStops gives up stops whose time has not come.
func (x *Execution) endStops() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.ended = true
	for timer, strike := range x.timers {
		if timer.Stop() {
			x.injection.injector.Missed(strike)
		}
	}
}

// results returns a store whose Map Runs may look redriven.
func (i *Injection) results(store objects.Store) *redriven.Results {
	var mu sync.Mutex
	strikes := map[string]fault.Strike{} // by the ARN of the Map Run
	return &redriven.Results{Store: store,
		Strikes: func(run engine.MapRunInfo) bool {
			places := i.options.Places
			machine := places.machineOf(statesarn.StateMachineARN(run.ExecutionARN))
			strike, ok := i.injector.At(fault.Site{Moment: fault.Results, Machine: machine, State: places.stateOf(machine, run.StateName)})
			mu.Lock()
			defer mu.Unlock()
			if ok {
				strikes[run.ARN] = strike
			}
			return ok
		},
		Ended: func(run engine.MapRunInfo, written bool) {
			mu.Lock()
			strike := strikes[run.ARN]
			mu.Unlock()
			if written {
				i.options.Struck(strike)
			} else {
				i.injector.Missed(strike)
			}
		},
	}
}
