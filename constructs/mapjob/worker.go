package mapjob

import (
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctionstasks"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/internal/jsonata"
	"github.com/mapjob/mapjob/constructs/internal/message"
	"github.com/mapjob/mapjob/constructs/internal/retry"
	"github.com/mapjob/mapjob/internal/protocol"
)

// This file has the states that handle items. A worker takes a batch
// (protocol.Batch) and answers with a list of outcomes (protocol.Outcome), one for
// each item. A Processor, a Callback and the workers of an Inline job take one
// item: EachItem then takes the batch apart, and the states inside it get a batch
// of one item.
//
//	Distributed  Map ─▶ children: Worker
//	             Map ─▶ children: EachItem ─▶ Processor or Worker ─▶ (ItemFailed)
//	Inline       Map ─▶ Worker or Processor ─▶ (ItemFailed)

// eachItem passes each item of a batch through its own states, all items at once:
// MaxConcurrency counts children.
func (b *builder) eachItem() awsstepfunctions.Map {
	var whole batch
	in := message.In("$states.input", &whole)
	selector := message.Object(&whole,
		message.Set(&whole.BatchInput, jsonata.Expression("%s", in(&whole.BatchInput))),
		message.Set(&whole.Items, []any{jsonata.Expression("$states.context.Map.Item.Value")}))
	state := awsstepfunctions.Map_Jsonata(b.scope, jsii.String(protocol.StateEachItem), &awsstepfunctions.MapJsonataProps{
		Items:        awsstepfunctions.ProvideItems_Jsonata(jsii.String(jsonata.Expression("%s", in(&whole.Items)))),
		ItemSelector: &selector,
	})
	state.ItemProcessor(b.oneItem(), nil)
	return state
}

// oneItem returns the states of one item. An error in them fails the item, not
// the Map.
func (b *builder) oneItem() awsstepfunctions.IChainable {
	index, item := only()
	var outcome protocol.Outcome
	members := []message.Member{
		message.Set(&outcome.Index, index),
		message.Set(&outcome.Status, protocol.Failed),
		// A Fail state may have no error and no cause, or long ones.
		message.Set(&outcome.Error, jsonata.Expression("$states.errorOutput.Error ? $substring($states.errorOutput.Error, 0, 200) : 'States.TaskFailed'")),
		message.Set(&outcome.Cause, jsonata.Expression("$states.errorOutput.Cause ? $substring($states.errorOutput.Cause, 0, 1000) : ''")),
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
	return b.worker(jsonata.Expression("$states.input"), b.bounded(b.withItem(b.answered()+"[0]"))).AddCatch(failed, caught)
}

// withItem returns an outcome of a batch of one, given as an expression, with the item
// if that failed and the job keeps it.
func (b *builder) withItem(answered string) string {
	if !b.keepItems() {
		return jsonata.Expression("%s", answered)
	}
	_, item := only()
	var outcome protocol.Outcome
	return jsonata.Expression("($only := %s; %s = '%s' ? $merge([$only, {'%s': %s}]) : $only)", answered,
		message.In("$only", &outcome)(&outcome.Status), protocol.Failed, message.Name(&outcome, &outcome.Item), jsonata.Inner(item))
}

// answered returns the expression of a worker's answer to a batch, if that is a list
// with one object for each item, by its index and in their order. Any other answer
// may lack items, or have those of other batches: it becomes a list of one
// protocol.BatchAnswer, for the summary to look at. The expression has a value for
// every answer, because an error would repeat the batch, whose work is done.
//
// If the job keeps items, each failed outcome in the list must have its item, too,
// which withItem adds in an Inline job. A BatchAnswer then has the items of the batch
// if both fit into a payload.
func (b *builder) answered() string {
	var whole batch
	var item indexed
	var outcome protocol.Outcome
	isWhole := "$answer.INDEX = $given and $type($answer) = 'array' and $count($answer) = $count($given) " +
		"and $count($answer[$type($) = 'object' and $type(INDEX) = 'number']) = $count($given)"
	other := batchAnswer(func(b *protocol.BatchAnswer) any { return &b.Given }, "[$given]", "$answer")
	if b.keepItems() {
		if !b.settings.mode.inline {
			isWhole += " and $not($exists($filter($zip($answer, ITEMS), function($o) { $not($o[0].STATUS = 'SUCCEEDED') and $not($o[0].KEPT = $o[1].ITEM) })))"
		}
		other = fmt.Sprintf("%s + %s > %d ? %s : %s", bytesOf("ITEMS"), bytesOf("$answer"), protocol.MaxPayload-100,
			other, batchAnswer(func(b *protocol.BatchAnswer) any { return &b.Items }, "ITEMS", "$answer"))
	}
	return strings.NewReplacer("ITEMS", message.In("$states.input", &whole)(&whole.Items), "INDEX", message.Name(&item, &item.Index),
		"ITEM", message.Name(&item, &item.Item), "STATUS", message.Name(&outcome, &outcome.Status), "KEPT", message.Name(&outcome, &outcome.Item),
		"SUCCEEDED", string(protocol.Succeeded)).Replace(
		"($answer := $states.result.Payload; $given := ITEMS.INDEX; " + isWhole + " ? $answer : [" + other + "])")
}

// answeredByReference returns the expression of a worker's answer to a chunk, with
// the chunk.
func answeredByReference() string {
	var whole batch
	chunk := message.In("$states.input", &whole)(&whole.Chunk)
	return "[" + batchAnswer(func(b *protocol.BatchAnswer) any { return &b.Chunk }, chunk, "$states.result.Payload") + "]"
}

// batchAnswer returns the expression of a protocol.BatchAnswer. Given by a field are
// the items or the chunk.
func batchAnswer(field func(*protocol.BatchAnswer) any, given, answer string) string {
	var b protocol.BatchAnswer
	return fmt.Sprintf("{'%s': %s, '%s': %s}", message.Name(&b, field(&b)), given, message.Name(&b, &b.Answer), answer)
}

// only returns the expressions of the index and the item of a batch of one.
func only() (index, item string) {
	var one batch
	var wrapped indexed
	in := message.In(message.In("$states.input", &one)(&one.Items)+"[0]", &wrapped)
	return jsonata.Expression("%s", in(&wrapped.Index)), jsonata.Expression("%s", in(&wrapped.Item))
}

// succeeded returns the outcome of a state that has done an item.
func succeeded(output string) jsonata.Object {
	const began = "$toMillis($states.context.State.EnteredTime)"
	index, _ := only()
	var outcome protocol.Outcome
	return message.Object(&outcome,
		message.Set(&outcome.Index, index),
		message.Set(&outcome.Status, protocol.Succeeded),
		message.Set(&outcome.Output, jsonata.Expression("%s", output)),
		message.Set(&outcome.StartedAt, jsonata.Expression(began)),
		message.Set(&outcome.Ms, jsonata.Expression("$millis() - %s", began)))
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
		message.Set(&arguments.Job, jsonata.Expression("%s", in(&input.Job))),
		message.Set(&arguments.Execution, jsonata.Expression("%s", in(&input.Execution))))
	state := awsstepfunctions.Parallel_Jsonata(b.scope, jsii.String(protocol.StateProcessor), &awsstepfunctions.ParallelJsonataProps{
		Arguments: &members,
		Outputs:   b.bounded(succeeded("$states.result[0]")),
	})
	b.processorState = state
	return state.Branch(b.settings.Processor(state))
}

// callback returns the worker that passes on a task token. A retry would have
// another token, and the other system would get a second request.
func (b *builder) callback() awsstepfunctionstasks.LambdaInvoke {
	var one batch
	in := message.In("$states.input", &one)
	payload := message.Object(&one,
		message.Set(&one.BatchInput, jsonata.Expression("%s", in(&one.BatchInput))),
		message.Set(&one.Items, jsonata.Expression("%s", in(&one.Items))),
		message.Set(&one.TaskToken, jsonata.Expression("$states.context.Task.Token")))
	props := &awsstepfunctionstasks.LambdaInvokeJsonataProps{
		IntegrationPattern: awsstepfunctions.IntegrationPattern_WAIT_FOR_TASK_TOKEN,
		TaskTimeout:        awsstepfunctions.Timeout_Duration(b.settings.Callback.Timeout),
		Outputs:            b.bounded(succeeded("$states.result")),
	}
	if interval := b.settings.Callback.Heartbeat; interval != nil {
		props.HeartbeatTimeout = awsstepfunctions.Timeout_Duration(interval)
	}
	task := b.invoke(protocol.StateWorker, b.functions.worker, payload, props)
	b.settings.retryWorkerService(task)
	return task
}

// byReference returns the worker of a chunk, which is told whether an earlier try did
// not end.
func (b *builder) byReference() awsstepfunctionstasks.LambdaInvoke {
	var whole batch
	in := message.In("$states.input", &whole)
	payload := message.Object(&whole,
		message.Set(&whole.BatchInput, jsonata.Expression("%s", in(&whole.BatchInput))),
		message.Set(&whole.Chunk, jsonata.Expression("%s", in(&whole.Chunk))),
		message.Set(&whole.RetryCount, jsonata.Expression("$states.context.State.RetryCount ? $states.context.State.RetryCount : 0")))
	return b.worker(payload, jsonata.Expression("%s", answeredByReference()))
}

func (b *builder) worker(payload, output any) awsstepfunctionstasks.LambdaInvoke {
	task := b.invoke(protocol.StateWorker, b.functions.worker, payload, &awsstepfunctionstasks.LambdaInvokeJsonataProps{Outputs: output})
	b.settings.retryWorkerService(task)
	task.AddRetry(retry.Never(protocol.ErrorInvalidInput)) // the same message would be refused again
	if *b.settings.WorkerRetries > 0 {
		task.AddRetry(retry.Of(*b.settings.WorkerRetries, 60, retry.All))
	}
	return task
}
