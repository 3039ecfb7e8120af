package stack

import (
	"context"
	"strings"

	"github.com/mapjob/mapjob/internal/fault"
	"github.com/mapjob/mapjob/internal/functions"
	"github.com/mapjob/mapjob/internal/injection"
	"github.com/mapjob/mapjob/internal/invocation"
	"github.com/mapjob/mapjob/internal/runnable"
	"github.com/mapjob/mapjob/internal/template"
)

// FaultPlaces returns where faults can strike in the stack when a state machine runs,
// and those that it starts; nil is any.
func (s *Stack) FaultPlaces(m *Machine) *injection.Places {
	name := func(r *template.Resource) fault.Name {
		return fault.Name{Path: strings.ReplaceAll(s.template.ShortName(r), ".", "/"), ID: r.ID}
	}
	var machines []injection.Machine
	for _, r := range s.template.Resources(runnable.MachineType) {
		text, _, err := definitionOf(r)
		if err == nil { // else what runs it says why
			machines = append(machines, injection.Machine{Name: name(r), ARN: r.ARN(), Definition: text})
		}
	}
	var invoked []injection.Function
	for _, r := range s.template.Resources(functions.Type) {
		invoked = append(invoked, injection.Function{Name: name(r), Physical: r.PhysicalName(), ARN: r.ARN()})
	}
	if m != nil {
		machines = injection.Started(m.ARN, machines)
	}
	return injection.Find(machines, invoked)
}

// UnreachedFaults returns the faults that have not struck so far.
func (s *Stack) UnreachedFaults() []fault.Fault { return s.injection.Unreached() }

// faultyHost returns what invokes functions: the host, or faults before it.
func (s *Stack) faultyHost() invocation.Host {
	if s.options.Faults == nil {
		return s.host
	}
	s.injection = injection.New(injection.Options{Plan: s.options.Faults, Struck: s.options.Struck, Host: s.host, Places: s.FaultPlaces(nil),
		Hold: func() func() { return s.queues.Hold().End }})
	return s.injection
}

// addFaults lets faults strike in an execution. End waits for what they have left
// running, until ctx ends.
func (s *Stack) addFaults(x *Execution) (end func(context.Context)) {
	x.objects = s.objects
	if s.injection == nil {
		return func(context.Context) {}
	}
	run := s.injection.Execution(s.executions.Stop, s.objects)
	x.objects = run.Results
	x.Between = run.Between(x.Between)
	x.History = run.History(x.History)
	x.Observer = run.Observer(x.Observer)
	return run.End
}
