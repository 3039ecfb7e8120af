package simulation

import (
	"slices"

	"github.com/mapjob/mapjob/internal/asl/services"
	"github.com/mapjob/mapjob/internal/awscall"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/fault"
	"github.com/mapjob/mapjob/internal/template"
	"github.com/mapjob/mapjob/internal/value"
)

// readPlan prepares the faults. The error has all names that the stack does not have.
func (s *Simulation) readPlan() error {
	s.strikes = map[fault.Moment]bool{}
	if p := s.options.Plan; p == nil || len(p.Faults)+len(p.Share) == 0 {
		s.injector = (*fault.Plan)(nil).Begin()
		return nil
	}
	plan := *s.options.Plan // others may use it
	plan.Faults, plan.Share = slices.Clone(plan.Faults), slices.Clone(plan.Share)
	var names fault.Names
	for _, m := range s.stack.Machines {
		names.Machines = append(names.Machines, named(m.ID, m.Resource))
		for state := range m.Definition.AllStates() {
			names.States = append(names.States, fault.Name{Path: m.Path(state)})
		}
	}
	for _, f := range s.stack.Functions {
		names.Functions = append(names.Functions, named(f.ID, f.Resource))
	}
	if err := plan.Resolve(names); err != nil {
		return err
	}
	s.injector = plan.Begin()
	for _, m := range []fault.Moment{fault.Task, fault.Request, fault.Write, fault.Entry, fault.Event, fault.Results} {
		s.strikes[m] = plan.Strikes(m)
	}
	return nil
}

func named(path string, r *template.Resource) fault.Name {
	if r == nil {
		return fault.Name{Path: path}
	}
	return fault.Name{Path: path, ID: r.ID}
}

// come notes that the run has come to a site, and returns the fault that strikes
// there.
func (s *Simulation) come(site fault.Site) (f fault.Fault, struck bool) {
	s.record(site)
	return s.strike(site)
}

// looksAt reports whether a site of a moment matters.
func (s *Simulation) looksAt(m fault.Moment) bool { return s.options.Sites != nil || s.strikes[m] }

// record notes a site for faults that a seed draws.
func (s *Simulation) record(site fault.Site) {
	if s.options.Sites != nil {
		s.options.Sites.Record(site)
	}
}

// strike returns the fault that strikes at a site.
func (s *Simulation) strike(site fault.Site) (f fault.Fault, struck bool) {
	if !s.strikes[site.Moment] {
		return f, false
	}
	found, struck := s.injector.At(site)
	if struck && s.options.Struck != nil {
		s.options.Struck(site, found.Fault)
	}
	return found.Fault, struck
}

// site returns the site at which a task begins.
func (s *Simulation) site(c *caller) fault.Site {
	r := c.request
	site := fault.Site{Moment: fault.Task, Execution: r.ExecutionARN, Machine: c.machine.ID, State: c.state, Call: taskCall(&r.Resource), Attempt: r.Attempt, Items: c.items()}
	if f := s.stack.Function(invokedByRequest(r)); f != nil {
		site.Function = f.ID
	}
	return site
}

// site returns the site at which an invocation calls a service, or at which it begins.
func (v *invocation) site(moment fault.Moment) fault.Site {
	site := fault.Site{Moment: moment, Function: v.Function.ID, Call: invokeCall}
	if c := v.caller; c != nil {
		site.Execution, site.Machine, site.State = c.request.ExecutionARN, c.machine.ID, c.state
		site.Attempt, site.Items = c.request.Attempt, c.items()
	}
	return site
}

const invokeCall = "lambda:Invoke"

// taskCall returns what a task calls, such as dynamodb:PutItem.
func taskCall(r *services.Resource) string {
	if r.Service == services.FunctionService {
		return invokeCall
	}
	return awscall.OfTask(r.Service, r.Action)
}

// items returns the indexes of the items of a task: those that its payload names if it
// is that of a job's worker, else those of the Map.
func (c *caller) items() []int {
	if !c.counted {
		c.indexes, c.counted = itemsOf(c.request), true
	}
	return c.indexes
}

func itemsOf(r *engine.Request) []int {
	payload := r.Parameters
	if r.Resource.Service != services.FunctionService {
		o, _ := payload.(*value.Object)
		payload, _ = o.Get("Payload")
	}
	if items := fault.Items(payload); len(items) > 0 || r.Items == 0 {
		return items
	}
	items := make([]int, r.Items)
	for i := range items {
		items[i] = r.First + i
	}
	return items
}

// invokedByRequest returns the name or ARN of the function that a task invokes; "" if
// it invokes none.
func invokedByRequest(r *engine.Request) string {
	switch {
	case r.Resource.Service == services.FunctionService:
		return r.Resource.ARN
	case taskCall(&r.Resource) == invokeCall:
		parameters, _ := r.Parameters.(*value.Object)
		named, _ := parameters.Get("FunctionName")
		name, _ := named.(string)
		return name
	}
	return ""
}

// refusedTask returns the error of a task that a fault strikes before its call.
func refusedTask(f *fault.Fault) error {
	name, cause := f.Failure()
	return &engine.TaskError{Name: name, Cause: cause}
}

// throttledTask returns the error of a task that its service throttles.
func throttledTask(r *services.Resource) error {
	name, cause := awscall.Throttled(taskCall(r)).TaskError(serviceOf(r))
	return &engine.TaskError{Name: name, Cause: cause}
}

// lostTask returns the error of a task whose answer was lost.
func lostTask(r *services.Resource) error {
	name, cause := awscall.Lost(serviceOf(r))
	return &engine.TaskError{Name: name, Cause: cause}
}

// serviceOf returns the service of a task in the words of its ARN.
func serviceOf(r *services.Resource) string {
	if r.Service == services.FunctionService {
		return "lambda"
	}
	return r.Service
}
