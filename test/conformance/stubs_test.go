package conformance

import (
	"context"
	"encoding/base64"
	"strings"
	"time"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/asl/services"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/objects/objectstest"
	"github.com/mapjob/mapjob/internal/value"
)

// integrations returns the integrations of the case's tasks. Functions behave as
// their recording describes, other services repeat their recorded answers.
func (c *recorded) integrations(machine *asl.StateMachine) []engine.Option {
	functions := engine.ImmediateFunc(c.invoke)
	c.custom = &replay{tasks: list(c.Object, "expect", "tasks")}
	options := []engine.Option{
		engine.WithIntegration("arn:aws:states:::lambda:invoke", functions),
		engine.WithIntegration("arn:aws:lambda:*", functions),
	}
	for s := range machine.AllStates() {
		if s.Task == nil {
			continue
		}
		switch r := s.Task.Resource; {
		case r.Service == "states" && r.Pattern != services.WaitForTaskToken: // the engine does it itself
		case r.Service == "lambda" && r.Pattern == services.RequestResponse, r.Service == services.FunctionService:
		default:
			options = append(options, engine.WithIntegration(r.ARN, c.custom))
		}
	}
	return options
}

// invoke calls one of the case's functions, through the service integration or by
// its ARN.
func (c *recorded) invoke(r *engine.Request) engine.Answer {
	name, event := r.Resource.ARN, r.Parameters
	service := r.Resource.Service == "lambda"
	if service {
		name = text(r.Parameters, "FunctionName")
		event = get(r.Parameters, "Payload")
		if raw, ok := event.(string); ok {
			if parsed, err := value.Parse([]byte(raw)); err == nil {
				event = parsed
			}
		}
		if event == nil && get(r.Parameters, "Payload") == nil {
			event = &value.Object{} // no payload reaches the function as {}
		}
	}
	function := c.function(name)
	if function == nil && c.custom.find(r) >= 0 {
		return c.custom.Answer(r)
	}
	if function == nil {
		return engine.Answer{Err: &engine.TaskError{Name: "Lambda.ResourceNotFoundException", Cause: "Function not found: " + name}}
	}
	if text(function, "behaviour", "kind") == "expr" {
		return c.custom.Answer(r)
	}
	answer := behave(get(function, "behaviour"), event, service)
	if service && answer.Err == nil {
		result := value.NewObject("ExecutedVersion", "$LATEST", "Payload", answer.Output, "StatusCode", 200.0)
		if text(r.Parameters, "LogType") == "Tail" {
			result.Set("LogResult", "RU5E")
		}
		answer.Output = result
	}
	return answer
}

func (c *recorded) function(name string) any {
	functions, _ := get(c.Object, "lambdas").(*value.Object)
	for arn, f := range functions.All() {
		if arn == name || text(f, "name") == name || strings.HasSuffix(arn, ":"+name) {
			return f
		}
	}
	return nil
}

// behave returns the answer of a function. AWS passes an error payload on as the
// function wrote it, with Python's spaces; the service integration encodes it
// again.
func behave(behaviour, event any, service bool) engine.Answer {
	switch text(behaviour, "kind") {
	case "identity":
		return engine.Answer{Output: event}
	case "constant":
		return engine.Answer{Output: get(behaviour, "value")}
	case "raise":
		payload := value.NewObject("errorMessage", get(behaviour, "message"), "errorType", get(behaviour, "errorType"), "requestId", "id")
		if trace := get(behaviour, "stackTrace"); trace != nil {
			payload.Set("stackTrace", trace)
		}
		cause := value.Text(payload)
		if !service {
			cause = python(payload)
		}
		return engine.Answer{Err: &engine.TaskError{Name: text(behaviour, "errorType"), Cause: cause}}
	case "sleep":
		answer := behave(get(behaviour, "then"), event, service)
		seconds, _ := value.Float(get(behaviour, "seconds"))
		answer.Takes = time.Duration(seconds * float64(time.Second))
		return answer
	case "repeat":
		count, _ := value.Float(get(behaviour, "count"))
		return engine.Answer{Output: strings.Repeat(text(behaviour, "text"), int(count))}
	}
	return engine.Answer{Err: &engine.TaskError{Name: "Unknown", Cause: "unknown behaviour: " + value.Text(behaviour)}}
}

// python encodes a value as Python's json.dumps does.
func python(v any) string {
	var parts []string
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			parts = append(parts, python(x))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case *value.Object:
		for name, x := range v.All() {
			parts = append(parts, value.Text(name)+": "+python(x))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return value.Text(v)
}

// replay repeats the recorded answers of a service.
type replay struct {
	tasks []any
	used  map[int]bool
}

// scheduled are the events with which a call begins.
var scheduled = map[string]bool{"TaskScheduled": true, "LambdaFunctionScheduled": true, "ActivityScheduled": true}

// find returns the index of the next recorded call of the same resource, and of
// the same function if there is one. It returns -1 if there is none.
func (p *replay) find(r *engine.Request) int {
	resource := r.Resource.Action + string(r.Resource.Pattern)
	if !r.Resource.Integration() {
		resource = r.Resource.ARN
	}
	first := -1
	for i, t := range p.tasks {
		if p.used[i] || !scheduled[text(t, "type")] || text(t, "resource") != resource {
			continue
		}
		if name := text(r.Parameters, "FunctionName"); name == text(t, "parameters", "FunctionName") {
			return i
		}
		if first < 0 {
			first = i
		}
	}
	return first
}

// Answer returns the outcome of the recorded call. A task that waits for its
// token is answered through its callback.
func (p *replay) Answer(r *engine.Request) engine.Answer {
	if p.used == nil {
		p.used = map[int]bool{}
	}
	var answer engine.Answer
	call := p.find(r)
	if call < 0 {
		return answer
	}
	p.used[call] = true
	resource := text(p.tasks[call], "resource")
	for i := call + 1; i < len(p.tasks); i++ {
		t := p.tasks[i]
		if p.used[i] || text(t, "resource") != resource && !strings.HasPrefix(text(t, "type"), "Lambda") && !strings.HasPrefix(text(t, "type"), "Activity") {
			continue
		}
		switch kind := text(t, "type"); kind {
		case "TaskSubmitted":
			p.used[i] = true
			answer.Output = get(t, "output")
			if r.Callback == nil {
				r.Submitted(answer.Output)
			}
		case "TaskSucceeded", "LambdaFunctionSucceeded", "ActivitySucceeded":
			p.used[i] = true
			if r.Callback != nil {
				r.Callback.Success(get(t, "output"))
				return answer
			}
			return engine.Answer{Output: get(t, "output")}
		case "TaskFailed", "TaskSubmitFailed", "TaskStartFailed", "LambdaFunctionFailed", "ActivityFailed":
			p.used[i] = true
			cause, ok := get(t, "cause").(string)
			if !ok && get(t, "cause") != nil {
				cause = value.Text(get(t, "cause"))
			}
			if r.Callback != nil && answer.Output != nil {
				r.Callback.Failure(text(t, "error"), cause)
				return answer
			}
			return engine.Answer{Err: &engine.TaskError{Name: text(t, "error"), Cause: cause}}
		case "TaskTimedOut", "LambdaFunctionTimedOut", "ActivityTimedOut":
			p.used[i] = true
			if r.Callback == nil {
				answer.Takes = 1 << 60 // past every timeout
			}
			return answer
		}
	}
	return answer
}

func (p *replay) Call(_ context.Context, r *engine.Request) (any, error) {
	answer := p.Answer(r)
	return answer.Output, answer.Err
}

// objects returns the object store with which the case starts.
func (c *recorded) objects() *objectstest.Memory {
	m := &objectstest.Memory{Objects: map[string]string{}}
	for _, o := range list(c.Object, "s3") {
		body := text(o, "body")
		if encoded := text(o, "body", "base64"); encoded != "" {
			decoded, _ := base64.StdEncoding.DecodeString(encoded)
			body = string(decoded)
		}
		m.Objects[text(o, "bucket")+"/"+text(o, "key")] = body
	}
	return m
}
