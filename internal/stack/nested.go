package stack

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/engine"
)

// nested returns the stack's state machines as options for one that starts
// executions, and adds their tasks. State machines whose ARN is in a definition
// have to run on this machine, else there is an error. Others may be chosen by
// the input: what they lack fails when it is reached.
func (s *Stack) nested(m *Machine, t *tasks) ([]engine.Option, error) {
	named, others, broken := map[string]*Machine{m.ARN: m}, map[string]*Machine{}, map[string]error{}
	for _, id := range s.template.OfType("AWS::StepFunctions::StateMachine") {
		other, err := s.machine(id)
		if err != nil {
			broken[s.machineARN(id)] = err
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
			if err := t.add(other.Definition); err != nil {
				errs = append(errs, fmt.Errorf("state machine %s: %w", s.template.ShortName(other.ID), err))
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
	return regexp.MustCompile(regexp.QuoteMeta(arn) + `(?:[^\w-]|$)`).MatchString(m.text)
}
