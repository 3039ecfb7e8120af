package engine

import (
	"fmt"
	"strings"
	"time"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/value"
)

// own reports whether the engine answers a resource itself: starting the state
// machines it knows, and asking after executions of its run.
func (e *Engine) own(r asl.Resource) bool {
	switch r.Service {
	case "states":
		return r.Action == "startExecution" && e.machines != nil
	case "aws-sdk:sfn":
		return r.Action != "startExecution" && ownActions[r.Action] || r.Action == "startExecution" && e.machines != nil
	}
	return false
}

// ownActions are the calls of aws-sdk:sfn that the engine answers.
var ownActions = map[string]bool{
	"describeExecution": true, "listExecutions": true, "stopExecution": true, "startExecution": true,
	"sendTaskSuccess": true, "sendTaskFailure": true, "sendTaskHeartbeat": true,
}

// callOwn answers a resource that has no integration.
func (v *visit) callOwn(t *task) {
	arguments, _ := t.request.Parameters.(*value.Object)
	if t.request.Resource.Action == "startExecution" {
		v.startExecution(t, arguments)
		return
	}
	output, err := v.askOwn(t.request.Resource.Action, arguments)
	v.answerAfter(t, 0, output, err)
}

// startExecution starts an execution beside this one, on the same loop and
// clock. With .sync the task ends when the execution does.
func (v *visit) startExecution(t *task, arguments *value.Object) {
	arn := stringMember(arguments, "StateMachineArn")
	nested, ok := v.machines[arn]
	if !ok {
		v.answerAfter(t, 0, nil, v.sfnError(t, "StateMachineDoesNotExist", fmt.Sprintf("State Machine Does Not Exist: '%s'", arn)))
		return
	}
	name := stringMember(arguments, "Name")
	if name == "" {
		name = v.newID()
	}
	x := v.run.newExecution(nested.machine, arn, lastPart(arn), nested.kind, name)
	if _, taken := v.executions[x.arn]; taken {
		v.answerAfter(t, 0, nil, v.sfnError(t, "ExecutionAlreadyExists", fmt.Sprintf("Execution Already Exists: '%s'", x.arn)))
		return
	}
	x.input = executionInput(arguments)
	v.remember(x)
	v.open++
	pattern := t.request.Resource.Pattern
	x.ended = func() {
		v.run.closed()
		if t.nested == x && v.work == working(t) {
			t.nested = nil
			v.nestedEnded(t, x)
		}
	}
	started := v.loop.clock.now()
	v.loop.do(x.start)
	output := value.NewObject("ExecutionArn", x.arn, "StartDate", float64(started.UnixMilli())/1000)
	if pattern != asl.RunJob && pattern != asl.RunJob2 {
		v.answerAfter(t, 0, output, nil)
		return
	}
	t.nested = x
	v.submit(t, output)
}

// executionInput is Input, which may be JSON or a text of JSON. Without one,
// and where it is null, the execution has an empty object (recorded).
func executionInput(arguments *value.Object) any {
	input, _ := arguments.Get("Input")
	if text, ok := input.(string); ok {
		if parsed, err := value.Parse([]byte(text)); err == nil {
			return parsed
		}
	}
	if input == nil {
		return &value.Object{}
	}
	return input
}

// nestedEnded ends a .sync task with what its execution came to.
func (v *visit) nestedEnded(t *task, x *execution) {
	d := describeNested(x, t.request.Resource.Pattern == asl.RunJob2)
	if x.status == Succeeded {
		v.answer(t, d, nil)
		return
	}
	v.answer(t, nil, &TaskError{Name: errTaskFailed, Cause: value.Text(d)})
}

// describeNested is the result of startExecution.sync. With .sync:2 input and
// output are JSON in place of text.
func describeNested(x *execution, parsed bool) *value.Object {
	payload := func(v any) any {
		if parsed {
			return v
		}
		return value.Text(v)
	}
	included := value.NewObject("Included", true)
	d := &value.Object{}
	if x.failure != nil {
		setText(d, "Cause", x.failure.cause)
		setText(d, "Error", x.failure.name)
	}
	d.Set("ExecutionArn", x.arn)
	d.Set("Input", payload(x.input))
	d.Set("InputDetails", included)
	d.Set("Name", x.name)
	if x.status == Succeeded {
		d.Set("Output", payload(x.output))
		d.Set("OutputDetails", included)
	}
	d.Set("StartDate", float64(x.startTime.UnixMilli()))
	d.Set("StateMachineArn", x.machineARN)
	d.Set("Status", x.status)
	d.Set("StopDate", float64(x.stopTime.UnixMilli()))
	return d
}

func setText(o *value.Object, name, text string) {
	if text != "" {
		o.Set(name, text)
	}
}

// askOwn answers a call about executions or task tokens.
func (v *visit) askOwn(action string, arguments *value.Object) (any, error) {
	switch action {
	case "sendTaskSuccess", "sendTaskFailure", "sendTaskHeartbeat":
		return v.sendTask(action, arguments)
	case "listExecutions":
		list := []any{}
		for _, x := range v.executionList {
			status := stringMember(arguments, "StatusFilter")
			if x.machineARN == stringMember(arguments, "StateMachineArn") && (status == "" || status == x.status) {
				list = append(list, x.summary())
			}
		}
		return value.NewObject("Executions", list), nil
	}
	arn := stringMember(arguments, "ExecutionArn")
	x, ok := v.executions[arn]
	if !ok {
		return nil, &TaskError{Name: "Sfn.ExecutionDoesNotExistException", Cause: fmt.Sprintf(
			"Execution Does Not Exist: '%s' (Service: Sfn, Status Code: 400, Request ID: %s)", arn, v.newID())}
	}
	if action == "stopExecution" {
		v.loop.do(func() { x.abort(stringMember(arguments, "Error"), stringMember(arguments, "Cause")) })
		return value.NewObject("StopDate", isoTime(v.loop.clock.now())), nil
	}
	d := x.summary()
	if stringMember(arguments, "IncludedData") == "METADATA_ONLY" {
		return d, nil
	}
	included := value.NewObject("Included", true)
	d.Set("Input", value.Text(x.input))
	d.Set("InputDetails", included)
	if x.status == Succeeded {
		d.Set("Output", value.Text(x.output))
		d.Set("OutputDetails", included)
	}
	if x.failure != nil {
		setText(d, "Error", x.failure.name)
		setText(d, "Cause", x.failure.cause)
	}
	return d, nil
}

// summary is an execution in ListExecutions.
func (x *execution) summary() *value.Object {
	d := value.NewObject(
		"ExecutionArn", x.arn, "Name", x.name, "RedriveCount", 0.0,
		"StartDate", isoTime(x.startTime), "StateMachineArn", x.machineARN, "Status", x.status,
	)
	if x.status != Running {
		d.Set("StopDate", isoTime(x.stopTime))
	}
	return d
}

// isoTime is the form of times in results of aws-sdk integrations.
func isoTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// sendTask answers a task token of this run.
func (v *visit) sendTask(action string, arguments *value.Object) (any, error) {
	callback, ok := v.tokens[stringMember(arguments, "TaskToken")]
	if !ok {
		return nil, &TaskError{Name: "Sfn.InvalidTokenException", Cause: fmt.Sprintf(
			"Invalid Token: 'Invalid token' (Service: Sfn, Status Code: 400, Request ID: %s)", v.newID())}
	}
	switch action {
	case "sendTaskSuccess":
		output, _ := arguments.Get("Output")
		if text, ok := output.(string); ok {
			if parsed, err := value.Parse([]byte(text)); err == nil {
				output = parsed
			}
		}
		callback.Success(output)
	case "sendTaskFailure":
		callback.Failure(stringMember(arguments, "Error"), stringMember(arguments, "Cause"))
	default:
		callback.Heartbeat()
	}
	return &value.Object{}, nil
}

// sfnError is an error of Step Functions itself, in the words of the
// integration that was used.
func (v *visit) sfnError(t *task, code, text string) error {
	if strings.HasPrefix(t.request.Resource.Service, "aws-sdk:") {
		return &TaskError{Name: "Sfn." + code + "Exception", Cause: fmt.Sprintf("%s (Service: Sfn, Status Code: 400, Request ID: %s)", text, v.newID())}
	}
	return &TaskError{Name: "StepFunctions." + code + "Exception", Cause: fmt.Sprintf(
		"%s (Service: AWSStepFunctions; Status Code: 400; Error Code: %s; Request ID: %s; Proxy: null)", text, code, v.newID())}
}
