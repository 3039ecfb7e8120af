// Package contain runs handler code and turns panics, Goexit and timeouts into
// errors.
package contain

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"time"

	"github.com/mapjob/mapjob/internal/goroutine"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/job/internal/logline"
)

// Run runs a function and returns its error. A panic becomes an error with the
// name [protocol.ErrorPanic]; its stack goes to the log, and its value if that may
// have data.
func Run(ctx context.Context, log *slog.Logger, do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = Panicked(ctx, log, p)
		}
	}()
	return do()
}

// Panicked returns the error of a panic and logs the stack. It is for callers that
// recover by themselves.
func Panicked(ctx context.Context, log *slog.Logger, p any) error {
	log.ErrorContext(ctx, "panic", "panic", logline.Data(fmt.Sprint(p)), "stack", stack())
	return protocol.Errorf(protocol.ErrorPanic, "%v", p)
}

// stack returns the calls that led to a panic, one a line. Unlike that of package
// debug, it has no arguments, which may be numbers of an item.
func stack() string {
	const most = 64
	pcs := make([]uintptr, most)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs)]) // without Callers, stack and Panicked
	var text strings.Builder
	for {
		frame, more := frames.Next()
		fmt.Fprintf(&text, "%s\n\t%s:%d\n", frame.Function, frame.File, frame.Line)
		if !more {
			return text.String()
		}
	}
}

// InGoroutine runs a function in a new goroutine and sends its error, also if the
// function ends the goroutine. Before it sends, it calls ended.
func InGoroutine(ctx context.Context, log *slog.Logger, do func() error, ended func(error)) <-chan error {
	result := make(chan error, 1)
	go func() {
		goroutine.Grow()
		err := Exited() // unless do returns
		defer func() {
			ended(err)
			result <- err
		}()
		err = Run(ctx, log, do)
	}()
	return result
}

// Exited returns the error of a function that neither returned nor panicked.
func Exited() error {
	return protocol.Errorf(protocol.ErrorHandlerExited,
		"the handler ended its goroutine, as runtime.Goexit and t.FailNow do, expected it to return")
}

// longestReserve is the most time that an invocation keeps for its answer.
const longestReserve = 2 * time.Second

// Early returns a context that ends before the invocation does. The time in between
// is the reserve. The grace is half of the reserve: time for code to return after
// its context ends. The other half is for the answer.
func Early(ctx context.Context) (early context.Context, grace time.Duration, cancel context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return ctx, 0, func() {}
	}
	reserve := min(time.Until(deadline)/10, longestReserve)
	early, cancel = context.WithDeadline(ctx, deadline.Add(-reserve))
	return early, reserve / 2, cancel
}

// InTime runs a function until it returns or its time is up, so that the
// invocation can still answer. The function gets an [Early] context. If it does not
// return after that context ends, InTime leaves it running.
func InTime(ctx context.Context, log *slog.Logger, do func(context.Context) error) error {
	early, grace, cancel := Early(ctx)
	defer cancel()
	ended := InGoroutine(early, log, func() error { return do(early) }, func(error) {})
	select {
	case err := <-ended:
		return err
	case <-early.Done():
	}
	select {
	case err := <-ended:
		return err
	case <-time.After(grace):
		return TimeUp()
	}
}

// TimeUp returns the error of a function that did not end in time.
func TimeUp() error {
	return protocol.Errorf(protocol.ErrorDeadline,
		"the invocation's time was up: give the function a longer timeout, or more memory, which makes it faster")
}

// Sleep waits and reports whether the time passed before the context ended.
func Sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
