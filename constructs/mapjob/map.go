package mapjob

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctionstasks"
	"github.com/aws/jsii-runtime-go"
)

// The Map, and what is inside it. A batch is
//
//	{"BatchInput": {"job": …, "execution": …}, "Items": [{"index": n, "item": …}, …]}
//
// and what comes of it a list of outcomes, one for each item. A worker takes a
// whole batch. A Processor and a Callback take one item, as do the workers of
// an Inline job: then EachItem takes the batch apart, and what states see of it
// is a batch of one.
//
//	Distributed  Map ─▶ children: Worker
//	             Map ─▶ children: EachItem ─▶ Processor or Worker ─▶ (ItemFailed)
//	Inline       Map ─▶ Worker or Processor ─▶ (ItemFailed)

// batchInput goes along with every batch: states inside a Distributed Map
// cannot see the variables outside it.
func (b *builder) batchInput() object {
	input := object{"job": b.job(), "execution": expression("$states.context.Execution.Id")}
	if !b.inline() { // where outcomes go that a payload has no room for
		input["outcomes"] = object{"bucket": b.results.BucketName(), "prefix": expression("%s & '/outcomes'", folder)}
	}
	if b.keepItems() {
		input["keepItems"] = true
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
		MaxInputBytesPerBatch: b.settings.BatchBytes,
		BatchInput:            &batchInput,
	})
	if b.byReference() { // what the Map takes for an item is the address of a chunk, a batch by itself
		item = object{"BatchInput": batchInput, "Chunk": expression("$states.context.Map.Item.Value")}
		batcher = nil
	}
	from := &b.source
	if b.settings.JobStart != nil {
		from = b.started()
	}
	var items awsstepfunctions.ProvideItems
	if from.Format == InputList {
		items = awsstepfunctions.ProvideItems_Jsonata(jsii.String(expression("$items")))
	}
	state := awsstepfunctions.DistributedMap_Jsonata(b.scope, jsii.String("Map"), &awsstepfunctions.DistributedMapJsonataProps{
		ItemReader:       from.reader(),
		Items:            items,
		ItemSelector:     &item,
		ItemBatcher:      batcher,
		MapExecutionType: executionType,
		MaxConcurrency:   b.settings.MaxConcurrency,
		// Passing these by whole batches means passing them by items too, so the
		// Map may end early; the verdict counts the items of the other batches.
		ToleratedFailurePercentage: b.toleratedByMap(),
		ToleratedFailureCount:      b.settings.ToleratedFailureCount,
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
	if b.settings.itemByItem() {
		state.ItemProcessor(b.eachItem(), nil)
	} else {
		state.ItemProcessor(b.worker(expression("$states.result.Payload")), nil)
	}
	return state
}

// toleratedByMap is the percentage that the Map ends early at. It counts chunks
// for items, which are not of one size: the last one may be a tenth of the
// chunks and a hundredth of the items. Only none of them is as good as no item.
func (b *builder) toleratedByMap() *float64 {
	if tolerated := b.settings.ToleratedFailurePercentage; !b.byReference() || tolerated == nil || *tolerated == 0 {
		return tolerated
	}
	return jsii.Number(100)
}

// eachItem has each item of a child's batch go through states of its own. All
// of them may be at it at once: MaxConcurrency counts children.
func (b *builder) eachItem() awsstepfunctions.Map {
	selector := object{
		"BatchInput": expression("$states.input.BatchInput"),
		"Items":      []any{expression("$states.context.Map.Item.Value")},
	}
	state := awsstepfunctions.Map_Jsonata(b.scope, jsii.String("EachItem"), &awsstepfunctions.MapJsonataProps{
		Items:        awsstepfunctions.ProvideItems_Jsonata(jsii.String(expression("$states.input.Items"))),
		ItemSelector: &selector,
	})
	state.ItemProcessor(b.oneItem(), nil)
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
	state.ItemProcessor(b.oneItem(), nil)
	return state
}

// oneItem is what a batch of one goes through. Whatever fails in it is one
// failed item, not the end of the Map.
func (b *builder) oneItem() awsstepfunctions.IChainable {
	outcome := object{
		"index":  expression("$states.input.Items[0].index"),
		"status": "FAILED",
		// A Fail state may have neither.
		"error": expression("$states.errorOutput.Error ? $states.errorOutput.Error : 'States.TaskFailed'"),
		"cause": expression("$states.errorOutput.Cause ? $substring($states.errorOutput.Cause, 0, 1000) : ''"),
	}
	if b.keepItems() {
		outcome["item"] = expression("$states.input.Items[0].item")
	}
	failed := awsstepfunctions.Pass_Jsonata(b.scope, jsii.String("ItemFailed"), nil)
	caught := &awsstepfunctions.CatchProps{Outputs: outcome}
	switch {
	case b.settings.Processor != nil:
		return b.processor().AddCatch(failed, caught)
	case b.settings.Callback != nil:
		return b.callback().AddCatch(failed, caught)
	}
	return b.worker(expression("$states.result.Payload[0]")).AddCatch(failed, caught)
}

// succeeded is the outcome of a state that has done an item by itself.
func succeeded(output string) object {
	const began = "$toMillis($states.context.State.EnteredTime)"
	return object{
		"index":     expression("$states.input.Items[0].index"),
		"status":    "SUCCEEDED",
		"output":    expression("%s", output),
		"startedAt": expression(began),
		"ms":        expression("$millis() - %s", began),
	}
}

// processor has the states of a person's own in its only branch.
func (b *builder) processor() awsstepfunctions.Parallel {
	state := awsstepfunctions.Parallel_Jsonata(b.scope, jsii.String("Processor"), &awsstepfunctions.ParallelJsonataProps{
		Arguments: &object{
			"index":     expression("$states.input.Items[0].index"),
			"item":      expression("$states.input.Items[0].item"),
			"job":       expression("$states.input.BatchInput.job"),
			"execution": expression("$states.input.BatchInput.execution"),
		},
		Outputs: succeeded("$states.result[0]"),
	})
	return state.Branch(b.settings.Processor)
}

// callback is the worker that hands on a task token. The token is the item's:
// with another one the other system would be asked twice.
func (b *builder) callback() awsstepfunctionstasks.LambdaInvoke {
	payload := object{
		"BatchInput": expression("$states.input.BatchInput"),
		"Items":      expression("$states.input.Items"),
		"TaskToken":  expression("$states.context.Task.Token"),
	}
	props := &awsstepfunctionstasks.LambdaInvokeJsonataProps{
		IntegrationPattern: awsstepfunctions.IntegrationPattern_WAIT_FOR_TASK_TOKEN,
		TaskTimeout:        awsstepfunctions.Timeout_Duration(b.settings.Callback.Timeout),
		Outputs:            succeeded("$states.result"),
	}
	if beat := b.settings.Callback.Heartbeat; beat != nil {
		props.HeartbeatTimeout = awsstepfunctions.Timeout_Duration(beat)
	}
	return b.invoke("Worker", b.settings.Worker, payload, props)
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
