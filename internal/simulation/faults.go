package simulation

import (
	"slices"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/fault"
	"github.com/mapjob/mapjob/internal/fault/tasks"
	"github.com/mapjob/mapjob/internal/simulation/deployment"
	"github.com/mapjob/mapjob/internal/template"
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

// visit notes that the run has come to a site, and returns the fault that strikes
// there.
func (s *Simulation) visit(site fault.Site) (f fault.Fault, struck bool) {
	s.note(site)
	return s.faultAt(site)
}

// matters reports whether a site of a moment is noted, or a fault may strike there.
func (s *Simulation) matters(m fault.Moment) bool { return s.options.Sites != nil || s.strikes[m] }

// note keeps a site for faults that a seed draws.
func (s *Simulation) note(site fault.Site) {
	if s.options.Sites != nil {
		s.options.Sites.Record(site)
	}
}

// faultAt returns the fault that strikes at a site.
func (s *Simulation) faultAt(site fault.Site) (f fault.Fault, struck bool) {
	if !s.strikes[site.Moment] {
		return f, false
	}
	found, struck := s.injector.At(site)
	if struck && s.options.Struck != nil {
		s.options.Struck(site, found.Fault)
	}
	return found.Fault, struck
}

// site returns the site at which a task begins. If no site matters there, it has the
// state alone.
func (s *Simulation) site(m *deployment.Machine, state *asl.State, request *engine.Request) (site fault.Site) {
	if s.matters(fault.Task) || s.matters(fault.Request) || s.matters(fault.Write) {
		site = tasks.Site(request)
		address := site.Function
		site.Function = ""
		if f := s.stack.Function(address); f != nil {
			site.Function = f.ID
		}
	}
	site.Machine, site.State = m.ID, m.Path(state)
	return site
}

// site returns the site at which an invocation calls a service, or at which it begins.
func (v *invocation) site(moment fault.Moment) (site fault.Site) {
	if v.caller != nil {
		site = v.caller.site
	}
	site.Moment, site.Function, site.Call = moment, v.Function.ID, tasks.Invoke
	return site
}
