package mapjob

import (
	"encoding/json"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctionstasks"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/internal/message"
	"github.com/mapjob/mapjob/internal/protocol"
)

// This file has the Map and the states inside it. A worker takes a batch
// (protocol.Batch) and answers with a list of outcomes (protocol.Outcome), one for
// each item. A Processor, a Callback and the workers of an Inline job take one
// item: EachItem then takes the batch apart, and the states inside it get a batch
// of one item.
//
//	Distributed  Map ─▶ children: Worker
//	             Map ─▶ children: EachItem ─▶ Processor or Worker ─▶ (ItemFailed)
//	Inline       Map ─▶ Worker or Processor ─▶ (ItemFailed)

// The messages inside the Map. Their items may be any JSON.
type (
	batch   = protocol.Batch[json.RawMessage]
	indexed = protocol.Indexed[json.RawMessage]
)

// batchInput returns what travels with every batch: states inside a Distributed
// Map can't see variables outside it.
func (b *builder) batchInput() object {
	var input protocol.BatchInput
	members := []message.Member{
		message.Set(&input.Version, protocol.Version),
		message.Set(&input.Job, b.job()),
		message.Set(&input.Execution, executionARN),
	}
	if !b.settings.mode.inline {
		members = append(members, message.Set(&input.Outcomes, b.folder(protocol.OutcomesFolder)))
	}
	if b.keepItems() {
		members = append(members, message.Set(&input.KeepItems, true))
	}
	return message.Object(&input, members...)
}

// item wraps an item with its index, by which its outcome is accounted.
func (b *builder) item() object {
	var item indexed
	return message.Object(&item,
		message.Set(&item.Index, expression("$states.context.Map.Item.Index")),
		message.Set(&item.Item, expression("$states.context.Map.Item.Value")))
}

func (b *builder) distributedMap() awsstepfunctions.DistributedMap {
	mode := &b.settings.mode
	executionType := awsstepfunctions.StateMachineType_STANDARD
	if mode.express {
		executionType = awsstepfunctions.StateMachineType_EXPRESS
	}
	item, batchInput := b.item(), b.batchInput()
	var batcher awsstepfunctions.ItemBatcher
	if mode.byReference { // the Map iterates over chunks, each of which is a batch
		var chunked batch
		item = message.Object(&chunked,
			message.Set(&chunked.BatchInput, batchInput),
			message.Set(&chunked.Chunk, expression("$states.context.Map.Item.Value")))
	} else {
		batcher = awsstepfunctions.NewItemBatcher(&awsstepfunctions.ItemBatcherProps{
			MaxItemsPerBatch:      mode.batchSize,
			MaxInputBytesPerBatch: mode.batchBytes,
			BatchInput:            &batchInput,
		})
	}
	from := &b.settings.source
	if b.settings.JobStart != nil {
		from = b.yielded()
	}
	var items awsstepfunctions.ProvideItems
	if from.inInput() {
		items = awsstepfunctions.ProvideItems_Jsonata(jsii.String(expression("$items")))
	}
	var results protocol.Results
	prefix := expression("%s", message.In("$results", &results)(&results.Prefix))
	resultsAfterMap := message.Object(&results,
		message.Set(&results.Bucket, expression("$states.result.ResultWriterDetails.Bucket")),
		message.Set(&results.Prefix, prefix),
		message.Set(&results.Manifest, expression("$states.result.ResultWriterDetails.Key")))
	state := awsstepfunctions.DistributedMap_Jsonata(b.scope, jsii.String(protocol.StateMap), &awsstepfunctions.DistributedMapJsonataProps{
		ItemReader:       from.reader(),
		Items:            items,
		ItemSelector:     &item,
		ItemBatcher:      batcher,
		MapExecutionType: executionType,
		Label:            jsii.String(protocol.MapLabel),
		MaxConcurrency:   mode.maxConcurrency,
		// A Map Run counts all items of a failed batch. If those are too many, so
		// are the failed items, and the Map may end early. The verdict counts the
		// items that failed in other batches.
		ToleratedFailurePercentage: b.toleratedByMap(),
		ToleratedFailureCount:      b.settings.ToleratedFailureCount,
		ResultWriterV2: awsstepfunctions.NewResultWriterV2(&awsstepfunctions.ResultWriterV2Props{
			Bucket: b.results,
			Prefix: &prefix,
			WriterConfig: awsstepfunctions.NewWriterConfig(&awsstepfunctions.WriterConfigProps{
				OutputType:     awsstepfunctions.OutputType_JSONL,
				Transformation: awsstepfunctions.Transformation_FLATTEN,
			}),
		}),
		Assign:  &object{"results": resultsAfterMap},
		Outputs: expression("$states.result"),
	})
	if b.settings.itemByItem() {
		state.ItemProcessor(b.eachItem(), nil)
	} else {
		state.ItemProcessor(b.worker(expression("$states.result.Payload")), nil)
	}
	return state
}

// toleratedByMap returns the percentage at which the Map ends early. By reference
// the Map counts chunks, whose sizes differ: the last one may be a tenth of the
// chunks and a hundredth of the items. Only zero means the same for both.
func (b *builder) toleratedByMap() *float64 {
	if tolerated := b.settings.ToleratedFailurePercentage; !b.settings.mode.byReference || tolerated == nil || *tolerated == 0 {
		return tolerated
	}
	return jsii.Number(100)
}

// eachItem passes each item of a batch through states of its own, all items at
// once: MaxConcurrency counts children.
func (b *builder) eachItem() awsstepfunctions.Map {
	var whole batch
	in := message.In("$states.input", &whole)
	selector := message.Object(&whole,
		message.Set(&whole.BatchInput, expression("%s", in(&whole.BatchInput))),
		message.Set(&whole.Items, []any{expression("$states.context.Map.Item.Value")}))
	state := awsstepfunctions.Map_Jsonata(b.scope, jsii.String(protocol.StateEachItem), &awsstepfunctions.MapJsonataProps{
		Items:        awsstepfunctions.ProvideItems_Jsonata(jsii.String(expression("%s", in(&whole.Items)))),
		ItemSelector: &selector,
	})
	state.ItemProcessor(b.oneItem(), nil)
	return state
}

func (b *builder) inlineMap() awsstepfunctions.Map {
	var one batch
	selector := message.Object(&one,
		message.Set(&one.BatchInput, b.batchInput()),
		message.Set(&one.Items, []any{b.item()}))
	var outcome protocol.Outcome
	var account protocol.Account
	count := func(comparison string) string {
		return expression("$count($states.result[%s %s '%s'])", message.Name(&outcome, &outcome.Status), comparison, protocol.Succeeded)
	}
	state := awsstepfunctions.Map_Jsonata(b.scope, jsii.String(protocol.StateMap), &awsstepfunctions.MapJsonataProps{
		Items:          awsstepfunctions.ProvideItems_Jsonata(jsii.String(expression("$items"))),
		ItemSelector:   &selector,
		MaxConcurrency: b.settings.mode.maxConcurrency,
		Assign: &object{
			"results": expression("$states.result"),
			"account": message.Object(&account,
				message.Set(&account.Total, expression("$count($states.result)")),
				message.Set(&account.Succeeded, count("=")),
				message.Set(&account.Failed, count("!=")),
				message.Set(&account.Missing, 0)),
		},
		Outputs: expression("$states.result"),
	})
	state.ItemProcessor(b.oneItem(), nil)
	return state
}

// only returns the expressions of the index and the item of a batch of one.
func only() (index, item string) {
	var one batch
	var wrapped indexed
	in := message.In(message.In("$states.input", &one)(&one.Items)+"[0]", &wrapped)
	return expression("%s", in(&wrapped.Index)), expression("%s", in(&wrapped.Item))
}

// oneItem returns the states of one item. An error in them fails the item, not
// the Map.
func (b *builder) oneItem() awsstepfunctions.IChainable {
	index, item := only()
	var outcome protocol.Outcome
	members := []message.Member{
		message.Set(&outcome.Index, index),
		message.Set(&outcome.Status, protocol.Failed),
		// A Fail state may have no error and no cause.
		message.Set(&outcome.Error, expression("$states.errorOutput.Error ? $states.errorOutput.Error : 'States.TaskFailed'")),
		message.Set(&outcome.Cause, expression("$states.errorOutput.Cause ? $substring($states.errorOutput.Cause, 0, 1000) : ''")),
	}
	if b.keepItems() {
		members = append(members, message.Set(&outcome.Item, item))
	}
	failed := awsstepfunctions.Pass_Jsonata(b.scope, jsii.String("ItemFailed"), nil)
	caught := &awsstepfunctions.CatchProps{Outputs: b.bounded(message.Object(&outcome, members...))}
	switch {
	case b.settings.Processor != nil:
		return b.processor().AddCatch(failed, caught)
	case b.settings.Callback != nil:
		return b.callback().AddCatch(failed, caught)
	}
	return b.worker(b.bounded(expression("$states.result.Payload[0]"))).AddCatch(failed, caught)
}

// succeeded returns the outcome of a state that has done an item.
func succeeded(output string) object {
	const began = "$toMillis($states.context.State.EnteredTime)"
	index, _ := only()
	var outcome protocol.Outcome
	return message.Object(&outcome,
		message.Set(&outcome.Index, index),
		message.Set(&outcome.Status, protocol.Succeeded),
		message.Set(&outcome.Output, expression("%s", output)),
		message.Set(&outcome.StartedAt, expression(began)),
		message.Set(&outcome.Ms, expression("$millis() - %s", began)))
}

// processor returns a Parallel state whose one branch has the user's states.
func (b *builder) processor() awsstepfunctions.Parallel {
	index, item := only()
	var one batch
	var input protocol.BatchInput
	in := message.In(message.In("$states.input", &one)(&one.BatchInput), &input)
	var arguments protocol.ProcessorInput
	members := message.Object(&arguments,
		message.Set(&arguments.Index, index),
		message.Set(&arguments.Item, item),
		message.Set(&arguments.Job, expression("%s", in(&input.Job))),
		message.Set(&arguments.Execution, expression("%s", in(&input.Execution))))
	state := awsstepfunctions.Parallel_Jsonata(b.scope, jsii.String(protocol.StateProcessor), &awsstepfunctions.ParallelJsonataProps{
		Arguments: &members,
		Outputs:   b.bounded(succeeded("$states.result[0]")),
	})
	b.defined.processor = state
	return state.Branch(b.settings.Processor(state))
}

// callback returns the worker that passes on a task token. A retry would have
// another token, and the other system would get a second request.
func (b *builder) callback() awsstepfunctionstasks.LambdaInvoke {
	var one batch
	in := message.In("$states.input", &one)
	payload := message.Object(&one,
		message.Set(&one.BatchInput, expression("%s", in(&one.BatchInput))),
		message.Set(&one.Items, expression("%s", in(&one.Items))),
		message.Set(&one.TaskToken, expression("$states.context.Task.Token")))
	props := &awsstepfunctionstasks.LambdaInvokeJsonataProps{
		IntegrationPattern: awsstepfunctions.IntegrationPattern_WAIT_FOR_TASK_TOKEN,
		TaskTimeout:        awsstepfunctions.Timeout_Duration(b.settings.callbackTimeout),
		Outputs:            b.bounded(succeeded("$states.result")),
	}
	if interval := b.settings.callbackInterval; interval != nil {
		props.HeartbeatTimeout = awsstepfunctions.Timeout_Duration(interval)
	}
	task := b.invoke(protocol.StateWorker, b.settings.worker, payload, props)
	b.settings.retryWorkerService(task)
	return task
}

func (b *builder) worker(output any) awsstepfunctionstasks.LambdaInvoke {
	task := b.invoke(protocol.StateWorker, b.settings.worker, expression("$states.input"), &awsstepfunctionstasks.LambdaInvokeJsonataProps{Outputs: output})
	b.settings.retryWorkerService(task)
	task.AddRetry(&awsstepfunctions.RetryProps{ // the same message would be refused again
		Errors:      jsii.Strings(protocol.ErrorInvalidInput),
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
