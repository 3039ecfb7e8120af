// Package walk finds out from a definition what an execution of a job enters and
// calls. It reads the structure of the definition and runs nothing.
package walk

import (
	"errors"
	"fmt"
	"slices"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/plan"
)

// Facts are what is known of an execution beside the definition.
type Facts struct {
	// StateMachine and Execution are names. Their lengths count in what each child
	// gets. Default: names as long as those that CloudFormation and Step Functions
	// make.
	StateMachine, Execution string
	// Variables are known to the fields of the Map.
	Variables map[string]any
	// Choices are the names of the states that follow Choice states, by their names.
	Choices map[string]string
	// Roles are those of functions, by the texts of FunctionName in the definition.
	Roles map[string]plan.Role
}

// Shape returns what an execution of a state machine enters if nothing fails, and how
// its Map is set up. The error names a Choice that is not as Facts say, or says that
// there is no Map.
func Shape(m *asl.StateMachine, f Facts) (plan.Shape, plan.Setup, error) {
	w := &walker{machine: m, facts: f, setup: plan.Setup{ItemsAtOnce: 1}}
	w.shape.Calls = map[string]plan.Role{}
	if err := w.checkChoices(); err != nil {
		return plan.Shape{}, plan.Setup{}, err
	}
	path := w.path(m.Start)
	if w.main = mapOn(path, w, true); w.main == nil {
		w.main = mapOn(path, w, false)
	}
	if w.main == nil {
		return plan.Shape{}, plan.Setup{}, errors.New("state machine: got no Map state on the way to its end, expected one")
	}
	w.findWorker()
	w.readMap()
	w.shape.Parent = w.steps(path)
	w.readVerdict()
	w.setup.ExecutionTimeout = seconds(m.TimeoutSeconds)
	return w.shape, w.setup, nil
}

// walker walks through one state machine.
type walker struct {
	machine *asl.StateMachine
	facts   Facts
	main    *asl.State // the job's Map
	worker  *asl.State // the Task that does the work of an item or a batch; may be nil
	shape   plan.Shape
	setup   plan.Setup
	// afterCatch is set on the way after a failure.
	afterCatch bool
}

// mapOn returns the first Map on a path, or in the branches of its Parallel states;
// nil if there is none.
func mapOn(path []*asl.State, w *walker, distributed bool) *asl.State {
	for _, s := range path {
		if s.Map != nil && s.Map.Processor.Distributed == distributed {
			return s
		}
		if s.Parallel == nil {
			continue
		}
		for _, branch := range s.Parallel.Branches {
			if found := mapOn(w.path(branch.Start), w, distributed); found != nil {
				return found
			}
		}
	}
	return nil
}

// findWorker finds the first Task of the Map that invokes a function.
func (w *walker) findWorker() {
	w.worker = invokerOn(w, w.path(w.main.Map.Processor.Start))
}

func invokerOn(w *walker, path []*asl.State) *asl.State {
	for _, s := range path {
		var inner []*asl.Flow
		switch {
		case s.Task != nil && invokes(s.Task.Resource):
			return s
		case s.Parallel != nil:
			inner = s.Parallel.Branches
		case s.Map != nil:
			inner = []*asl.Flow{&s.Map.Processor.Flow}
		}
		for _, flow := range inner {
			if found := invokerOn(w, w.path(flow.Start)); found != nil {
				return found
			}
		}
	}
	return nil
}

// uncounted notes what the structure of a definition does not say of an execution in
// which nothing fails.
func (w *walker) uncounted(s *asl.State, format string, arguments ...any) {
	if w.afterCatch {
		return
	}
	if text := "state " + s.Name + ": " + fmt.Sprintf(format, arguments...); !slices.Contains(w.shape.Uncounted, text) {
		w.shape.Uncounted = append(w.shape.Uncounted, text)
	}
}
