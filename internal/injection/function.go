package injection

import (
	"context"
	"encoding/json"
	"strings"
	"sync"

	"github.com/mapjob/mapjob/internal/fault"
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
	site, isTask := ctx.Value(siteKey{}).(fault.Site)
	if !isTask { // it is for a queue, an event, or another caller
		site = fault.Site{Moment: fault.Task, Function: i.options.Places.functionOf(function), Call: "lambda:Invoke"}
	}
	strike, ok := i.at(site)
	if !ok {
		return i.invoke(ctx, site, function, payload, lambdahost.Control{})
	}
	f := &strike.Fault
	var control lambdahost.Control
	switch f.Fault {
	case fault.Error:
		return failure(f.Failure()), nil
	case fault.Throttle:
		return nil, &lambdahost.Error{Code: "TooManyRequestsException", Message: "Rate Exceeded."}
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
	if err != nil {
		return nil, err
	}
	switch f.Fault {
	case fault.Slow:
		if err := sleep(ctx, f.Delay); err != nil {
			return nil, err
		}
	case fault.Lost:
		if !isTask { // the service around the function knows no connection
			return failure("Runtime.ExitError", "RequestId: "+response.RequestID+" Error: Runtime exited without providing a reason"), nil
		}
		return nil, noAnswer{}
	case fault.Large:
		return large(f.Size()), nil
	case fault.Answer:
		return &lambdahost.Response{Payload: f.Answer, RequestID: response.RequestID}, nil
	}
	return response, nil
}

// noAnswer is the error of AWS's client if a server closes the connection.
type noAnswer struct{}

func (noAnswer) Error() string { return "The target server failed to respond" }

// maxResponse is the size of the largest answer of a function.
const maxResponse = 6_291_556

// large returns an answer of so many bytes, or the error of one that is too large.
func large(bytes int) *lambdahost.Response {
	if bytes > maxResponse {
		return failure("Function.ResponseSizeTooLarge", "Response payload size exceeded maximum allowed payload size (6291556 bytes).")
	}
	return &lambdahost.Response{Payload: []byte(`"` + strings.Repeat("x", max(0, bytes-2)) + `"`)}
}

// failure returns the response of a function that has failed.
func failure(name, message string) *lambdahost.Response {
	payload, err := json.Marshal(struct {
		Type    string `json:"errorType"`
		Message string `json:"errorMessage"`
	}{name, message})
	if err != nil { // two strings can always be marshaled
		panic(err)
	}
	return &lambdahost.Response{Payload: payload, FunctionError: "Unhandled"}
}

// twice invokes a function twice. The answer that comes first counts.
func (i *Injection) twice(ctx context.Context, site fault.Site, function string, payload []byte, together bool) (*lambdahost.Response, error) {
	type answer struct {
		response *lambdahost.Response
		err      error
	}
	answers := make(chan answer, 2)
	invoke := func(ctx context.Context) {
		response, err := i.invoke(ctx, site, function, payload, lambdahost.Control{})
		answers <- answer{response, err}
	}
	if together {
		i.background(invoke)
	}
	go invoke(ctx)
	first := <-answers
	if !together {
		i.background(invoke)
	}
	return first.response, first.err
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
