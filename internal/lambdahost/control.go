package lambdahost

import (
	"context"
	"time"
)

// Control lets a caller make an invocation go wrong, as a test of what depends on
// the function needs it.
type Control struct {
	// TraceID is the tracing header of the invocation, which the AWS SDKs pass on
	// with each of the function's requests. Default: a new one.
	TraceID string
	// Crash kills the process when it is closed, which fails the invocation unless
	// it was answered. If it is closed already, the function does not get the event.
	Crash <-chan struct{}
	// Answered says what happens when the function answers.
	Answered Fate
}

// Fate is what happens to the answer of a function.
type Fate uint8

// The fates of an answer.
const (
	Deliver Fate = iota
	Kill         // the process is killed, as if it had crashed before it answered
	Hold         // the answer is not taken: the invocation times out
)

// NewTraceID returns a tracing header for a [Control].
func NewTraceID() string { return newTraceID() }

// InvokeWith is [Host.Invoke] of an invocation that the caller controls.
func (h *Host) InvokeWith(ctx context.Context, function string, payload []byte, control Control) (*Response, error) {
	return h.invoke(ctx, request{function: function, payload: payload, limit: maxRequestBytes, traceID: control.TraceID, control: control})
}

// crashed reports whether the invocation was told to crash before it began.
func (c *Control) crashed() bool {
	select {
	case <-c.Crash:
		return true
	default:
		return false
	}
}

// answer answers an invocation of a function without an executable.
func (inv *invocation) answer(ctx context.Context) outcome {
	inv.startedAt = time.Now()
	c := &inv.request.control
	if c.crashed() {
		return killed().outcome(inv.request.id)
	}
	payload, didFail := inv.fn.Answer(inv.request.payload)
	switch {
	case c.Answered == Kill:
		return killed().outcome(inv.request.id)
	case c.Answered == Hold:
		select {
		case <-time.After(inv.timeLeft()):
		case <-ctx.Done():
		}
		return timeoutFailure(inv.fn.Timeout).outcome(inv.request.id)
	case didFail:
		return failed(payload)
	case len(payload) > maxResponseBytes:
		return responseTooLarge().outcome(inv.request.id)
	}
	return succeeded(payload)
}

// killed returns the failure of a process that was killed.
func killed() failure {
	return failure{errorType: "Runtime.ExitError", message: "Runtime exited with error: signal: killed"}
}
