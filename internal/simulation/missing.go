package simulation

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/mapjob/mapjob/internal/integration"
	"github.com/mapjob/mapjob/internal/memory/topics"
	"github.com/mapjob/mapjob/internal/simulation/deployment"
)

// Missing returns an error for each function that a task invokes and that has no
// handler, for each task that nothing answers, and for each handler of a function or
// task that the stack does not have.
func Missing(o *Options) error {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(o.Handlers)) {
		if o.Stack.Function(name) == nil {
			errs = append(errs, fmt.Errorf("function %q: got a handler, expected one of the stack's functions: %s", name, o.Stack.FunctionNames()))
		}
	}
	given := handlers(o)
	for _, f := range o.Stack.Functions {
		if given[f] == nil && len(f.States) > 0 {
			errs = append(errs, fmt.Errorf("function %s, which state %s invokes: got no handler, expected sfntest.Handle(%[3]q, …) or sfntest.HandleFunc(%[3]q, …)", f.Described(), f.States[0], f.ID))
		}
	}
	return errors.Join(append(errs, o.missingTasks()...)...)
}

// missingTasks returns an error for each task that nothing answers.
func (o *Options) missingTasks() []error {
	var errs []error
	used := map[string]bool{}
	known := integration.Services{Functions: anyFunction{}, Messages: topics.New()}
	for _, m := range o.Stack.Machines {
		for state := range m.Definition.AllStates() {
			if state.Task == nil {
				continue
			}
			if name, given := o.task(m, state); given != nil {
				used[name] = true
				continue
			}
			if _, err := known.Find(state.Task.Resource, nil); err != nil {
				errs = append(errs, fmt.Errorf("state %s: got %s, which has no fake, expected sfntest.HandleTask(%q, …)", m.Path(state), state.Task.Resource.ARN, state.Name))
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(o.Tasks)) {
		if !used[name] {
			errs = append(errs, fmt.Errorf("task %q: got a handler, expected the name of a Task state or the resource of one: %s", name, o.Stack.TaskNames()))
		}
	}
	return errs
}

// anyFunction has every function: Missing looks for handlers itself.
type anyFunction struct{ integration.Functions }

func (anyFunction) Has(string) bool { return true }

// handlers returns the handlers of functions.
func handlers(o *Options) map[*deployment.Function]lambda.Handler {
	found := make(map[*deployment.Function]lambda.Handler, len(o.Handlers))
	for name, handler := range o.Handlers {
		if f := o.Stack.Function(name); f != nil {
			found[f] = handler
		}
	}
	return found
}
