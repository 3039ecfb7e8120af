package simulation

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/fault"
	"github.com/mapjob/mapjob/internal/lambdahost"
	"github.com/mapjob/mapjob/internal/panics"
	"github.com/mapjob/mapjob/internal/simulation/deployment"
	"github.com/mapjob/mapjob/internal/simulation/schedule"
)

// Invocation is an invocation of a function that is under way.
type Invocation struct {
	Function *deployment.Function
	State    string // of the task that invokes it; "" without
	Since    time.Time
}

// invocation is an invocation of a function.
type invocation struct {
	Invocation
	number    int64
	caller    *caller     // the task; nil without
	fault     fault.Fault // that strikes; its kind is "" if none does
	requestID string
	deadline  time.Time
	// ctx ends with the invocation, and with it what its requests may do.
	ctx    context.Context
	cancel context.CancelCauseFunc

	mutex    sync.Mutex
	writes   int
	response *lambdahost.Response
	over     chan struct{} // closed when there is a response
	returned chan struct{} // closed when the handler has returned
}

type invocationKey struct{}

// invocationOf returns the invocation to which a context belongs; nil if it belongs
// to none.
func invocationOf(ctx context.Context) *invocation {
	v, _ := ctx.Value(invocationKey{}).(*invocation)
	return v
}

// errOver is why the context of an invocation ends.
type errOver string

func (e errOver) Error() string { return string(e) }

// newInvocation returns an invocation that does not run yet.
func (s *Simulation) newInvocation(of *invocation) *invocation {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.invocations++
	v := &invocation{Invocation: of.Invocation, caller: of.caller, fault: of.fault,
		number: s.invocations, over: make(chan struct{}), returned: make(chan struct{})}
	v.Since = time.Now()
	v.deadline = v.Since.Add(v.Function.Timeout)
	v.requestID = s.requestID(v)
	ctx := context.WithValue(s.contextOf(v), invocationKey{}, v)
	ctx = lambdacontext.NewContext(ctx, &lambdacontext.LambdaContext{AwsRequestID: v.requestID, InvokedFunctionArn: v.Function.ARN})
	v.ctx, v.cancel = context.WithCancelCause(ctx)
	return v
}

// begin invokes a function. The task that invokes it may end before the invocation
// does: the function runs on then, as on AWS. One that is beside another waits until
// the scheduler lets it go on.
func (s *Simulation) begin(of *invocation, payload []byte, beside bool) *invocation {
	v := s.newInvocation(of)
	s.mutex.Lock()
	s.inFlight = append(s.inFlight, v)
	s.mutex.Unlock()
	ctx, stop := context.WithDeadline(v.ctx, v.deadline)
	timeout := time.AfterFunc(v.Function.Timeout, v.timeOut)
	s.scheduler.Go(func() {
		defer s.ended(v)
		defer stop()
		defer timeout.Stop()
		if beside && s.scheduler.Park(ctx, schedule.Key{Caller: v.number, Call: "beside"}) != nil {
			return
		}
		v.handle(ctx, s.handlers[v.Function], payload)
	})
	return v
}

// requestID returns the ID of an invocation, which is the same in each run with the
// same seed.
func (s *Simulation) requestID(v *invocation) string {
	return fmt.Sprintf("%08x-0000-4000-8000-%012x", uint32(s.options.Seed), v.number)
}

func (s *Simulation) ended(v *invocation) {
	close(v.returned)
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.inFlight = slices.DeleteFunc(s.inFlight, func(other *invocation) bool { return other == v })
}

// handle calls a handler and ends the invocation, also if the handler panics or ends
// its goroutine. It returns when the invocation is over.
func (v *invocation) handle(ctx context.Context, handler lambda.Handler, payload []byte) {
	var answer []byte
	failure := &messages.InvokeResponse_Error{Type: "Runtime.ExitError", Message: "the handler ended its goroutine"}
	defer func() {
		if p := recover(); p != nil {
			failure = raised(p, fmt.Sprint(p))
			failure.StackTrace = panics.Frames("github.com/mapjob/mapjob/internal/simulation.")
		}
		v.answer(answer, failure)
		<-v.over
	}()
	text, err := handler.Invoke(ctx, payload)
	answer, failure = text, nil
	if err != nil {
		failure = raised(err, "")
		failure.Message = cmp.Or(failure.Message, err.Error())
	}
}

// raised returns the error of a function, named as package lambda does it: by itself,
// or by its type in Go.
func raised(err any, message string) *messages.InvokeResponse_Error {
	if raised, ok := err.(messages.InvokeResponse_Error); ok {
		return &raised
	}
	t := reflect.TypeOf(err)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return &messages.InvokeResponse_Error{Type: t.Name(), Message: message}
}

// answer ends the invocation with what the handler returned, unless a fault strikes.
func (v *invocation) answer(answer []byte, failure *messages.InvokeResponse_Error) {
	switch v.fault.Fault {
	case fault.Crash:
		if v.fault.When == fault.After {
			v.crash()
		}
	case fault.Large:
		answer, failure = v.fault.LargeAnswer(), nil
	case fault.Answer:
		answer, failure = v.fault.Answer, nil
	}
	switch {
	case v.fault.Fault == fault.Timeout: // its time will be up
	case !time.Now().Before(v.deadline):
		v.timeOut()
	case failure != nil:
		v.failWith(failure)
	default:
		v.end(lambdahost.Answer(answer, v.requestID), errOver("the invocation has ended"))
	}
}

// timeOut ends the invocation as Lambda does when its time is up.
func (v *invocation) timeOut() {
	v.fail("Sandbox.Timedout", fmt.Sprintf("RequestId: %s Error: Task timed out after %.2f seconds", v.requestID, v.Function.Timeout.Seconds()))
}

// crash ends the invocation as Lambda does when the process of the function exits.
// What the handler still does has no effect.
func (v *invocation) crash() {
	v.fail("Runtime.ExitError", fmt.Sprintf("RequestId: %s Error: Runtime exited with error: signal: killed", v.requestID))
}

// fail ends the invocation with an error.
func (v *invocation) fail(name, message string) {
	v.failWith(&messages.InvokeResponse_Error{Type: name, Message: message})
}

func (v *invocation) failWith(failure *messages.InvokeResponse_Error) {
	payload, err := json.Marshal(failure)
	if err != nil { // strings and numbers can always be marshaled
		panic(err)
	}
	v.end(&lambdahost.Response{Payload: payload, FunctionError: "Unhandled"}, errOver("the invocation has ended: "+failure.Type))
}

// end ends the invocation, unless it has ended before. From now on its requests are
// refused.
func (v *invocation) end(r *lambdahost.Response, why error) {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	if v.response != nil {
		return
	}
	r.RequestID = v.requestID
	r.Duration = time.Since(v.Since)
	v.response = r
	v.cancel(why)
	close(v.over)
}

func (v *invocation) hasEnded() bool {
	select {
	case <-v.over:
		return true
	default:
		return false
	}
}

// wait waits for the answer. The error is the cause of ctx's end.
func (v *invocation) wait(ctx context.Context) (*lambdahost.Response, error) {
	select {
	case <-v.over:
		return v.response, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// Has implements [integration.Functions].
func (s *Simulation) Has(name string) bool { return s.stack.Function(name) != nil }

// Invoke implements [integration.Functions].
func (s *Simulation) Invoke(ctx context.Context, name string, payload []byte) (*lambdahost.Response, error) {
	f := s.stack.Function(name)
	if f == nil || s.handlers[f] == nil {
		return nil, &lambdahost.Error{Code: "ResourceNotFoundException", Message: "Function not found: " + name}
	}
	if err := checkPayload(payload); err != nil {
		return nil, err
	}
	of := &invocation{Invocation: Invocation{Function: f}, caller: callerOf(ctx)}
	if c := of.caller; c != nil {
		of.State, of.fault = c.site.State, c.fault
	} else {
		of.fault, _ = s.visit(of.site(fault.Task))
	}
	return s.invoke(ctx, of, payload)
}

// checkPayload refuses a payload that is too large or not JSON. Most are small and JSON,
// which jsontext finds out faster than encoding/json.
func checkPayload(payload []byte) error {
	if len(payload) <= engine.AWSLimits.PayloadBytes && jsontext.Value(payload).IsValid(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)) {
		return nil
	}
	return lambdahost.CheckPayload(payload)
}

// invoke invokes a function, with what a fault does to the invocation.
func (s *Simulation) invoke(ctx context.Context, of *invocation, payload []byte) (*lambdahost.Response, error) {
	f := &of.fault
	if of.caller == nil { // else the task does these
		switch f.Fault {
		case fault.Error:
			v := s.newInvocation(of)
			v.fail(f.Failure())
			return v.response, nil
		case fault.Throttle:
			return nil, &lambdahost.Error{Code: "TooManyRequestsException", Message: "Rate Exceeded."}
		case fault.Lost:
			if _, err := s.begin(of, payload, false).wait(ctx); err != nil {
				return nil, err
			}
			return nil, errLost
		case fault.Slow:
			response, err := s.begin(of, payload, false).wait(ctx)
			if err == nil {
				err = fault.Sleep(ctx, f.Delay)
			}
			return response, err
		}
	}
	switch {
	case f.Fault == fault.Crash && f.When != fault.After:
		v := s.newInvocation(of)
		v.crash()
		return v.response, nil
	case f.Fault == fault.Duplicate && f.When == fault.Together:
		first, second := s.begin(of, payload, false), s.begin(of, payload, true)
		select {
		case <-first.over:
		case <-second.over:
		case <-ctx.Done():
		}
		// Both may have ended at this moment.
		if err := s.scheduler.Park(ctx, schedule.Key{Caller: first.number, Call: "ended"}); err != nil {
			return nil, err
		}
		if first.hasEnded() {
			return first.response, nil
		}
		return second.response, nil
	case f.Fault == fault.Duplicate:
		first := s.begin(of, payload, false)
		response, err := first.wait(ctx)
		// Invocations are numbered as they begin, and others may end at this moment.
		if s.scheduler.Park(ctx, schedule.Key{Caller: first.number, Call: "again"}) == nil {
			s.begin(of, payload, false)
		}
		return response, err
	}
	return s.begin(of, payload, false).wait(ctx)
}

// errLost is the error of a call whose answer was lost.
var errLost = errors.New("connection reset by peer")
