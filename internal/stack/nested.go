package stack

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/definition"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/functions"
	"github.com/mapjob/mapjob/internal/runnable"
	"github.com/mapjob/mapjob/internal/template"
)

// nested returns the stack's state machines as options for one that starts
// executions, and adds their tasks. State machines whose ARN is in a definition
// have to run on this machine, else there is an error. Others may be chosen by
// the input: what they lack fails when it is reached.
func (s *Stack) nested(m *Machine, t *tasks) ([]engine.Option, error) {
	named, others, broken := map[string]*Machine{m.ARN: m}, map[string]*Machine{}, map[string]error{}
	for _, r := range s.template.Resources(runnable.MachineType) {
		other, err := s.machine(r)
		if err != nil {
			broken[r.ARN()] = err
		} else if other.ARN != m.ARN {
			others[other.ARN] = other
		}
	}
	var errs []error
	starts := false
	for reached := []*Machine{m}; len(reached) > 0; reached = reached[1:] {
		at := reached[0]
		if !startsExecutions(at.Definition) {
			continue
		}
		starts = true
		for arn, err := range broken {
			if at.names(arn) {
				errs = append(errs, err)
				delete(broken, arn)
			}
		}
		for arn, other := range others {
			if !at.names(arn) {
				continue
			}
			if err := errors.Join(t.add(other.Definition), s.needs(other, func(string) bool { return false })); err != nil {
				errs = append(errs, fmt.Errorf("state machine %s: %w", other.ID, err))
			}
			named[arn] = other
			delete(others, arn)
			reached = append(reached, other)
		}
	}
	if !starts {
		return nil, nil
	}
	var options []engine.Option
	for arn, machine := range named {
		options = append(options, engine.WithStateMachine(arn, machine.Definition, machine.Type))
	}
	for arn, machine := range others {
		t.addLate(machine.Definition)
		options = append(options, engine.WithStateMachine(arn, machine.Definition, machine.Type))
	}
	return options, errors.Join(errs...)
}

// invokes returns the name of a state whose task names a function, by its ARN or
// its name; "" if there is none, or skip is true for it.
func (m *Machine) invokes(function *template.Resource, skip func(state string) bool) string {
	for state, text := range definition.Tasks(m.text) {
		if !skip(state) && (definition.Names(text, function.ARN()) || strings.Contains(text, strconv.Quote(function.PhysicalName()))) {
			return state
		}
	}
	return ""
}

func startsExecutions(machine *asl.StateMachine) bool {
	for state := range machine.AllStates() {
		if state.Task == nil || state.Task.Resource.Action != "startExecution" {
			continue
		}
		switch state.Task.Resource.Service {
		case "states", "aws-sdk:sfn":
			return true
		}
	}
	return false
}

// names reports whether an ARN is in the definition, not as a part of a longer
// one.
func (m *Machine) names(arn string) bool {
	return definition.Names(m.text, arn)
}

// needs returns an error that names the functions which a state machine invokes,
// and which do not run on this machine. Tasks of states for which skip is true do
// not count.
func (s *Stack) needs(m *Machine, skip func(state string) bool) error {
	var errs []error
	for _, r := range s.template.Resources(functions.Type) {
		reason := s.functions.absent[r.PhysicalName()]
		if reason == nil {
			continue
		}
		if state := m.invokes(r, skip); state != "" {
			errs = append(errs, fmt.Errorf("state %s invokes function %s, which does not run: %w", state, s.template.ShortName(r), reason))
		}
	}
	return errors.Join(errs...)
}
