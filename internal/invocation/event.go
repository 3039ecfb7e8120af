package invocation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/mapjob/mapjob/internal/lambdahost"
	"github.com/mapjob/mapjob/internal/sqs"
)

// Asynchronous invocations (Lambda developer guide, "How Lambda handles errors
// and retries with asynchronous invocation", "Configuring error handling
// settings for asynchronous invocations", "Lambda quotas").
const (
	MaxRetries      = 2 // after a failed try, unless the settings say less
	DefaultEventAge = 6 * time.Hour

	maxAsyncBytes   = 1 << 20
	firstThrottle   = time.Second
	longestThrottle = 5 * time.Minute
)

// retryPauses returns how long Lambda waits before each retry.
func retryPauses() [MaxRetries]time.Duration {
	return [...]time.Duration{time.Minute, 2 * time.Minute}
}

// EventConfig is how the events of a function are handled.
type EventConfig struct {
	Function string // name
	ARN      string
	Retries  int // at most MaxRetries
	MaxAge   time.Duration
	// ARNs of what is notified of the event's end. Only queues are; "" is none.
	OnFailure, OnSuccess, DeadLetter string
}

// EventResult is how an asynchronous invocation ended.
type EventResult struct {
	Condition     string    // Success, RetriesExhausted or EventAgeExceeded; "" if the invoker was closed first
	Began, Ended  time.Time // by the clock of the queues
	Tries         int       // invocations
	FunctionError string    // of the last try
	Answer        []byte    // of the last try: what the function answered, or its error
	Sent          []string  // the queues that were notified
	Unsent        []error   // why others were not: each names its queue
	Err           error     // why the last try did not reach the function
}

// Event invokes a function asynchronously. If it fails, it is invoked again
// after one minute and after two more, and its end is sent to the destination
// and the dead-letter queue of its settings. The channel gets the one result.
//
// [sqs.Service.Drain] lets the pauses take no time, and waits for the end.
func (v *Invoker) Event(config EventConfig, payload []byte) (<-chan EventResult, error) {
	if n := config.Retries; n < 0 || n > MaxRetries {
		return nil, fmt.Errorf("function %s: MaximumRetryAttempts: got %d, expected 0 to %d", config.Function, n, MaxRetries)
	}
	if len(payload) > maxAsyncBytes || !json.Valid(payload) {
		return nil, fmt.Errorf("function %s: got an event of %d bytes, expected JSON of at most %d", config.Function, len(payload), maxAsyncBytes)
	}
	result := make(chan EventResult, 1)
	e := &event{invoker: v, config: config, payload: payload}
	started := v.background(func(hold *sqs.Hold) {
		began := v.queues.Now()
		e.run(v.ctx, hold)
		e.result.Began, e.result.Ended = began, v.queues.Now()
		result <- e.result
	})
	if !started {
		return nil, lambdahost.ErrClosed
	}
	return result, nil
}

// event is an asynchronous invocation under way.
type event struct {
	invoker *Invoker
	config  EventConfig
	payload []byte
	last    *lambdahost.Response // of the last try that reached the function
	result  EventResult
}

// run invokes the function until it succeeds, its retries are used up or the
// event is too old, and sends how it ended.
func (e *event) run(ctx context.Context, hold *sqs.Hold) {
	now := e.invoker.queues.Now
	expires := now().Add(e.config.MaxAge)
	pauses, throttle := retryPauses(), firstThrottle
	for {
		response, err := e.invoker.Invoke(ctx, e.config.Function, e.payload)
		if ctx.Err() != nil {
			e.result = EventResult{Tries: e.result.Tries, Err: context.Cause(ctx)}
			return
		}
		var pause time.Duration
		refused, isRefusal := errors.AsType[*lambdahost.Error](err)
		switch {
		case isRefusal && refused.Code == "TooManyRequestsException": // does not count as a try
			e.result.Err = err
			pause, throttle = throttle, min(2*throttle, longestThrottle)
		case err != nil:
			e.result = EventResult{Tries: e.result.Tries, Err: err}
			return
		default:
			e.tried(response)
			if response.FunctionError == "" {
				e.end("Success")
				return
			}
			if e.result.Tries > e.config.Retries {
				e.end("RetriesExhausted")
				return
			}
			pause = pauses[e.result.Tries-1]
		}
		if now().Add(pause).After(expires) {
			e.end("EventAgeExceeded")
			return
		}
		if err := hold.Sleep(ctx, pause); err != nil {
			e.result = EventResult{Tries: e.result.Tries, Err: err}
			return
		}
	}
}

func (e *event) tried(response *lambdahost.Response) {
	e.last, e.result.Err = response, nil
	e.result.Tries++
	e.result.Answer, e.result.FunctionError = response.Payload, response.FunctionError
}
