package stack

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/mapjob/mapjob/internal/lambdahost"
	"github.com/mapjob/mapjob/internal/sqs"
	"github.com/mapjob/mapjob/internal/template"
)

// Asynchronous invocations (Lambda developer guide, "How Lambda handles errors
// and retries with asynchronous invocation", "Configuring error handling
// settings for asynchronous invocations", "Lambda quotas").
const (
	maxAsyncBytes   = 1 << 20
	defaultEventAge = 6 * time.Hour
	firstThrottle   = time.Second
	longestThrottle = 5 * time.Minute
)

// eventRetries are how long Lambda waits before it invokes a function again that
// has failed.
var eventRetries = []time.Duration{time.Minute, 2 * time.Minute}

// eventConfig is how the events of a function are handled.
type eventConfig struct {
	name      string // of the function
	arn       string
	retries   []time.Duration
	age       time.Duration
	onFailure string // the ARN of a queue; empty: there is none
	onSuccess string
	dead      string // the same, of the function's dead-letter queue
}

// EventResult is how an asynchronous invocation has ended.
type EventResult struct {
	Condition     string    // Success, RetriesExhausted or EventAgeExceeded; empty where this machine ended first
	Began, Ended  time.Time // by the time of the queues
	Tries         int       // invocations
	FunctionError string    // of the last try
	Answer        []byte    // of the last try: what the function answered, or its error
	Sent          []string  // the queues that were told
	Untold        []error   // why others were not: each names its queue
	Err           error     // why the last try did not reach the function
}

// InvokeEvent invokes a function asynchronously, as an event does: one that
// fails is invoked twice more, after a minute and after two, and its failure
// goes to its destination or dead-letter queue, as its settings in the stack
// say. The function is named by its construct's short name, its logical ID or
// its physical name. The channel gets the one result.
//
// [Stack.Drain] lets the waits take no time, and waits for the end.
func (c *Stack) InvokeEvent(function string, payload []byte) (<-chan EventResult, error) {
	config, err := c.eventConfig(function)
	if err != nil {
		return nil, err
	}
	if len(payload) > maxAsyncBytes || !json.Valid(payload) {
		return nil, fmt.Errorf("the event for function %s: got %d bytes, expected JSON of at most %d", function, len(payload), maxAsyncBytes)
	}
	result := make(chan EventResult, 1)
	hold := c.queues.service.Hold()
	begun := c.queues.goOn(func() {
		defer hold.End()
		began := c.queues.service.Now()
		r := c.runEvent(c.queues.ctx, hold, config, payload)
		r.Began, r.Ended = began, c.queues.service.Now()
		result <- r
	})
	if !begun {
		hold.End()
		return nil, lambdahost.ErrClosed
	}
	return result, nil
}

func (c *Stack) eventConfig(function string) (*eventConfig, error) {
	t := c.template
	id := ""
	for _, candidate := range t.OfType("AWS::Lambda::Function") {
		if t.PhysicalName(candidate) == function {
			id = candidate
		}
	}
	if id == "" {
		var err error
		if id, err = c.template.Find(function, "function", "--function", "AWS::Lambda::Function"); err != nil {
			return nil, err
		}
	}
	config := &eventConfig{name: t.PhysicalName(id), arn: t.ARN("lambda", "function:"+t.PhysicalName(id)), retries: eventRetries, age: defaultEventAge}
	if !c.functions[config.name] {
		return nil, fmt.Errorf("function %s does not run on this machine", function)
	}
	var f struct{ DeadLetterConfig struct{ TargetArn string } }
	if err := t.Decode(id, &f); err != nil {
		return nil, err
	}
	config.dead = f.DeadLetterConfig.TargetArn
	for _, id := range t.OfType("AWS::Lambda::EventInvokeConfig") {
		type destination struct{ Destination string }
		var p struct {
			FunctionName             string
			MaximumEventAgeInSeconds int
			MaximumRetryAttempts     *int
			DestinationConfig        struct{ OnFailure, OnSuccess destination }
		}
		if err := t.Decode(id, &p); err != nil {
			return nil, err
		}
		if functionName(p.FunctionName) != config.name {
			continue
		}
		if n := p.MaximumRetryAttempts; n != nil {
			if *n < 0 || *n > len(eventRetries) {
				return nil, fmt.Errorf("%s: MaximumRetryAttempts: got %d, expected 0 to %d", id, *n, len(eventRetries))
			}
			config.retries = eventRetries[:*n]
		}
		config.age = cmp.Or(time.Duration(p.MaximumEventAgeInSeconds)*time.Second, defaultEventAge)
		config.onFailure, config.onSuccess = p.DestinationConfig.OnFailure.Destination, p.DestinationConfig.OnSuccess.Destination
	}
	return config, nil
}

// runEvent invokes the function until it succeeds, its retries are used up or
// the event is too old, and tells whom the settings name.
func (c *Stack) runEvent(ctx context.Context, hold *sqs.Hold, config *eventConfig, payload []byte) EventResult {
	service := c.queues.service
	expires := service.Now().Add(config.age)
	retries, throttle := config.retries, firstThrottle
	var r EventResult
	var last *lambdahost.Response
	for {
		response, err := c.call(ctx, config.name, payload)
		if ctx.Err() != nil {
			return EventResult{Tries: r.Tries, Err: context.Cause(ctx)}
		}
		var pause time.Duration
		refused, isRefusal := errors.AsType[*lambdahost.Error](err)
		switch {
		case isRefusal && refused.Code == "TooManyRequestsException": // which is no try
			r.Err = err
			pause, throttle = throttle, min(2*throttle, longestThrottle)
		case err != nil:
			return EventResult{Tries: r.Tries, Err: err}
		default:
			last, r.Err = response, nil
			r.Tries++
			r.Answer, r.FunctionError = response.Payload, response.FunctionError
			if response.FunctionError == "" {
				r.Condition = "Success"
				return c.tell(config, r, last, payload)
			}
			if len(retries) == 0 {
				r.Condition = "RetriesExhausted"
				return c.tell(config, r, last, payload)
			}
			pause, retries = retries[0], retries[1:]
		}
		if service.Now().Add(pause).After(expires) {
			r.Condition = "EventAgeExceeded"
			return c.tell(config, r, last, payload)
		}
		if err := hold.Sleep(ctx, pause); err != nil {
			return EventResult{Tries: r.Tries, Err: err}
		}
	}
}

// tell sends the record of an invocation to its destination, and the event of
// one that failed to the function's dead-letter queue (Lambda developer guide,
// "Capturing records of Lambda asynchronous invocations").
func (c *Stack) tell(config *eventConfig, r EventResult, last *lambdahost.Response, payload []byte) EventResult {
	type object = map[string]any
	destination := config.onSuccess
	requestID := newUUID()
	record := object{
		"version":        "1.0",
		"timestamp":      c.queues.service.Now().UTC().Format("2006-01-02T15:04:05.000Z"),
		"requestPayload": json.RawMessage(payload),
	}
	if last != nil {
		requestID = last.RequestID
		response := object{"statusCode": 200, "executedVersion": "$LATEST"}
		if r.FunctionError != "" {
			response["functionError"] = r.FunctionError
		}
		record["responseContext"] = response
		if record["responsePayload"] = json.RawMessage(r.Answer); !json.Valid(r.Answer) {
			record["responsePayload"] = string(r.Answer)
		}
	}
	record["requestContext"] = object{"requestId": requestID, "functionArn": config.arn + ":$LATEST", "condition": r.Condition, "approximateInvokeCount": r.Tries}
	if r.Condition != "Success" {
		destination = config.onFailure
		if config.dead != "" {
			r.send(c, config.dead, string(payload), deadLetter(requestID, &r))
		}
	}
	if destination != "" {
		text, err := json.Marshal(record)
		if err != nil {
			r.Untold = append(r.Untold, fmt.Errorf("telling %s of an invocation: %w", sqs.NameOf(destination), err))
			return r
		}
		r.send(c, destination, string(text), nil)
	}
	return r
}

// send tells a queue. One that does not take the record, because it is too long
// for a message, is not told, and nobody tries again: Lambda counts it as
// DestinationDeliveryFailures or DeadLetterErrors. Nothing but queues is told.
func (r *EventResult) send(c *Stack, queue, body string, attributes map[string]sqs.Attribute) {
	if !strings.HasPrefix(queue, "arn:"+template.Partition+":sqs:") {
		return
	}
	if _, err := c.queues.service.Send(queue, body, attributes); err != nil {
		r.Untold = append(r.Untold, fmt.Errorf("telling %s of an invocation: %w", sqs.NameOf(queue), err))
		return
	}
	r.Sent = append(r.Sent, sqs.NameOf(queue))
}

// deadLetter are the attributes of an event in a dead-letter queue (Lambda
// developer guide, "Adding a dead-letter queue").
func deadLetter(requestID string, r *EventResult) map[string]sqs.Attribute {
	text := func(s string) sqs.Attribute { return sqs.Attribute{DataType: "String", StringValue: s} }
	attributes := map[string]sqs.Attribute{"RequestID": text(requestID), "ErrorCode": {DataType: "Number", StringValue: "200"}}
	var failure struct{ ErrorMessage string }
	if json.Unmarshal(r.Answer, &failure) == nil && failure.ErrorMessage != "" {
		attributes["ErrorMessage"] = text(beginning(failure.ErrorMessage, 1024))
	}
	return attributes
}

// beginning is as much of a text as fits into so many bytes, in whole characters.
func beginning(text string, bytes int) string {
	if len(text) <= bytes {
		return text
	}
	for bytes > 0 && !utf8.RuneStart(text[bytes]) {
		bytes--
	}
	return text[:bytes]
}
