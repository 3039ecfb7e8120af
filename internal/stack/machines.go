package stack

import (
	"context"
	"errors"
	"fmt"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/definition"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/runnable"
	"github.com/mapjob/mapjob/internal/sfnapi"
	"github.com/mapjob/mapjob/internal/template"
)

// Machine is a state machine of the stack.
type Machine struct {
	ID         string // short name of its construct
	Name       string // physical name
	ARN        string
	Definition *asl.StateMachine
	Type       engine.Type
	text       string // of the definition
}

// Machine returns a state machine by its short name or its logical ID, or the
// only one if the name is empty, besides those that a trigger brings along. The error
// has all problems of its definition.
func (s *Stack) Machine(name string) (*Machine, error) {
	among := s.template.Resources(runnable.MachineType)
	if name == "" {
		among = runnable.Machines(s.template)
	}
	r, err := s.template.FindAmong(among, name, "state machine", "--job")
	if err != nil {
		return nil, err
	}
	return s.machine(r)
}

// JobName returns the short name of a state machine: that of the job's construct.
func (s *Stack) JobName(m *Machine) string { return m.ID }

// machine parses a state machine, once for all executions.
func (s *Stack) machine(r *template.Resource) (*Machine, error) {
	s.machinesMutex.Lock()
	defer s.machinesMutex.Unlock()
	if m, ok := s.machines[r]; ok {
		return m, nil
	}
	m, err := s.parseMachine(r)
	if err == nil {
		s.machines[r] = m
	}
	return m, err
}

func (s *Stack) parseMachine(r *template.Resource) (*Machine, error) {
	text, kind, err := definitionOf(r)
	if err != nil {
		return nil, fmt.Errorf("state machine %s: %w", s.template.ShortName(r), err)
	}
	parsed, err := asl.Parse([]byte(text))
	if err != nil {
		return nil, fmt.Errorf("state machine %s: %w", s.template.ShortName(r), err)
	}
	return &Machine{ID: s.template.ShortName(r), Name: r.PhysicalName(), ARN: r.ARN(), Definition: parsed, Type: kind, text: text}, nil
}

// definitionOf returns the definition of a state machine, and its type.
func definitionOf(r *template.Resource) (text string, kind engine.Type, err error) {
	text, express, err := definition.Of(r)
	if express {
		return text, engine.Express, err
	}
	return text, engine.Standard, err
}

// machineAt returns the state machine with an ARN; nil if there is none.
func (s *Stack) machineAt(arn string) (*Machine, error) {
	for _, r := range s.template.Resources(runnable.MachineType) {
		if r.ARN() == arn {
			return s.machine(r)
		}
	}
	return nil, nil
}

// runner runs what is started through the Step Functions API.
type runner struct{ stack *Stack }

// StateMachine implements [sfnapi.Runner].
func (r runner) StateMachine(arn string) (*sfnapi.StateMachine, error) {
	m, err := r.stack.machineAt(arn)
	if m == nil || err != nil {
		return nil, err
	}
	return &sfnapi.StateMachine{ARN: m.ARN, Type: m.Type}, nil
}

// Start implements [sfnapi.Runner].
func (r runner) Start(ctx context.Context, machine *sfnapi.StateMachine, name string, input []byte) (*sfnapi.Started, error) {
	m, err := r.stack.machineAt(machine.ARN)
	if err != nil {
		return nil, err
	}
	x := Execution{Name: name, Input: input}
	started, err := r.stack.start(ctx, m, x)
	if err != nil && !errors.Is(err, engine.ErrExecutionRuns) {
		return r.stack.recordFailure(m, x, err), nil
	}
	return started, err
}

// Stop implements [sfnapi.Runner].
func (r runner) Stop(arn, name, cause string) bool { return r.stack.executions.Stop(arn, name, cause) }

// StepFunctions returns the API of Step Functions.
func (s *Stack) StepFunctions() *sfnapi.Service { return s.api }

// Machines lists the state machines that users run.
func (s *Stack) Machines() []*Machine {
	var list []*Machine
	for _, r := range runnable.Machines(s.template) {
		if m, err := s.machine(r); err == nil {
			list = append(list, m)
		}
	}
	return list
}

// Region is the region of the stack.
func (s *Stack) Region() string { return s.template.Region }
