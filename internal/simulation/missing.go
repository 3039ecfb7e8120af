package simulation

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-lambda-go/lambda"
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

// missingTasks returns an error for each task that nothing answers, and for each
// handler of a task that is not there.
func (o *Options) missingTasks() []error {
	var errs []error
	for _, m := range o.Stack.Machines {
		for _, state := range m.Unanswered {
			if _, given := o.task(m, state); given == nil {
				errs = append(errs, fmt.Errorf("state %s: got %s, which has no fake, expected sfntest.HandleTask(%q, …)", m.Path(state), state.Task.Resource.ARN, state.Name))
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(o.Tasks)) {
		if !o.hasTask(name) {
			errs = append(errs, fmt.Errorf("task %q: got a handler, expected the name of a Task state or the resource of one: %s", name, o.Stack.TaskNames()))
		}
	}
	return errs
}

// hasTask reports whether the handler of a name is that of a task.
func (o *Options) hasTask(name string) bool {
	for _, m := range o.Stack.Machines {
		for _, state := range m.Tasks {
			if used, _ := o.task(m, state); used == name {
				return true
			}
		}
	}
	return false
}

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
