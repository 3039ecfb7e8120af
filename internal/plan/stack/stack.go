// Package stack reads the jobs of a synthesized stack as the planner sees them: what an
// execution enters, and the settings of the functions that it calls.
package stack

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/definition"
	"github.com/mapjob/mapjob/internal/plan"
	"github.com/mapjob/mapjob/internal/plan/walk"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/runnable"
	"github.com/mapjob/mapjob/internal/template"
)

// Job is a state machine of a stack.
type Job struct {
	Name    string // by which users call it
	ARN     string // on this machine
	Region  string
	Machine *asl.StateMachine
	Setup   plan.Setup
	Shape   plan.Shape
	// RunsPerMonth is how often the schedules of the app start it; 0 if it has none.
	RunsPerMonth float64
	// Expected is what the job says that it has to do, nil if it doesn't.
	Expected *protocol.Expected
	// Unknown says what the stack doesn't tell.
	Unknown []string
	// Err says why the state machine can't be planned. Then it has no setup and shape.
	Err error
}

// Jobs returns the state machines of a stack. The choices are the names of the states
// that follow Choice states, by their names.
func Jobs(s *template.Stack, choices map[string]string) ([]Job, error) {
	machines := runnable.Machines(s)
	if len(machines) == 0 {
		return nil, fmt.Errorf("stack %s has no state machine, expected one", s.Path)
	}
	jobs := make([]Job, 0, len(machines))
	for _, r := range machines {
		job := Job{Name: s.ShortName(r), ARN: r.ARN(), Region: s.Region}
		if job.Err = job.read(s, r, choices); job.Err != nil {
			job.Err = fmt.Errorf("job %s: %w", job.Name, job.Err)
		}
		jobs = append(jobs, job)
	}
	return jobs, nil
}

func (j *Job) read(s *template.Stack, r *template.Resource, choices map[string]string) error {
	text, express, err := definition.Of(r)
	if err != nil {
		return err
	}
	if express {
		return errors.New("got an Express state machine, expected a Standard one: what Express executions cost depends on how long they take, and they have no Distributed Map")
	}
	if j.Machine, err = asl.Parse([]byte(text)); err != nil {
		return err
	}
	j.Shape, j.Setup, err = walk.Shape(j.Machine, walk.Facts{StateMachine: deployedName(r), Choices: choices})
	if err != nil {
		return err
	}
	if err := j.machine(r); err != nil {
		return err
	}
	j.functions(s, text)
	if err := j.schedules(s, r); err != nil {
		return err
	}
	var expected protocol.Expected
	if ok, err := r.Metadata(protocol.ExpectedMetadata, &expected); err != nil {
		return err
	} else if ok {
		j.Expected = &expected
	}
	return nil
}

// deployedName returns a name as long as that which CloudFormation gives a state
// machine, its logical ID and twelve letters, or the name that the template gives it.
func deployedName(r *template.Resource) string {
	if r.Has("StateMachineName") {
		return r.PhysicalName()
	}
	name := r.ID + "-" + strings.Repeat("x", 12)
	return name[max(0, len(name)-80):]
}

// machine reads the settings of the state machine.
func (j *Job) machine(r *template.Resource) error {
	var properties struct {
		LoggingConfiguration struct {
			Level                string
			IncludeExecutionData bool
		}
		TracingConfiguration struct{ Enabled bool }
	}
	if err := r.Decode(&properties); err != nil {
		return err
	}
	logging := properties.LoggingConfiguration
	j.Setup.LogData = logging.IncludeExecutionData && logging.Level == "ALL"
	if level := cmp.Or(logging.Level, "OFF"); level != "OFF" && !j.Setup.LogData {
		j.unknown("the log of its executions is not counted: its level is %s", level)
	}
	j.Setup.Traced = properties.TracingConfiguration.Enabled
	return nil
}

func (j *Job) unknown(format string, arguments ...any) {
	if text := fmt.Sprintf(format, arguments...); !slices.Contains(j.Unknown, text) {
		j.Unknown = append(j.Unknown, text)
	}
}

// Lambda's defaults (CloudFormation user guide, AWS::Lambda::Function).
const (
	defaultMemory       = 128
	defaultTimeout      = 3
	defaultArchitecture = "x86_64"
)

// function has the settings of a function.
type function struct {
	MemorySize, Timeout          int
	Architectures                []string
	ReservedConcurrentExecutions int
}

// functions reads the settings of the functions that are called, by their roles.
func (j *Job) functions(s *template.Stack, text string) {
	all := s.Resources("AWS::Lambda::Function")
	j.Setup.Memory, j.Setup.Timeout = map[plan.Role]int{}, map[plan.Role]time.Duration{}
	for state, task := range definition.Tasks(text) {
		role, called := j.Shape.Calls[state]
		if !called {
			continue
		}
		i := slices.IndexFunc(all, func(r *template.Resource) bool { return definition.Names(task, r.ARN()) || namesFunction(task, r) })
		if i < 0 {
			j.unknown("state %s: the function that it invokes is not in the app: its memory and its timeout are not known", state)
			continue
		}
		var f function
		if err := all[i].Decode(&f); err != nil {
			j.unknown("state %s: the settings of the function are not known: %v", state, err)
			continue
		}
		j.Setup.Memory[role] = cmp.Or(f.MemorySize, defaultMemory)
		j.Setup.Timeout[role] = time.Duration(cmp.Or(f.Timeout, defaultTimeout)) * time.Second
		if role == plan.Worker {
			j.Setup.Architecture = defaultArchitecture
			if len(f.Architectures) > 0 {
				j.Setup.Architecture = f.Architectures[0]
			}
			j.Setup.Reserved = f.ReservedConcurrentExecutions
		}
	}
}

// namesFunction reports whether a Task names a function by its name.
func namesFunction(task string, r *template.Resource) bool {
	return strings.Contains(task, `"FunctionName":"`+r.PhysicalName()+`"`)
}
