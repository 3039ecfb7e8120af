package mapjob

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctionstasks"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
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
// Three workflow variables carry the job's facts past the Map: input, the
// execution's input; items, where the items are; results, where the results
// are (an Inline job: what they are).
type builder struct {
	scope    constructs.Construct
	settings *Props
	results  awss3.IBucket
}

func (b *builder) inline() bool { return b.settings.Mode == Inline }

func (b *builder) byReference() bool { return b.settings.Items == ByReference }

// define is the job's chain of states, and the Map among them.
func define(scope constructs.Construct, settings *Props, results awss3.IBucket) (awsstepfunctions.IChainable, awsstepfunctions.State) {
	b := &builder{scope, settings, results}

	var afterMap awsstepfunctions.IChainable
	switch {
	case settings.Summary != nil:
		afterMap = b.summary().Next(b.verdict())
	case b.inline():
		afterMap = b.verdict()
	default:
		afterMap = b.succeeded()
	}
	mapState := b.mapBefore(afterMap)
	check := b.checkItems(mapState, afterMap)
	if settings.JobStart != nil {
		return b.jobStart().Next(check), mapState
	}
	return b.readInput().Next(check), mapState
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
	payload := object{
		"job":       b.job(),
		"execution": expression("$states.context.Execution.Id"),
		"input":     expression("$states.input"),
	}
	if !b.inline() {
		payload["items"] = object{"bucket": b.results.BucketName(), "key": expression("%s & '/items.jsonl'", folder)}
		if b.byReference() {
			payload["chunkSize"] = b.settings.ChunkSize
		}
	}
	return b.invoke("JobStart", b.settings.JobStart, payload, &awsstepfunctionstasks.LambdaInvokeJsonataProps{
		Assign: &object{
			"input":   expression("$states.input"),
			"items":   expression("$exists($states.result.Payload.items) ? $states.result.Payload.items : $states.result.Payload"),
			"results": b.resultsPlace(),
		},
		Outputs: object{},
	})
}

func (b *builder) readInput() awsstepfunctions.Pass {
	return awsstepfunctions.Pass_Jsonata(b.scope, jsii.String("ReadInput"), &awsstepfunctions.PassJsonataProps{
		Assign: &object{
			"input":   expression("$states.input"),
			"items":   expression("$exists($states.input.items) ? $states.input.items : $states.input"),
			"results": b.resultsPlace(),
		},
	})
}

// checkItems refuses what is not items, and passes the Map by where there are
// none: a Distributed Map has no use for an empty object.
func (b *builder) checkItems(mapState awsstepfunctions.State, afterMap awsstepfunctions.IChainable) awsstepfunctions.Choice {
	valid, expected := "$type($items) = 'array'", `{"items": [...]}`
	if !b.inline() {
		valid = "$type($items) = 'object' and $type($items.bucket) = 'string' and $type($items.key) = 'string'"
		expected = `{"items": {"bucket": "...", "key": "..."}}`
	}
	if b.byReference() {
		valid += " and $items.chunked = true"
		expected = `{"items": {"bucket": "...", "key": "...", "chunked": true}}`
	}
	who := "the input"
	if b.settings.JobStart != nil {
		who = "the job start"
		expected += ", as a handler made with job.Start gives them"
	}
	invalid := awsstepfunctions.Fail_Jsonata(b.scope, jsii.String("InvalidInput"), &awsstepfunctions.FailJsonataProps{
		Error: jsii.String(errInvalidInput),
		Cause: jsii.String(expression("'got no items from %s but ' & $substring($string($items), 0, 500) & ', expected %s'", who, expected)),
	})
	check := awsstepfunctions.Choice_Jsonata(b.scope, jsii.String("CheckItems"), nil)
	if !b.inline() {
		check.When(awsstepfunctions.Condition_Jsonata(jsii.String(expression("%s and $items.count = 0", valid))), afterMap,
			&awsstepfunctions.ChoiceTransitionOptions{Comment: jsii.String("nothing to do")})
	}
	check.When(awsstepfunctions.Condition_Jsonata(jsii.String(expression("%s", valid))), mapState, nil)
	check.Otherwise(invalid)
	return check
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

// batchInput goes along with every batch: states inside a Distributed Map
// cannot see the variables outside it.
func (b *builder) batchInput() object {
	input := object{"job": b.job(), "execution": expression("$states.context.Execution.Id")}
	if !b.inline() { // where outcomes go that a payload has no room for
		input["outcomes"] = object{"bucket": b.results.BucketName(), "prefix": expression("%s & '/outcomes'", folder)}
	}
	return input
}

// item wraps each item with its index, by which its result is accounted.
func (b *builder) item() object {
	return object{
		"index": expression("$states.context.Map.Item.Index"),
		"item":  expression("$states.context.Map.Item.Value"),
	}
}

func (b *builder) distributedMap() awsstepfunctions.DistributedMap {
	executionType := awsstepfunctions.StateMachineType_STANDARD
	if b.settings.Children == ExpressChildren {
		executionType = awsstepfunctions.StateMachineType_EXPRESS
	}
	item, batchInput := b.item(), b.batchInput()
	batcher := awsstepfunctions.NewItemBatcher(&awsstepfunctions.ItemBatcherProps{
		MaxItemsPerBatch:      b.settings.BatchSize,
		MaxInputBytesPerBatch: jsii.Number(maxBatchBytes),
		BatchInput:            &batchInput,
	})
	if b.byReference() { // what the Map takes for an item is the address of a chunk, a batch by itself
		item = object{"BatchInput": batchInput, "Chunk": expression("$states.context.Map.Item.Value")}
		batcher = nil
	}
	state := awsstepfunctions.DistributedMap_Jsonata(b.scope, jsii.String("Map"), &awsstepfunctions.DistributedMapJsonataProps{
		ItemReader: awsstepfunctions.NewS3JsonLItemReader(&awsstepfunctions.S3FileItemReaderProps{
			BucketNamePath: jsii.String(expression("$items.bucket")),
			Key:            jsii.String(expression("$items.key")),
		}),
		ItemSelector:     &item,
		ItemBatcher:      batcher,
		MapExecutionType: executionType,
		MaxConcurrency:   b.settings.MaxConcurrency,
		// Passing this by whole batches means passing it by items too, so the
		// Map may end early; the verdict counts the items of the other batches.
		ToleratedFailurePercentage: b.settings.ToleratedFailurePercentage,
		ResultWriterV2: awsstepfunctions.NewResultWriterV2(&awsstepfunctions.ResultWriterV2Props{
			Bucket: b.results,
			Prefix: jsii.String(expression("$results.prefix")),
			WriterConfig: awsstepfunctions.NewWriterConfig(&awsstepfunctions.WriterConfigProps{
				OutputType:     awsstepfunctions.OutputType_JSONL,
				Transformation: awsstepfunctions.Transformation_FLATTEN,
			}),
		}),
		Assign: &object{"results": object{
			"bucket":   expression("$states.result.ResultWriterDetails.Bucket"),
			"prefix":   expression("$results.prefix"),
			"manifest": expression("$states.result.ResultWriterDetails.Key"),
		}},
		Outputs: expression("$states.result"),
	})
	state.ItemProcessor(b.worker(expression("$states.result.Payload")), nil)
	return state
}

func (b *builder) inlineMap() awsstepfunctions.Map {
	selector := object{"BatchInput": b.batchInput(), "Items": []any{b.item()}}
	state := awsstepfunctions.Map_Jsonata(b.scope, jsii.String("Map"), &awsstepfunctions.MapJsonataProps{
		Items:          awsstepfunctions.ProvideItems_Jsonata(jsii.String(expression("$items"))),
		ItemSelector:   &selector,
		MaxConcurrency: b.settings.MaxConcurrency,
		Assign: &object{
			"results": expression("$states.result"),
			"account": object{
				"total":     expression("$count($states.result)"),
				"succeeded": expression("$count($states.result[status = 'SUCCEEDED'])"),
				"failed":    expression("$count($states.result[status != 'SUCCEEDED'])"),
				"missing":   0,
			},
		},
		Outputs: expression("$states.result"),
	})
	worker := b.worker(expression("$states.result.Payload[0]"))
	// A worker that crashed is one failed item, not the end of the Map.
	worker.AddCatch(awsstepfunctions.Pass_Jsonata(b.scope, jsii.String("ItemFailed"), nil), &awsstepfunctions.CatchProps{
		Outputs: object{
			"index":  expression("$states.input.Items[0].index"),
			"status": "FAILED",
			"error":  expression("$states.errorOutput.Error"),
			"cause":  expression("$substring($states.errorOutput.Cause, 0, 1000)"),
		},
	})
	state.ItemProcessor(worker, nil)
	return state
}

func (b *builder) worker(output string) awsstepfunctionstasks.LambdaInvoke {
	task := b.invoke("Worker", b.settings.Worker, expression("$states.input"), &awsstepfunctionstasks.LambdaInvokeJsonataProps{Outputs: output})
	task.AddRetry(&awsstepfunctions.RetryProps{ // the worker's words were not understood: no use in repeating them
		Errors:      jsii.Strings(errInvalidInput),
		MaxAttempts: jsii.Number(0),
	})
	if *b.settings.WorkerRetries > 0 {
		task.AddRetry(&awsstepfunctions.RetryProps{
			Errors:         jsii.Strings("States.ALL"),
			MaxAttempts:    b.settings.WorkerRetries,
			Interval:       awscdk.Duration_Seconds(jsii.Number(1)),
			BackoffRate:    jsii.Number(2),
			MaxDelay:       awscdk.Duration_Minutes(jsii.Number(1)),
			JitterStrategy: awsstepfunctions.JitterType_FULL,
		})
	}
	return task
}

func (b *builder) summary() awsstepfunctionstasks.LambdaInvoke {
	payload := object{
		"job":                        b.job(),
		"execution":                  expression("$states.context.Execution.Id"),
		"input":                      expression("$input"),
		"items":                      b.itemsForSummary(),
		"results":                    expression("$results"),
		"toleratedFailurePercentage": b.settings.ToleratedFailurePercentage,
	}
	if b.results != nil {
		payload["report"] = object{"bucket": b.results.BucketName(), "prefix": expression("%s & '/report'", folder)}
	}
	return b.invoke("Summary", b.settings.Summary, payload, &awsstepfunctionstasks.LambdaInvokeJsonataProps{
		Assign:  &object{"account": expression("$states.result.Payload")},
		Outputs: expression("$states.result.Payload"),
	})
}

// itemsForSummary is where the items are. Those of an Inline job are only
// counted: together with the results they might not fit into one payload.
func (b *builder) itemsForSummary() any {
	if b.inline() {
		return object{"count": expression("$count($items)")}
	}
	return expression("$items")
}

// verdict compares the account with what the job tolerates.
func (b *builder) verdict() awsstepfunctions.Choice {
	tolerated := *b.settings.ToleratedFailurePercentage
	tooMany := awsstepfunctions.Fail_Jsonata(b.scope, jsii.String("TooManyFailures"), &awsstepfunctions.FailJsonataProps{
		Error: jsii.String(errTooManyFailures),
		Cause: jsii.String(expression("$string($account.failed) & ' of ' & $string($account.total) & ' items failed, tolerated: %g%%'", tolerated)),
	})
	lost := awsstepfunctions.Fail_Jsonata(b.scope, jsii.String("LostItems"), &awsstepfunctions.FailJsonataProps{
		Error: jsii.String(errLostItems),
		Cause: jsii.String(expression("$string($account.missing) & ' of ' & $string($account.total) & ' items have no result'")),
	})
	condition := func(format string, args ...any) awsstepfunctions.Condition {
		return awsstepfunctions.Condition_Jsonata(jsii.String(expression(format, args...)))
	}
	verdict := awsstepfunctions.Choice_Jsonata(b.scope, jsii.String("Verdict"), nil)
	verdict.When(condition("$account.missing > 0"), lost, nil)
	verdict.When(condition("$account.failed * 100 > %g * $account.total", tolerated), tooMany, nil)
	verdict.Otherwise(b.succeeded())
	return verdict
}

func (b *builder) succeeded() awsstepfunctions.Succeed {
	return awsstepfunctions.Succeed_Jsonata(b.scope, jsii.String("Succeeded"), nil)
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
