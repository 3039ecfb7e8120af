package handlers

import (
	"context"
	"encoding/json"
	"fmt"
	"sync/atomic"

	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/panics"
	"github.com/mapjob/mapjob/internal/value"
)

// TaskFunc answers a task with its arguments.
type TaskFunc func(ctx context.Context, arguments json.RawMessage) (any, error)

// Task answers tasks with a function.
type Task struct {
	name    string
	f       TaskFunc
	named   Named
	running atomic.Int64
}

// NewTask returns a task of a name that a function answers.
func NewTask(name string, f TaskFunc, named Named) *Task {
	return &Task{name: name, f: f, named: named}
}

// String returns the name.
func (t *Task) String() string { return "task " + t.name }

// Running reports whether a call has not returned.
func (t *Task) Running() bool { return t.running.Load() > 0 }

// Call implements [engine.Integration].
func (t *Task) Call(ctx context.Context, r *engine.Request) (any, error) {
	answer, err := t.do(ctx, value.Append(nil, r.Parameters))
	if name, cause, ok := t.named(err); ok {
		return nil, &engine.TaskError{Name: name, Cause: cause}
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
func (t *Task) do(ctx context.Context, arguments json.RawMessage) (answer any, err error) {
	t.running.Add(1)
	defer t.running.Add(-1)
	err = fmt.Errorf("%s: its function ended its goroutine", t)
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("%s: panic: %v at %s", t, p, panics.Places("github.com/mapjob/mapjob/sfntest/internal/handlers."))
			}
		}()
		answer, err = t.f(ctx, arguments)
	}()
	<-done
	return answer, err
}
