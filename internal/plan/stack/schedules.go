package stack

import (
	"fmt"

	"github.com/mapjob/mapjob/internal/definition"
	"github.com/mapjob/mapjob/internal/runnable"
	"github.com/mapjob/mapjob/internal/schedule"
	"github.com/mapjob/mapjob/internal/template"
)

// Types of schedules in a template.
const (
	schedulerType = "AWS::Scheduler::Schedule"
	ruleType      = "AWS::Events::Rule"
)

// schedules adds up how often schedules start the state machine, or another one that a
// trigger brings along to start it.
func (j *Job) schedules(s *template.Stack, machine *template.Resource) error {
	starts := map[any]bool{machine.ARN(): true}
	for _, r := range s.Resources(runnable.MachineType) {
		if !r.IsStarter() {
			continue
		}
		text, _, err := definition.Of(r)
		if err != nil {
			return err
		}
		if definition.Names(text, machine.ARN()) {
			starts[r.ARN()] = true
		}
	}
	for _, r := range s.Resources(schedulerType, ruleType) {
		if !r.Has("ScheduleExpression") {
			continue
		}
		var p struct {
			ScheduleExpression, State string
			Target                    target
			Targets                   []target
		}
		if err := r.Decode(&p); err != nil { // such as a target that has no value on this machine
			j.unknown("schedule %s: whether it starts the job is not known: %v", s.ShortName(r), err)
			continue
		}
		if p.State == "DISABLED" {
			continue
		}
		for _, t := range append(p.Targets, p.Target) {
			if !starts[t.Arn] {
				continue
			}
			runs, err := schedule.RunsPerMonth(p.ScheduleExpression)
			if err != nil {
				return fmt.Errorf("schedule %s: %w", s.ShortName(r), err)
			}
			j.RunsPerMonth += runs
		}
	}
	return nil
}

type target struct{ Arn any }
