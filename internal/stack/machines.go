package stack

import (
	"context"
	"fmt"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/sfnapi"
)

// Machine is a state machine of the stack.
type Machine struct {
	ID         string // logical ID
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
	if name == "" {
		name = s.onlyMachine()
	}
	id, err := s.template.Find(name, "state machine", "--job", "AWS::StepFunctions::StateMachine")
	if err != nil {
		return nil, err
	}
	return s.machine(id)
}

// onlyMachine returns the ID of the only state machine that users run; "" if there
// are several or none.
func (s *Stack) onlyMachine() string {
	only := ""
	for _, id := range s.template.OfType("AWS::StepFunctions::StateMachine") {
		switch {
		case s.template.IsStarter(id):
		case only != "":
			return ""
		default:
			only = id
		}
	}
	return only
}

// JobName returns the short name of a state machine: that of the job's construct.
func (s *Stack) JobName(m *Machine) string { return s.template.ShortName(m.ID) }

// machine parses a state machine, once for all executions.
func (s *Stack) machine(id string) (*Machine, error) {
	s.machinesMutex.Lock()
	defer s.machinesMutex.Unlock()
	if m, ok := s.machines[id]; ok {
		return m, nil
	}
	m, err := s.parseMachine(id)
	if err == nil {
		s.machines[id] = m
	}
	return m, err
}

func (s *Stack) parseMachine(id string) (*Machine, error) {
	var p struct{ DefinitionString, StateMachineType string }
	if err := s.template.Decode(id, &p); err != nil {
		return nil, err
	}
	if p.DefinitionString == "" {
		return nil, fmt.Errorf("state machine %s: got no DefinitionString, expected one", id)
	}
	definition, err := asl.Parse([]byte(p.DefinitionString))
	if err != nil {
		return nil, fmt.Errorf("state machine %s: %w", id, err)
	}
	m := &Machine{ID: id, Name: s.template.PhysicalName(id), ARN: s.machineARN(id), Definition: definition, Type: engine.Standard, text: p.DefinitionString}
	if p.StateMachineType == "EXPRESS" {
		m.Type = engine.Express
	}
	return m, nil
}

func (s *Stack) machineARN(id string) string {
	return s.template.ARN("states", "stateMachine:"+s.template.PhysicalName(id))
}

// machineAt returns the state machine with an ARN; nil if there is none.
func (s *Stack) machineAt(arn string) (*Machine, error) {
	for _, id := range s.template.OfType("AWS::StepFunctions::StateMachine") {
		if s.machineARN(id) == arn {
			return s.machine(id)
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
	return r.stack.start(ctx, m, Execution{Name: name, Input: input})
}
