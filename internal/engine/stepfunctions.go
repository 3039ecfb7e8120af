package engine

import (
	"fmt"
	"strings"

	"github.com/mapjob/mapjob/internal/asl/services"
	"github.com/mapjob/mapjob/internal/value"
)

// The Step Functions API that tasks of a run can call: starting the state
// machines that the engine was given, and asking for executions.

// answers reports whether the engine answers the resource itself.
func (e *Engine) answers(r services.Resource) bool {
	switch {
	case r.Action == "startExecution":
		return e.machines != nil && (r.Service == "states" || r.Service == "aws-sdk:sfn")
	case r.Service != "aws-sdk:sfn":
		return false
	}
	switch r.Action {
	case "describeExecution", "getExecutionHistory", "listExecutions", "stopExecution", "sendTaskSuccess", "sendTaskFailure", "sendTaskHeartbeat":
		return true
	}
	return false
}

// callStepFunctions answers a task without an integration.
func (t *task) callStepFunctions() {
	arguments, _ := t.request.Parameters.(*value.Object)
	if t.request.Resource.Action == "startExecution" {
		t.startExecution(arguments)
		return
	}
	output, err := t.visit.run.callStepFunctions(t.request.Resource.Action, arguments)
	t.respond(0, output, err)
}

// startExecution starts an execution beside this one, on the same loop and
// clock. With .sync the task ends when the execution does.
func (t *task) startExecution(arguments *value.Object) {
	r := t.visit.run
	arn := stringMember(arguments, "StateMachineArn")
	nested, ok := r.engine.machines[arn]
	if !ok {
		t.respond(0, nil, t.startError("StateMachineDoesNotExist", fmt.Sprintf("State Machine Does Not Exist: '%s'", arn)))
		return
	}
	name := stringMember(arguments, "Name")
	if name == "" {
		name = r.newID()
	}
	if err := r.engine.checkName(name); err != nil {
		t.respond(0, nil, t.startError("InvalidName", fmt.Sprintf("Invalid Name: '%s'", name)))
		return
	}
	x := r.newExecution(nested.machine, arn, nested.kind, name)
	x.input = executionInput(arguments)
	if !r.executions.add(x, false) {
		t.respond(0, nil, t.startError("ExecutionAlreadyExists", fmt.Sprintf("Execution Already Exists: '%s'", x.arn)))
		return
	}
	x.ended = func() {
		r.executionEnded(x)
		if t.nested == x && !t.ended() {
			t.nested = nil
			t.nestedEnded(x)
		}
	}
	pattern := t.request.Resource.Pattern
	waits := pattern == services.RunJob || pattern == services.RunJob2
	if waits {
		x.waiter = t
	}
	r.add(x)
	r.loop.Do(x.start)
	output := value.NewObject("ExecutionArn", x.arn, "StartDate", float64(x.startTime.UnixMilli())/1000)
	if !waits {
		t.respond(0, output, nil)
		return
	}
	t.nested = x
	t.submit(output)
}

// executionInput returns Input, which may be a value or JSON text. If it is
// missing or null, the execution gets an empty object (recorded).
func executionInput(arguments *value.Object) any {
	input, _ := arguments.Get("Input")
	if input == nil {
		return &value.Object{}
	}
	return parsedText(input)
}

// parsedText returns the value of a JSON text, and anything else as it is.
func parsedText(v any) any {
	if text, ok := v.(string); ok {
		if parsed, err := value.Parse([]byte(text)); err == nil {
			return parsed
		}
	}
	return v
}

// nestedEnded ends a .sync task when its execution has ended.
func (t *task) nestedEnded(x *execution) {
	d := describeNested(x, t.request.Resource.Pattern == services.RunJob2)
	if x.status == Succeeded {
		t.answer(d, nil)
		return
	}
	t.answer(nil, &TaskError{Name: errTaskFailed, Cause: value.Text(d)})
}

// describeNested returns the result of startExecution.sync. With .sync:2, input
// and output are values instead of JSON text.
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
		d.Set("RedriveCount", 0.0)
		d.Set("RedriveStatus", "NOT_REDRIVABLE")
		d.Set("RedriveStatusReason", "Execution is SUCCEEDED and cannot be redriven")
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

// callStepFunctions answers an action of aws-sdk:sfn other than startExecution.
func (r *run) callStepFunctions(action string, arguments *value.Object) (any, error) {
	switch action {
	case "sendTaskSuccess", "sendTaskFailure", "sendTaskHeartbeat":
		return r.sendTask(action, arguments)
	case "listExecutions":
		page, ok := r.executions.page(arguments)
		if !ok {
			return nil, r.sfnError("InvalidToken", "Invalid Token: 'Invalid token'")
		}
		return page, nil
	}
	arn := stringMember(arguments, "ExecutionArn")
	x, ok := r.executions.find(arn)
	if !ok {
		return nil, r.sfnError("ExecutionDoesNotExist", fmt.Sprintf("Execution Does Not Exist: '%s'", arn))
	}
	switch action {
	case "getExecutionHistory":
		return x.history(arguments)
	case "stopExecution":
		abort := func() { x.abort(stringMember(arguments, "Error"), stringMember(arguments, "Cause")) }
		if x.run == r {
			r.loop.Do(abort)
		} else {
			x.run.loop.Post(abort)
		}
		return value.NewObject("StopDate", timestamp(r.loop.Now())), nil
	}
	x.lock()
	defer x.unlock()
	return x.describe(stringMember(arguments, "IncludedData") != "METADATA_ONLY"), nil
}

// summary returns the execution as ListExecutions does.
func (x *execution) summary() *value.Object {
	d := value.NewObject(
		"ExecutionArn", x.arn, "Name", x.name, "RedriveCount", 0.0,
		"StartDate", timestamp(x.startTime), "StateMachineArn", x.machineARN, "Status", x.status,
	)
	if x.status != Running {
		d.Set("StopDate", timestamp(x.stopTime))
	}
	return d
}

// describe returns the execution as DescribeExecution does.
func (x *execution) describe(data bool) *value.Object {
	d := x.summary()
	if !data {
		return d
	}
	included := value.NewObject("Included", true)
	d.Set("Input", value.Text(x.input))
	d.Set("InputDetails", included)
	if x.status == Succeeded {
		d.Set("Output", value.Text(x.output))
		d.Set("OutputDetails", included)
	}
	if x.status != Running && x.failure != nil {
		setText(d, "Error", x.failure.name)
		setText(d, "Cause", x.failure.cause)
	}
	return d
}

// sendTask answers a task token of the run.
func (r *run) sendTask(action string, arguments *value.Object) (any, error) {
	token := stringMember(arguments, "TaskToken")
	output, _ := arguments.Get("Output")
	text, isText := output.(string)
	if isText && action == "sendTaskSuccess" {
		var err error
		if output, err = value.Parse([]byte(text)); err != nil {
			return nil, r.sfnError("InvalidOutput", fmt.Sprintf("Invalid Output: %v", err))
		}
	}
	callback := r.tokens.find(token)
	switch {
	case callback == nil && len(token) == TokenLength: // it may have been valid once
		return nil, r.sfnError("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'")
	case callback == nil:
		return nil, r.sfnError("InvalidToken", "Invalid Token: 'Invalid token'")
	}
	if action != "sendTaskHeartbeat" {
		r.tokens.take(token)
	}
	switch action {
	case "sendTaskSuccess":
		callback.Success(output)
	case "sendTaskFailure":
		callback.Failure(stringMember(arguments, "Error"), stringMember(arguments, "Cause"))
	default:
		callback.Heartbeat()
	}
	return &value.Object{}, nil
}

// startError returns an error of startExecution, in the words of the integration
// that was used.
func (t *task) startError(code, text string) error {
	r := t.visit.run
	if strings.HasPrefix(t.request.Resource.Service, "aws-sdk:") {
		return r.sfnError(code, text)
	}
	return &TaskError{Name: "StepFunctions." + code + "Exception", Cause: fmt.Sprintf(
		"%s (Service: AWSStepFunctions; Status Code: 400; Error Code: %s; Request ID: %s; Proxy: null)", text, code, r.newID())}
}

// sfnError returns an error of an aws-sdk:sfn integration.
func (r *run) sfnError(code, text string) error {
	return &TaskError{Name: "Sfn." + code + "Exception", Cause: fmt.Sprintf(
		"%s (Service: Sfn, Status Code: 400, Request ID: %s) (SDK Attempt Count: 1)", text, r.newID())}
}
