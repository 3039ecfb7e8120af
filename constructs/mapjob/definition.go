package mapjob

import (
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctionstasks"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/internal/message"
	"github.com/mapjob/mapjob/constructs/observe"
	"github.com/mapjob/mapjob/internal/protocol"
)

// object is a JSON object in which strings may be JSONata expressions.
type object = map[string]any

// expression returns a JSONata expression as the value of a field.
func expression(format string, args ...any) string {
	return "{% " + fmt.Sprintf(format, args...) + " %}"
}

// executionARN is the expression of the execution's ARN.
const executionARN = "{% $states.context.Execution.Id %}"

// inFolder returns the expression of a name in the execution's folder of the
// results bucket.
func inFolder(name string) string {
	return expression("$states.context.StateMachine.Name & '/' & $states.context.Execution.Name & '/%s'", name)
}

// builder creates the states of one job.
//
//	            ┌▶ JobStart ─┐
//	CheckInput ─┴▶ ReadInput ┴▶ CheckItems ─▶ Map ─▶ Summary ─▶ Verdict ─▶ Succeeded
//	    │                          │                              ├─▶ TooManyFailures
//	    ▼                          ▼                              └─▶ LostItems
//	InputTooLarge         InvalidInput or, Inline, TooManyItems
//
// The states of a lock follow CheckInput.
//
// By reference without a job start, the job's chunker follows the input:
// ReadInput ▶ CheckSource ▶ JobStart ▶ CheckItems.
//
// Three variables carry the job's facts past the Map: input, the execution's
// input, for the summary; items, where the items are; results, where the results are, or the
// results themselves in an Inline job.
type builder struct {
	scope    constructs.Construct
	settings *settings
	results  awss3.IBucket
	defined  *states
}

// states are the states of a job that others need.
type states struct {
	builder   *builder
	first     awsstepfunctions.IChainable
	mapState  awsstepfunctions.State
	processor awsstepfunctions.State // with the states of a Processor; nil: there is none
}

// keepItems reports whether outcomes of failed items have to carry the items,
// because the job has not stored them: a Source's object may be another one when
// the summary runs.
func (b *builder) keepItems() bool {
	return !b.settings.mode.inline && b.settings.JobStart == nil
}

// define creates the states of a job.
func define(scope constructs.Construct, settings *settings, results awss3.IBucket) *states {
	b := &builder{scope: scope, settings: settings, results: results, defined: &states{}}
	b.defined.builder = b

	var afterMap awsstepfunctions.IChainable = b.verdict()
	if settings.Summary != nil {
		afterMap = b.summary().Next(afterMap)
	}
	b.defined.mapState = b.mapBefore(afterMap)
	check := b.checkItems(b.defined.mapState, afterMap)
	switch {
	case settings.JobStart == nil:
		b.defined.first = b.readInput().Next(check)
	case settings.storesChunks:
		b.defined.first = b.readInput().Next(b.checkSource(b.jobStart().Next(check)))
	default:
		b.defined.first = b.jobStart().Next(check)
	}
	return b.defined
}

// job returns what every function learns about its job.
func (b *builder) job() object {
	var job protocol.Job
	return message.Object(&job,
		message.Set(&job.Name, *b.settings.Name),
		message.Set(&job.StartedAt, expression("$states.context.Execution.StartTime")))
}

// emptyResults returns the value of the variable results before the Map: where
// the results of this execution will be.
func (b *builder) emptyResults() any {
	if b.settings.mode.inline {
		return []any{}
	}
	var results protocol.Results
	return message.Object(&results,
		message.Set(&results.Bucket, b.results.BucketName()),
		message.Set(&results.Prefix, inFolder(protocol.ResultsFolder)))
}

func (b *builder) jobStart() awsstepfunctionstasks.LambdaInvoke {
	input := any(expression("$states.input"))
	assign := object{
		"items":   expression("%s", itemsOf("$states.result.Payload")),
		"results": b.emptyResults(),
	}
	if b.settings.storesChunks {
		input = b.settings.source.description()
	}
	var request protocol.StartRequest
	payload := []message.Member{
		message.Set(&request.Version, protocol.Version),
		message.Set(&request.Job, b.job()),
		message.Set(&request.Execution, executionARN),
		message.Set(&request.Input, input),
	}
	if !b.settings.mode.inline {
		var items protocol.Object
		payload = append(payload, message.Set(&request.Items, message.Object(&items,
			message.Set(&items.Bucket, b.results.BucketName()),
			message.Set(&items.Key, inFolder(protocol.ItemsFile)))))
	}
	if b.settings.mode.byReference {
		payload = append(payload, message.Set(&request.ChunkSize, b.settings.mode.chunkSize))
	}
	task := b.invoke(protocol.StateJobStart, b.settings.JobStart, message.Object(&request, payload...),
		&awsstepfunctionstasks.LambdaInvokeJsonataProps{Assign: &assign, Outputs: object{}})
	retryService(task, throttles, maxDelaySeconds)
	retryFailures(task)
	return task
}

func (b *builder) readInput() awsstepfunctions.Pass {
	return awsstepfunctions.Pass_Jsonata(b.scope, jsii.String(protocol.StateReadInput), &awsstepfunctions.PassJsonataProps{
		Assign: &object{
			"items":   b.settings.source.location(),
			"results": b.emptyResults(),
		},
		Outputs: object{},
	})
}

// checkSource fails an execution whose input does not say where the items are.
func (b *builder) checkSource(next awsstepfunctions.IChainable) awsstepfunctions.Choice {
	valid, expected := b.settings.source.valid()
	check := awsstepfunctions.Choice_Jsonata(b.scope, jsii.String("CheckSource"), nil)
	check.When(b.condition("%s", valid), next, nil)
	check.Otherwise(b.invalidInput("InvalidSource", "the input", expected))
	return check
}

// checkItems fails an execution without items to read, and skips the Map if there
// are none: a Distributed Map can't read an empty object.
func (b *builder) checkItems(mapState awsstepfunctions.State, afterMap awsstepfunctions.IChainable) awsstepfunctions.Choice {
	valid, expected := b.settings.source.valid()
	origin, none := "the input", ""
	if b.settings.JobStart != nil {
		var items protocol.Items
		in := message.In("$items", &items)
		origin = "the job start"
		valid, expected = b.yielded().valid()
		if b.settings.mode.byReference {
			valid += fmt.Sprintf(" and %s = true", in(&items.Chunked))
			expected = strings.TrimSuffix(expected, "}}") + fmt.Sprintf(`, "%s": true}}`, message.Name(&items, &items.Chunked))
		}
		expected += ", as a handler made with job.Start gives them"
		none = in(&items.Count) + " = 0"
	}
	if b.inputHasItems() {
		none = "$count($items) = 0"
	}
	check := awsstepfunctions.Choice_Jsonata(b.scope, jsii.String("CheckItems"), nil)
	if !b.settings.mode.inline && none != "" {
		check.When(b.condition("%s and %s", valid, none), afterMap, &awsstepfunctions.ChoiceTransitionOptions{Comment: jsii.String("nothing to do")})
	}
	toMap := &awsstepfunctions.ChoiceTransitionOptions{}
	if b.settings.mode.inline {
		b.tooManyItems(check, valid)
		toMap.Assign = b.spare()
	}
	check.When(b.condition("%s", valid), mapState, toMap)
	check.Otherwise(b.invalidInput("InvalidInput", origin, expected))
	return check
}

// yielded returns the source of the items that a job start has yielded.
func (b *builder) yielded() *source {
	if b.settings.mode.inline {
		return &source{}
	}
	return &source{format: protocol.FormatJSONLines}
}

func (b *builder) invalidInput(id, origin, expected string) awsstepfunctions.Fail {
	return awsstepfunctions.Fail_Jsonata(b.scope, jsii.String(id), &awsstepfunctions.FailJsonataProps{
		Error: jsii.String(protocol.ErrorInvalidInput),
		Cause: jsii.String(expression("'got no items from %s but ' & $substring($string($items), 0, 500) & ', expected %s'", origin, expected)),
	})
}

func (b *builder) condition(format string, args ...any) awsstepfunctions.Condition {
	return awsstepfunctions.Condition_Jsonata(jsii.String(expression(format, args...)))
}

func (b *builder) mapBefore(next awsstepfunctions.IChainable) awsstepfunctions.State {
	if b.settings.mode.inline {
		state := b.inlineMap()
		state.Next(next)
		return state
	}
	state := b.distributedMap()
	state.Next(next)
	if b.settings.Summary != nil { // a Map that ended early is accounted for as well
		state.AddCatch(next, &awsstepfunctions.CatchProps{Errors: jsii.Strings("States.ExceedToleratedFailureThreshold")})
	}
	return state
}

func (b *builder) summary() awsstepfunctionstasks.LambdaInvoke {
	var request protocol.SummaryRequest
	payload := []message.Member{
		message.Set(&request.Version, protocol.Version),
		message.Set(&request.Job, b.job()),
		message.Set(&request.Execution, executionARN),
		message.Set(&request.Input, expression("$input")),
		message.Set(&request.Items, b.itemsForSummary()),
		message.Set(&request.Results, expression("$results")),
	}
	if b.keepItems() {
		payload = append(payload, message.Set(&request.KeptItems, true))
	}
	if p := b.settings.ToleratedFailurePercentage; p != nil {
		payload = append(payload, message.Set(&request.Percentage, p))
	}
	if c := b.settings.ToleratedFailureCount; c != nil {
		payload = append(payload, message.Set(&request.Tolerance.Count, c))
	}
	if b.results != nil {
		payload = append(payload, message.Set(&request.Report, b.folder(protocol.ReportFolder)))
	}
	task := b.invoke(protocol.StateSummary, b.settings.Summary, message.Object(&request, payload...), &awsstepfunctionstasks.LambdaInvokeJsonataProps{
		Assign:  &object{"account": expression("$states.result.Payload")},
		Outputs: expression("$states.result.Payload"),
	})
	retryService(task, throttles, maxDelaySeconds)
	retryFailures(task)
	return task
}

// folder returns the address of a folder of this execution.
func (b *builder) folder(name string) object {
	var folder protocol.Folder
	return message.Object(&folder,
		message.Set(&folder.Bucket, b.results.BucketName()),
		message.Set(&folder.Prefix, inFolder(name)))
}

// retryFailures retries a job start or a summary that could not report its failure:
// both can begin again. One that exited or was killed is retried twice. One that timed
// out is retried once: a dependency may have been slow, but work that takes too long
// takes too long again, for up to 15 minutes. AWS has reported both failures by two
// names, and Lambda.Unknown stood for timeouts. An error that the function returned
// would come again.
func retryFailures(task awsstepfunctionstasks.LambdaInvoke) {
	retry := func(attempts float64, errors ...string) {
		task.AddRetry(&awsstepfunctions.RetryProps{
			Errors:         jsii.Strings(errors...),
			MaxAttempts:    jsii.Number(attempts),
			Interval:       awscdk.Duration_Seconds(jsii.Number(1)),
			BackoffRate:    jsii.Number(2),
			JitterStrategy: awsstepfunctions.JitterType_FULL,
		})
	}
	retry(2, "Runtime.ExitError", "Runtime.OutOfMemory")
	retry(1, "Sandbox.Timedout", "Lambda.Unknown")
}

// itemsForSummary returns where the items are. Items in the data are only
// counted: with the results they might not fit into one payload.
func (b *builder) itemsForSummary() any {
	if b.settings.mode.inline || b.inputHasItems() {
		var items protocol.Items
		return message.Object(&items, message.Set(&items.Count, expression("$count($items)")))
	}
	return expression("$items")
}

// inputForSummary returns the execution's input, without items for the same
// reason.
func (b *builder) inputForSummary() string {
	if b.inputHasItems() {
		var answer protocol.StartAnswer
		return expression("$type($states.input) = 'object' ? $merge([{}, $sift($states.input, function($value, $name) { $name != '%s' })]) : {}",
			message.Name(&answer, &answer.Items))
	}
	return expression("$states.input")
}

// inputHasItems reports whether the execution's input has the items.
func (b *builder) inputHasItems() bool {
	return b.settings.JobStart == nil && b.settings.source.inInput()
}

// verdict compares the account with what the job tolerates.
func (b *builder) verdict() awsstepfunctions.Choice {
	var account protocol.Account
	in := message.In("$account", &account)
	failed, missing, total := in(&account.Failed), in(&account.Missing), in(&account.Total)
	var tooMany, tolerated []string
	if p := b.settings.ToleratedFailurePercentage; p != nil {
		tooMany = append(tooMany, fmt.Sprintf("%s * 100 > %g * %s", failed, *p, total))
		tolerated = append(tolerated, fmt.Sprintf("%g%%", *p))
	}
	if c := b.settings.ToleratedFailureCount; c != nil {
		tooMany = append(tooMany, fmt.Sprintf("%s > %.0f", failed, *c))
		tolerated = append(tolerated, fmt.Sprintf("%.0f", *c))
	}
	verdict := awsstepfunctions.Choice_Jsonata(b.scope, jsii.String("Verdict"), nil)
	verdict.When(b.condition("%s > 0", missing), b.fail("LostItems", protocol.ErrorLostItems,
		fmt.Sprintf("$string(%s) & ' of ' & $string(%s) & ' items have no result'", missing, total)), nil)
	verdict.When(b.condition("%s", strings.Join(tooMany, " or ")), b.fail("TooManyFailures", protocol.ErrorTooManyFailures, fmt.Sprintf(
		"$string(%s) & ' of ' & $string(%s) & ' items failed, tolerated: %s'", failed, total, strings.Join(tolerated, " and "))), nil)
	verdict.Otherwise(b.notify("NotifySucceeded", observe.JobSucceeded, "", awsstepfunctions.Succeed_Jsonata(b.scope, jsii.String("Succeeded"), nil)))
	return verdict
}

// fail ends an execution whose account is known. The cause is an expression.
func (b *builder) fail(id, name, cause string) awsstepfunctions.IChainable {
	return b.notify("Notify"+id, observe.JobFailed, cause, awsstepfunctions.Fail_Jsonata(b.scope, jsii.String(id), &awsstepfunctions.FailJsonataProps{
		Error: &name, Cause: jsii.String(expression("%s", cause)),
	}))
}

// notify publishes the ending before the state that ends the execution.
func (b *builder) notify(id string, ending observe.Ending, cause string, next awsstepfunctions.IChainable) awsstepfunctions.IChainable {
	if b.settings.Notify == nil {
		return next
	}
	props := &observe.NotifyProps{Topic: b.settings.Notify, Job: b.settings.Name, Ending: ending, Account: jsii.String("$account")}
	if cause != "" {
		props.Cause = &cause
	}
	return observe.Notify(b.scope, &id, props, next)
}

// invoke returns a task that invokes a function. It has no retries yet.
func (b *builder) invoke(id string, function awslambda.IFunction, payload any, props *awsstepfunctionstasks.LambdaInvokeJsonataProps) awsstepfunctionstasks.LambdaInvoke {
	props.LambdaFunction = function
	switch payload := payload.(type) {
	case string:
		props.Payload = awsstepfunctions.TaskInput_FromText(jsii.String(payload))
	case object:
		props.Payload = awsstepfunctions.TaskInput_FromObject(&payload)
	}
	props.RetryOnServiceExceptions = jsii.Bool(false) // the CDK's own list leaves out throttling
	return awsstepfunctionstasks.LambdaInvoke_Jsonata(b.scope, jsii.String(id), props)
}
