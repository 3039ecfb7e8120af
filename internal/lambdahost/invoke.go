package lambdahost

import (
	"context"
	"errors"
	"time"

	"github.com/mapjob/mapjob/internal/uuid"
)

const (
	// maxRequestBytes is the payload limit of a synchronous invocation (developer
	// guide, "Lambda quotas": 6 MB each for request and response).
	maxRequestBytes = 6 * 1024 * 1024
	// maxEventBytes is the payload limit of an asynchronous invocation (same page).
	maxEventBytes = 1024 * 1024
	// maxResponseBytes is the limit in Lambda's error about a response that is too
	// large: 6 MB and a hundred bytes.
	maxResponseBytes = maxRequestBytes + 100
)

// Invoke invokes the function with the given name or ARN and waits for its answer.
// An empty payload means {}.
//
// A failure in the function is a Response with a FunctionError. The error is an
// [*Error] if Lambda's Invoke API refuses such a request, [ErrClosed], or the cause
// of ctx's end. When ctx ends, the function runs on until it answers or times out,
// as in Lambda.
func (h *Host) Invoke(ctx context.Context, function string, payload []byte) (*Response, error) {
	return h.invoke(ctx, request{function: function, payload: payload, limit: maxRequestBytes})
}

func (h *Host) invoke(ctx context.Context, r request) (*Response, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	inv, err := h.admit(r)
	if err != nil {
		return nil, err
	}
	if inv.fn.Answer != nil {
		return h.finish(inv, nil, inv.answer(ctx)), nil
	}
	p, early, err := inv.fn.pool.acquire(ctx, inv)
	switch {
	case err != nil:
		h.inFlight.Add(-1)
		var refusal *Error
		if errors.As(err, &refusal) && refusal.Code == codeThrottled {
			inv.fn.counters.throttles.Add(1)
		}
		return nil, err
	case early != nil: // no process could be started
		return h.finish(inv, nil, *early), nil
	}
	if r.control.crashed() {
		p.kill()
	} else {
		p.dispatch(inv)
	}
	timer := time.NewTimer(inv.timeLeft())
	return h.await(ctx, inv, p, timer)
}

// admit checks a request as Lambda does, and counts it as under way.
func (h *Host) admit(r request) (*invocation, error) {
	fn, qualifier, err := h.find(r.function)
	if err != nil {
		return nil, err
	}
	if err := r.checkPayload(); err != nil {
		return nil, err
	}
	if len(r.payload) == 0 {
		r.payload = []byte("{}")
	}
	if h.inFlight.Add(1) > int64(h.settings.concurrency) {
		h.inFlight.Add(-1)
		fn.counters.throttles.Add(1)
		return nil, throttled("ConcurrentInvocationLimitExceeded")
	}
	h.memory.rouse()
	if r.id == "" {
		r.id = uuid.New()
	}
	if r.traceID == "" {
		r.traceID = newTraceID()
	}
	if r.qualifier != "" {
		qualifier = r.qualifier
	}
	arn := fn.ARN
	if qualifier != "" {
		arn += ":" + qualifier
	}
	return &invocation{fn: fn, request: r, arn: arn, done: make(chan outcome, 1)}, nil
}

// await waits for the end of an invocation that a process works on.
func (h *Host) await(ctx context.Context, inv *invocation, p *process, timer *time.Timer) (*Response, error) {
	var out outcome
	select {
	case <-inv.request.control.Crash:
		p.kill()
		inv.request.control.Crash = nil
		return h.await(ctx, inv, p, timer)
	case out = <-inv.done:
		timer.Stop()
	case <-timer.C:
		if !p.revoke(inv) {
			out = <-inv.done // the process answered at the last moment
			break
		}
		p.kill()
		<-p.exited
		out = timeoutFailure(inv.fn.Timeout).outcome(inv.request.id)
		out.timedOut = true
	case <-p.exited:
		timer.Stop()
		if !p.revoke(inv) {
			out = <-inv.done // the process answered before it exited
			break
		}
		out = p.exitFailure().outcome(inv.request.id)
	case <-ctx.Done():
		h.background(func() { _, _ = h.await(context.WithoutCancel(ctx), inv, p, timer) })
		return nil, context.Cause(ctx)
	case <-h.closing:
		h.inFlight.Add(-1)
		return nil, ErrClosed
	}
	if out.functionError != "" && h.isClosing() { // Close probably killed the process
		h.inFlight.Add(-1)
		return nil, ErrClosed
	}
	return h.finish(inv, p, out), nil
}

// finish updates the counts and makes the response. p is nil if no process could be
// started.
func (h *Host) finish(inv *invocation, p *process, out outcome) *Response {
	h.inFlight.Add(-1)
	c := &inv.fn.counters
	c.invocations.Add(1)
	if out.functionError != "" {
		c.errors.Add(1)
	}
	if out.timedOut {
		c.timeouts.Add(1)
	}
	response := &Response{
		Payload:       out.payload,
		FunctionError: out.functionError,
		RequestID:     inv.request.id,
		InitDuration:  inv.initTime,
		ColdStart:     inv.cold,
	}
	if !inv.startedAt.IsZero() {
		response.Duration = out.at.Sub(inv.startedAt)
	}
	response.Billed = roundUp(response.Duration+response.InitDuration, time.Millisecond)
	if inv.request.wantLogTail {
		response.logTail = inv.logTail(p, out, response)
	}
	return response
}
