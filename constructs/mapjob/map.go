package mapjob

import (
	"encoding/json"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/internal/jsonata"
	"github.com/mapjob/mapjob/constructs/internal/message"
	"github.com/mapjob/mapjob/internal/protocol"
)

// The messages inside the Map. Their items may be any JSON.
type (
	batch   = protocol.Batch[json.RawMessage]
	indexed = protocol.Indexed[json.RawMessage]
)

// mapBefore returns the Map of a job. It continues with next.
func (b *builder) mapBefore(next awsstepfunctions.IChainable) awsstepfunctions.State {
	if b.settings.mode.inline {
		state := b.inlineMap()
		state.Next(next)
		return state
	}
	state := b.distributedMap()
	if b.settings.bringsRerunMap() {
		b.rerunMap = b.rerunMapBefore(next, state)
	}
	state.Next(next)
	state.AddCatch(next, mapEndedEarly())
	return state
}

// mapEndedEarly catches the error of a Map that ended early, for which the summary
// accounts as well.
func mapEndedEarly() *awsstepfunctions.CatchProps {
	return &awsstepfunctions.CatchProps{Errors: jsii.Strings("States.ExceedToleratedFailureThreshold")}
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
			message.Set(&chunked.Chunk, jsonata.Expression("$states.context.Map.Item.Value")))
	} else {
		props := &awsstepfunctions.ItemBatcherProps{MaxItemsPerBatch: mode.batchSize, MaxInputBytesPerBatch: mode.batchBytes, BatchInput: &batchInput}
		batcher = awsstepfunctions.NewItemBatcher(props)
		if b.settings.mapReader.readsLines() {
			batcher = newRerunBatcher(props)
		}
	}
	reader := &b.settings.mapReader
	var items awsstepfunctions.ProvideItems
	if reader.inInput() {
		items = awsstepfunctions.ProvideItems_Jsonata(jsii.String(jsonata.Expression("$items")))
	}
	var results protocol.Results
	prefix := jsonata.Expression("%s", message.In("$results", &results)(&results.Prefix))
	resultsAfterMap := message.Object(&results,
		message.Set(&results.Bucket, jsonata.Expression("$states.result.ResultWriterDetails.Bucket")),
		message.Set(&results.Prefix, prefix),
		message.Set(&results.Manifest, jsonata.Expression("$states.result.ResultWriterDetails.Key")))
	state := awsstepfunctions.DistributedMap_Jsonata(b.scope, jsii.String(protocol.StateMap), &awsstepfunctions.DistributedMapJsonataProps{
		ItemReader:       reader.forMap(),
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
		ResultWriterV2: newResultWriter(&awsstepfunctions.ResultWriterV2Props{
			Bucket: b.results,
			Prefix: &prefix,
			WriterConfig: awsstepfunctions.NewWriterConfig(&awsstepfunctions.WriterConfigProps{
				OutputType:     awsstepfunctions.OutputType_JSONL,
				Transformation: awsstepfunctions.Transformation_FLATTEN,
			}),
		}),
		Assign:  &jsonata.Object{"results": resultsAfterMap},
		Outputs: jsonata.Expression("$states.result"),
	})
	switch {
	case b.settings.itemByItem():
		state.ItemProcessor(b.eachItem(), nil)
	case mode.byReference:
		state.ItemProcessor(b.byReference(), nil)
	default:
		state.ItemProcessor(b.worker(jsonata.Expression("$states.input"), jsonata.Expression("%s", b.answered())), nil)
	}
	return state
}

// rerunBatcher is an item batcher whose batches are as small as a rerun asks. The CDK
// takes a number only.
type rerunBatcher struct {
	awsstepfunctions.ItemBatcher
	known awsstepfunctions.ItemBatcher
	most  *float64
}

func newRerunBatcher(props *awsstepfunctions.ItemBatcherProps) awsstepfunctions.ItemBatcher {
	batcher := &rerunBatcher{known: awsstepfunctions.NewItemBatcher(props), most: props.MaxItemsPerBatch}
	awsstepfunctions.NewItemBatcher_Override(batcher, props)
	return batcher
}

// Render implements the CDK's ItemBatcher.
func (r *rerunBatcher) Render() any {
	batcher := rendered(r.known.Render()).(map[string]any)
	batcher["MaxItemsPerBatch"] = upTo(r.most)
	return batcher
}

// upTo returns the expression of how many items a batch or a chunk has, at most: as
// many as in any execution, or fewer in a rerun with a batch size.
func upTo(most *float64) any {
	var rerun protocol.Rerun
	return jsonata.Expression("$min([%s, %s])", jsonata.Literal(most), message.In("$"+rerunVariable, &rerun)(&rerun.BatchSize))
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

func (b *builder) inlineMap() awsstepfunctions.Map {
	var one batch
	selector := message.Object(&one,
		message.Set(&one.BatchInput, b.batchInput()),
		message.Set(&one.Items, []any{b.item()}))
	var outcome protocol.Outcome
	var account protocol.Account
	count := func(condition string, args ...any) string {
		return jsonata.Expression("$count($states.result["+strings.ReplaceAll(condition, "STATUS", message.Name(&outcome, &outcome.Status))+"])", args...)
	}
	state := awsstepfunctions.Map_Jsonata(b.scope, jsii.String(protocol.StateMap), &awsstepfunctions.MapJsonataProps{
		Items:          awsstepfunctions.ProvideItems_Jsonata(jsii.String(jsonata.Expression("$items"))),
		ItemSelector:   &selector,
		MaxConcurrency: b.settings.mode.maxConcurrency,
		Assign: &jsonata.Object{
			"results": jsonata.Expression("$states.result"),
			"account": message.Object(&account,
				message.Set(&account.Total, jsonata.Expression("$count($states.result)")),
				message.Set(&account.Succeeded, count("STATUS = '%s'", protocol.Succeeded)),
				message.Set(&account.Failed, count("STATUS = '%s'", protocol.Failed)),
				message.Set(&account.Missing, count("$not(STATUS in ['%s', '%s'])", protocol.Succeeded, protocol.Failed))),
		},
		Outputs: jsonata.Expression("$states.result"),
	})
	state.ItemProcessor(b.oneItem(), nil)
	return state
}

// item wraps an item with its index, by which its outcome is accounted for.
func (b *builder) item() jsonata.Object {
	var item indexed
	return message.Object(&item,
		message.Set(&item.Index, jsonata.Expression("$states.context.Map.Item.Index")),
		message.Set(&item.Item, jsonata.Expression("$states.context.Map.Item.Value")))
}

// batchInput returns what travels with every batch: states inside a Distributed
// Map can't see variables outside it.
func (b *builder) batchInput() jsonata.Object {
	var input protocol.BatchInput
	members := []message.Member{
		message.Set(&input.Version, protocol.Version),
		message.Set(&input.Job, b.job()),
		message.Set(&input.Execution, executionARN),
	}
	if !b.settings.mode.inline {
		members = append(members, message.Set(&input.Outcomes, b.folder(protocol.OutcomesFolder)))
	}
	if b.keepItems() && !b.settings.mode.inline {
		members = append(members, message.Set(&input.KeepItems, true))
	}
	return message.Object(&input, members...)
}

// keepItems reports whether outcomes of failed items have to carry the items,
// because the job has not stored them: a Source's object may be another one when
// the summary runs. An Inline job stores no items, and keeps them for reruns.
func (b *builder) keepItems() bool {
	if b.settings.mode.inline {
		return b.settings.canRerun()
	}
	return b.functions.jobStart == nil
}
