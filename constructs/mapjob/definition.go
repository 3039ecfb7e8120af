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
	"github.com/mapjob/mapjob/constructs/observe"
)

// Errors that the job itself raises.
const (
	errInvalidInput    = "MapJob.InvalidInput"
	errTooManyFailures = "MapJob.TooManyFailures"
	errLostItems       = "MapJob.LostItems"
)

// object is a JSON object in which strings may be JSONata expressions.
type object = map[string]any

// expression is a JSONata expression as a field's value.
func expression(format string, args ...any) string {
	return "{% " + fmt.Sprintf(format, args...) + " %}"
}

// folder is where an execution keeps its objects in the results bucket.
const folder = "$states.context.StateMachine.Name & '/' & $states.context.Execution.Name"

// builder makes the states of one job.
//
//	JobStart ─┐
//	ReadInput ┴▶ CheckItems ─▶ Map ─▶ Summary ─▶ Verdict ─▶ Succeeded
//	                 │          │                  ├─▶ TooManyFailures
//	                 ▼          ▼                  └─▶ LostItems
//	            InvalidInput  TooManyFailures
//
// By reference without a job start of a person's own, the job's own stands
// behind the input: ReadInput ▶ CheckSource ▶ JobStart ▶ CheckItems.
//
// Three workflow variables carry the job's facts past the Map: input, the
// execution's input; items, where the items are; results, where the results
// are (an Inline job: what they are).
type builder struct {
	scope    constructs.Construct
	settings *Props
	source   Source
	results  awss3.IBucket
}

func (b *builder) inline() bool { return b.settings.Mode == Inline }

func (b *builder) byReference() bool { return b.settings.Items == ByReference }

// keepItems reports whether items that failed have to come along with their
// outcomes, because the summary can't read them once more by their indexes.
func (b *builder) keepItems() bool {
	stored := b.settings.JobStart != nil || b.source.Format == JSONLines && b.source.MaxItems == nil
	return !b.inline() && !stored
}

// define is the job's chain of states, and the Map among them.
func define(scope constructs.Construct, settings *Props, results awss3.IBucket) (awsstepfunctions.IChainable, awsstepfunctions.State) {
	b := &builder{scope: scope, settings: settings, source: settings.source(), results: results}

	var afterMap awsstepfunctions.IChainable = b.verdict()
	if settings.Summary != nil {
		afterMap = b.summary().Next(afterMap)
	}
	mapState := b.mapBefore(afterMap)
	check := b.checkItems(mapState, afterMap)
	switch {
	case settings.JobStart == nil:
		return b.readInput().Next(check), mapState
	case settings.startsItself:
		return b.readInput().Next(b.checkSource(b.jobStart().Next(check))), mapState
	}
	return b.jobStart().Next(check), mapState
}

// job is what every function is told about the job it works for.
func (b *builder) job() object {
	return object{
		"name":      *b.settings.Name,
		"startedAt": expression("$states.context.Execution.StartTime"),
	}
}

// resultsPlace is where the results of this execution will be.
func (b *builder) resultsPlace() any {
	if b.inline() {
		return []any{}
	}
	return object{"bucket": b.results.BucketName(), "prefix": expression("%s & '/results'", folder)}
}

func (b *builder) jobStart() awsstepfunctionstasks.LambdaInvoke {
	input := any(expression("$states.input"))
	assign := object{
		"items":   expression("%s", itemsOf("$states.result.Payload")),
		"results": b.resultsPlace(),
	}
	if b.settings.startsItself {
		input = b.source.description()
	} else {
		assign["input"] = input
	}
	payload := object{"job": b.job(), "execution": expression("$states.context.Execution.Id"), "input": input}
	if !b.inline() {
		payload["items"] = object{"bucket": b.results.BucketName(), "key": expression("%s & '/items.jsonl'", folder)}
		if b.byReference() {
			payload["chunkSize"] = b.settings.ChunkSize
		}
	}
	task := b.invoke("JobStart", b.settings.JobStart, payload, &awsstepfunctionstasks.LambdaInvokeJsonataProps{Assign: &assign, Outputs: object{}})
	retryCrashes(task)
	return task
}

func (b *builder) readInput() awsstepfunctions.Pass {
	return awsstepfunctions.Pass_Jsonata(b.scope, jsii.String("ReadInput"), &awsstepfunctions.PassJsonataProps{
		Assign: &object{
			"input":   expression("$states.input"),
			"items":   b.source.place(),
			"results": b.resultsPlace(),
		},
	})
}

// checkSource refuses an input that does not say where the items are.
func (b *builder) checkSource(next awsstepfunctions.IChainable) awsstepfunctions.Choice {
	valid, expected := b.source.valid()
	check := awsstepfunctions.Choice_Jsonata(b.scope, jsii.String("CheckSource"), nil)
	check.When(b.condition("%s", valid), next, nil)
	check.Otherwise(b.invalidInput("InvalidSource", "the input", expected))
	return check
}

// checkItems refuses what is not items, and passes the Map by where there are
// none: a Distributed Map has no use for an empty object.
func (b *builder) checkItems(mapState awsstepfunctions.State, afterMap awsstepfunctions.IChainable) awsstepfunctions.Choice {
	valid, expected := b.source.valid()
	who, none := "the input", ""
	if b.settings.JobStart != nil {
		who = "the job start"
		valid, expected = b.started().valid()
		if b.byReference() {
			valid += " and $items.chunked = true"
			expected = `{"items": {"bucket": "...", "key": "...", "chunked": true}}`
		}
		expected += ", as a handler made with job.Start gives them"
		none = "$items.count = 0"
	}
	if b.inputHasItems() {
		none = "$count($items) = 0"
	}
	check := awsstepfunctions.Choice_Jsonata(b.scope, jsii.String("CheckItems"), nil)
	if !b.inline() && none != "" {
		check.When(b.condition("%s and %s", valid, none), afterMap, &awsstepfunctions.ChoiceTransitionOptions{Comment: jsii.String("nothing to do")})
	}
	check.When(b.condition("%s", valid), mapState, nil)
	check.Otherwise(b.invalidInput("InvalidInput", who, expected))
	return check
}

// started is where the items are that a job start has yielded.
func (b *builder) started() *Source {
	if b.inline() {
		return &Source{Format: InputList}
	}
	return &Source{Format: JSONLines}
}

func (b *builder) invalidInput(id, who, expected string) awsstepfunctions.Fail {
	return awsstepfunctions.Fail_Jsonata(b.scope, jsii.String(id), &awsstepfunctions.FailJsonataProps{
		Error: jsii.String(errInvalidInput),
		Cause: jsii.String(expression("'got no items from %s but ' & $substring($string($items), 0, 500) & ', expected %s'", who, expected)),
	})
}

func (b *builder) condition(format string, args ...any) awsstepfunctions.Condition {
	return awsstepfunctions.Condition_Jsonata(jsii.String(expression(format, args...)))
}

func (b *builder) mapBefore(next awsstepfunctions.IChainable) awsstepfunctions.State {
	if b.inline() {
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
	payload := object{
		"job":       b.job(),
		"execution": expression("$states.context.Execution.Id"),
		"input":     b.inputForSummary(),
		"items":     b.itemsForSummary(),
		"results":   expression("$results"),
	}
	if b.keepItems() {
		payload["keptItems"] = true
	}
	if p := b.settings.ToleratedFailurePercentage; p != nil {
		payload["toleratedFailurePercentage"] = p
	}
	if c := b.settings.ToleratedFailureCount; c != nil {
		payload["toleratedFailureCount"] = c
	}
	if b.results != nil {
		payload["report"] = object{"bucket": b.results.BucketName(), "prefix": expression("%s & '/report'", folder)}
	}
	task := b.invoke("Summary", b.settings.Summary, payload, &awsstepfunctionstasks.LambdaInvokeJsonataProps{
		Assign:  &object{"account": expression("$states.result.Payload")},
		Outputs: expression("$states.result.Payload"),
	})
	retryCrashes(task)
	return task
}

// retryCrashes has a job start or a summary that crashed try again: both begin
// anew without harm. An error that it names itself, and a timeout, would come
// again.
func retryCrashes(task awsstepfunctionstasks.LambdaInvoke) {
	task.AddRetry(&awsstepfunctions.RetryProps{
		Errors:         jsii.Strings("Runtime.ExitError", "Lambda.Unknown"),
		MaxAttempts:    jsii.Number(2),
		Interval:       awscdk.Duration_Seconds(jsii.Number(1)),
		BackoffRate:    jsii.Number(2),
		JitterStrategy: awsstepfunctions.JitterType_FULL,
	})
}

// itemsForSummary is where the items are. Those that are in the data are only
// counted: together with the results they might not fit into one payload.
func (b *builder) itemsForSummary() any {
	if b.inline() || b.inputHasItems() {
		return object{"count": expression("$count($items)")}
	}
	return expression("$items")
}

// inputForSummary is the execution's input, for the same reason without items.
func (b *builder) inputForSummary() string {
	if b.inputHasItems() {
		return expression("$type($input) = 'object' ? $merge([{}, $sift($input, function($value, $name) { $name != 'items' })]) : {}")
	}
	return expression("$input")
}

// inputHasItems reports whether the items are in the execution's input.
func (b *builder) inputHasItems() bool {
	return b.settings.JobStart == nil && b.source.Format == InputList
}

// verdict compares the account with what the job tolerates.
func (b *builder) verdict() awsstepfunctions.Choice {
	var tooMany, tolerated []string
	if p := b.settings.ToleratedFailurePercentage; p != nil {
		tooMany = append(tooMany, fmt.Sprintf("$account.failed * 100 > %g * $account.total", *p))
		tolerated = append(tolerated, fmt.Sprintf("%g%%", *p))
	}
	if c := b.settings.ToleratedFailureCount; c != nil {
		tooMany = append(tooMany, fmt.Sprintf("$account.failed > %.0f", *c))
		tolerated = append(tolerated, fmt.Sprintf("%.0f", *c))
	}
	verdict := awsstepfunctions.Choice_Jsonata(b.scope, jsii.String("Verdict"), nil)
	verdict.When(b.condition("$account.missing > 0"), b.fail("LostItems", errLostItems,
		"$string($account.missing) & ' of ' & $string($account.total) & ' items have no result'"), nil)
	verdict.When(b.condition("%s", strings.Join(tooMany, " or ")), b.fail("TooManyFailures", errTooManyFailures, fmt.Sprintf(
		"$string($account.failed) & ' of ' & $string($account.total) & ' items failed, tolerated: %s'", strings.Join(tolerated, " and "))), nil)
	verdict.Otherwise(b.notify("NotifySucceeded", observe.JobSucceeded, "", awsstepfunctions.Succeed_Jsonata(b.scope, jsii.String("Succeeded"), nil)))
	return verdict
}

// fail ends an execution whose account is known. Cause is an expression.
func (b *builder) fail(id, name, cause string) awsstepfunctions.IChainable {
	return b.notify("Notify"+id, observe.JobFailed, cause, awsstepfunctions.Fail_Jsonata(b.scope, jsii.String(id), &awsstepfunctions.FailJsonataProps{
		Error: &name, Cause: jsii.String(expression("%s", cause)),
	}))
}

// notify tells whoever wants to know of the ending that comes next.
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

// invoke is a task that invokes a function and tries again where the Lambda
// service, not the function, is the reason that it did not go well.
func (b *builder) invoke(id string, function awslambda.IFunction, payload any, props *awsstepfunctionstasks.LambdaInvokeJsonataProps) awsstepfunctionstasks.LambdaInvoke {
	props.LambdaFunction = function
	switch payload := payload.(type) {
	case string:
		props.Payload = awsstepfunctions.TaskInput_FromText(jsii.String(payload))
	case object:
		props.Payload = awsstepfunctions.TaskInput_FromObject(&payload)
	}
	props.RetryOnServiceExceptions = jsii.Bool(false) // the CDK's own list leaves out throttling
	task := awsstepfunctionstasks.LambdaInvoke_Jsonata(b.scope, jsii.String(id), props)
	task.AddRetry(&awsstepfunctions.RetryProps{
		Errors: jsii.Strings("Lambda.TooManyRequestsException", "Lambda.ClientExecutionTimeoutException",
			"Lambda.ServiceException", "Lambda.AWSLambdaException", "Lambda.SdkClientException"),
		MaxAttempts:    jsii.Number(10),
		Interval:       awscdk.Duration_Seconds(jsii.Number(1)),
		BackoffRate:    jsii.Number(2),
		MaxDelay:       awscdk.Duration_Minutes(jsii.Number(1)),
		JitterStrategy: awsstepfunctions.JitterType_FULL,
	})
	return task
}
