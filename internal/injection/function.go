package injection

import (
	"context"
	"sync"

	"github.com/mapjob/mapjob/internal/fault"
	"github.com/mapjob/mapjob/internal/fault/tasks"
	"github.com/mapjob/mapjob/internal/lambdahost"
)

// invoked is an invocation whose function may make requests.
type invoked struct {
	site  fault.Site
	crash func() // kills the function

	mu     sync.Mutex
	writes int
}

// wrote counts a write of the function, and returns its number.
func (v *invoked) wrote() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.writes++
	return v.writes
}

// Invoke invokes a function on the host, or lets the invocation fail.
func (i *Injection) Invoke(ctx context.Context, function string, payload []byte) (*lambdahost.Response, error) {
	if c, ok := ctx.Value(callerKey{}).(*caller); ok {
		return i.invocation(ctx, c.site, &c.fault, function, payload)
	}
	// It is for a queue, an event, or another caller.
	site := fault.Site{Moment: fault.Task, Function: i.options.Places.functionOf(function), Call: tasks.Invoke}
	strike, _ := i.at(site)
	f := &strike.Fault
	switch f.Fault {
	case fault.Error:
		return lambdahost.Failure(f.Failure()), nil
	case fault.Throttle:
		return nil, &lambdahost.Error{Code: "TooManyRequestsException", Message: "Rate Exceeded."}
	}
	response, err := i.invocation(ctx, site, f, function, payload)
	if err != nil {
		return nil, err
	}
	switch f.Fault {
	case fault.Slow:
		if err := fault.Sleep(ctx, f.Delay); err != nil {
			return nil, err
		}
	case fault.Lost: // the service around the function knows no connection
		return lambdahost.Failure("Runtime.ExitError", "RequestId: "+response.RequestID+" Error: Runtime exited without providing a reason"), nil
	}
	return response, nil
}

// invocation invokes a function, with what a fault does to the function.
func (i *Injection) invocation(ctx context.Context, site fault.Site, f *fault.Fault, function string, payload []byte) (*lambdahost.Response, error) {
	var control lambdahost.Control
	switch f.Fault {
	case fault.Timeout:
		control.Answered = lambdahost.Hold
	case fault.Crash:
		if f.When == fault.After {
			control.Answered = lambdahost.Kill
			break
		}
		crashed := make(chan struct{})
		close(crashed)
		control.Crash = crashed
	case fault.Duplicate:
		return i.twice(ctx, site, function, payload, f.When == fault.Together)
	}
	response, err := i.invoke(ctx, site, function, payload, control)
	switch {
	case err != nil:
		return nil, err
	case f.Fault == fault.Large:
		return lambdahost.Answer(f.LargeAnswer(), response.RequestID), nil
	case f.Fault == fault.Answer:
		return lambdahost.Answer(f.Answer, response.RequestID), nil
	}
	return response, nil
}

// twice invokes a function twice. The answer that comes first counts. Close and
// settle wait for the other invocation.
func (i *Injection) twice(ctx context.Context, site fault.Site, function string, payload []byte, together bool) (*lambdahost.Response, error) {
	if !together {
		response, err := i.invoke(ctx, site, function, payload, lambdahost.Control{})
		i.background(func(ctx context.Context) {
			_, _ = i.invoke(ctx, site, function, payload, lambdahost.Control{}) // nothing waits for its answer
		})
		return response, err
	}
	type answer struct {
		response *lambdahost.Response
		err      error
	}
	answers := make(chan answer, 2)
	for _, ctx := range []context.Context{ctx, i.ctx} {
		i.background(func(context.Context) {
			response, err := i.invoke(ctx, site, function, payload, lambdahost.Control{})
			answers <- answer{response, err}
		})
	}
	select {
	case first := <-answers:
		return first.response, first.err
	case <-i.ctx.Done():
		return nil, lambdahost.ErrClosed
	}
}

// invoke invokes a function whose requests may go wrong.
func (i *Injection) invoke(ctx context.Context, site fault.Site, function string, payload []byte, control lambdahost.Control) (*lambdahost.Response, error) {
	if !i.requests {
		return i.options.Host.InvokeWith(ctx, function, payload, control)
	}
	control.TraceID = lambdahost.NewTraceID()
	v := &invoked{site: site, crash: func() {}}
	if control.Crash == nil {
		crash := make(chan struct{})
		control.Crash, v.crash = crash, sync.OnceFunc(func() { close(crash) })
	}
	i.mu.Lock()
	i.invoked[control.TraceID] = v
	i.mu.Unlock()
	defer func() {
		i.mu.Lock()
		delete(i.invoked, control.TraceID)
		i.mu.Unlock()
	}()
	return i.options.Host.InvokeWith(ctx, function, payload, control)
}
