package sfntest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/mapjob/mapjob/internal/fault"
	"github.com/mapjob/mapjob/sfntest/internal/handlers"
)

// Option sets up a [World].
type Option struct{ set func(*settings) error }

type settings struct {
	stack    *Stack
	handlers map[string]lambda.Handler // by the names of functions
	tasks    map[string]*handlers.Task
	seed     uint64
	start    time.Time
	faults   []fault.Fault
	sites    *fault.Sites // records where faults can strike; nil: nothing does
}

// Handle lets h answer the invocations of a function. The name is the path of the
// function's construct, such as "Shop/Charge" or "Charge", its logical ID, or in a
// definition without a template its FunctionName. A job.Handler is a lambda.Handler.
func Handle(name string, h lambda.Handler) Option {
	return Option{func(s *settings) error {
		f, err := s.stack.parsed.FindFunction(name)
		if err != nil {
			return err
		}
		if h == nil {
			return fmt.Errorf("function %q: got no handler, expected one", name)
		}
		if s.handlers[f.Name] != nil {
			return fmt.Errorf("function %s: got two handlers, expected one", f.ID)
		}
		s.handlers[f.Name] = handlers.NewFunction(h, named)
		return nil
	}}
}

// HandleFunc is [Handle] for an ordinary function. Its payload is decoded, its answer
// encoded and its error named as package lambda does it; an [*Error] has its own name.
func HandleFunc[In, Out any](name string, f func(context.Context, In) (Out, error)) Option {
	if f == nil {
		return Handle(name, nil)
	}
	return Handle(name, lambda.NewHandler(f))
}

// named returns the name and the cause of an [*Error].
func named(err error) (name, cause string, ok bool) {
	if e, ok := errors.AsType[*Error](err); ok && e != nil {
		return e.Name, e.Cause, true
	}
	return "", "", false
}

// HandleTask lets f answer the tasks of a state, or all tasks of a resource such as
// "arn:aws:states:::glue:startJobRun.sync". f gets the task's arguments. An [*Error]
// that f returns is the error that Retry and Catch see.
func HandleTask(name string, f func(ctx context.Context, arguments json.RawMessage) (any, error)) Option {
	return Option{func(s *settings) error {
		switch {
		case f == nil:
			return fmt.Errorf("task %s: got no function, expected one", name)
		case s.tasks[name] != nil:
			return fmt.Errorf("task %s: got two functions, expected one", name)
		}
		s.tasks[name] = handlers.NewTask(name, f, named)
		return nil
	}}
}

// Seed chooses in which order requests and tasks that run at the same time go on,
// and the random numbers of the definition. The default is 0: in the order in
// which they came.
func Seed(n uint64) Option {
	return Option{func(s *settings) error { s.seed = n; return nil }}
}

// StartAt sets the time at which the test begins. The default is that of synctest,
// midnight UTC of 2000-01-01.
func StartAt(t time.Time) Option {
	return Option{func(s *settings) error {
		now := time.Now()
		if t.Before(now) || !t.Before(lastStart()) {
			return fmt.Errorf("StartAt: got %s, expected a time from %s and before %s", t.Format(time.RFC3339), now.UTC().Format(time.RFC3339), lastStart().Format(time.RFC3339))
		}
		s.start = t
		return nil
	}}
}

// Inject adds faults. See [Fault].
func Inject(faults ...Fault) Option {
	return Option{func(s *settings) error {
		var errs []error
		for i, f := range faults {
			checked := fault.Fault(f)
			if err := checked.Check(); err != nil {
				errs = append(errs, fmt.Errorf("fault %d of Inject: %w", i+1, err))
			}
			s.faults = append(s.faults, checked)
		}
		return errors.Join(errs...)
	}}
}
