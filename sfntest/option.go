package sfntest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambda/handlertrace"
	"github.com/aws/aws-lambda-go/lambda/messages"

	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/fault"
	"github.com/mapjob/mapjob/internal/value"
)

// Option sets up a [World].
type Option struct{ set func(*settings) error }

type settings struct {
	stack    *Stack
	handlers map[string]lambda.Handler // by the names of functions
	tasks    map[string]*task
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
		s.handlers[f.Name] = &function{handler: h}
		return nil
	}}
}

// HandleFunc is [Handle] for an ordinary function. Its payload is decoded, its answer
// encoded and its error named as package lambda does it; an [*Error] has its own name.
func HandleFunc[In, Out any](name string, f func(context.Context, In) (Out, error)) Option {
	return Handle(name, lambda.NewHandler(f))
}

// function is a handler whose invocations may go on at once, and whose errors may be
// an *Error.
type function struct {
	handler lambda.Handler
	// Package lambda answers from buffers that it has already put back, which is
	// right for one invocation at a time.
	answering sync.Mutex
}

// Invoke implements [lambda.Handler].
func (f *function) Invoke(ctx context.Context, payload []byte) (answer []byte, err error) {
	locked := false
	defer func() {
		if locked {
			answer = bytes.Clone(answer)
			f.answering.Unlock()
		}
	}()
	trace := handlertrace.HandlerTrace{ResponseEvent: func(context.Context, any) { // before it is encoded
		f.answering.Lock()
		locked = true
	}}
	answer, err = f.handler.Invoke(handlertrace.NewContext(ctx, trace), payload)
	if named, ok := errors.AsType[*Error](err); ok && named != nil {
		err = messages.InvokeResponse_Error{Type: named.Name, Message: named.Cause}
	}
	return answer, err
}

// HandleTask lets f answer the tasks of a state, or all tasks of a resource such as
// "arn:aws:states:::glue:startJobRun.sync". f gets the task's arguments. An [*Error]
// that f returns is the error that Retry and Catch see.
func HandleTask(name string, f func(ctx context.Context, arguments json.RawMessage) (any, error)) Option {
	return Option{func(s *settings) error {
		if s.tasks[name] != nil {
			return fmt.Errorf("task %s: got two functions, expected one", name)
		}
		s.tasks[name] = &task{name: name, f: f}
		return nil
	}}
}

// task answers tasks with a function.
type task struct {
	name    string
	f       func(ctx context.Context, arguments json.RawMessage) (any, error)
	running atomic.Int64
}

// Call implements [engine.Integration].
func (t *task) Call(ctx context.Context, r *engine.Request) (any, error) {
	answer, err := t.do(ctx, value.Append(nil, r.Parameters))
	if named, ok := errors.AsType[*Error](err); ok && named != nil {
		return nil, &engine.TaskError{Name: named.Name, Cause: named.Cause}
	}
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(answer)
	if err != nil {
		return nil, fmt.Errorf("encoding the answer: %w", err)
	}
	return value.Parse(text)
}

// do calls the function. It may panic, and t.Fatal ends its goroutine.
func (t *task) do(ctx context.Context, arguments json.RawMessage) (answer any, err error) {
	t.running.Add(1)
	defer t.running.Add(-1)
	err = fmt.Errorf("task %s: its function ended its goroutine", t.name)
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("task %s: panic: %v", t.name, p)
			}
		}()
		answer, err = t.f(ctx, arguments)
	}()
	<-done
	return answer, err
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
		if now := time.Now(); t.Before(now) {
			return fmt.Errorf("StartAt: got %s, expected a time from %s", t.Format(time.RFC3339), now.UTC().Format(time.RFC3339))
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
