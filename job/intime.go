package job

import (
	"context"
	"time"
)

// early is a context whose time is up before that of the invocation. Half of
// what is kept back is for those that heed it to come to an end, the grace, and
// half for the answer.
func early(ctx context.Context) (within context.Context, grace time.Duration, cancel context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return ctx, 0, func() {}
	}
	reserve := min(time.Until(deadline)/10, longestReserve)
	within, cancel = withDeadline(ctx, deadline.Add(-reserve))
	return within, reserve / 2, cancel
}

// inTime runs a function until it ends or its time is up, so that the
// invocation can still say how it went. A function that does not heed the end
// of its context is left to itself. Its panic is its error.
func inTime(ctx context.Context, do func(context.Context) error) error {
	within, grace, cancel := early(ctx)
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		err := exited() // unless it returns
		defer func() { ended <- err }()
		err = recovered(within, func() error { return do(within) })
	}()
	select {
	case err := <-ended:
		return err
	case <-within.Done():
	}
	select {
	case err := <-ended:
		return err
	case <-time.After(grace):
		return timeUp()
	}
}

// timeUp is the error of what did not end before the invocation had to.
func timeUp() error {
	return Fail(ErrorDeadline, "the invocation's time was up: give the function a longer timeout, or more memory, which makes it faster")
}

// exited is the error of a function that neither returned nor panicked.
func exited() error {
	return Fail(ErrorExited, "the handler ended its goroutine, as runtime.Goexit and t.FailNow do, expected it to return")
}
