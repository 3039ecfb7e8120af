package mapjob

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctionstasks"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/internal/jsonata"
	"github.com/mapjob/mapjob/constructs/internal/message"
	"github.com/mapjob/mapjob/internal/protocol"
)

func (b *builder) jobStart() awsstepfunctionstasks.LambdaInvoke {
	if b.settings.bringsChunker() {
		return b.start(protocol.StateJobStart, b.functions.jobStart, b.settings.sourceReader.forChunker(), upTo)
	}
	return b.start(protocol.StateJobStart, b.functions.jobStart, jsonata.Expression("$states.input"), func(most *float64) any { return most })
}

// readRerun reads the items of a rerun in place of the job start, if they have to be
// in chunks or in the data.
func (b *builder) readRerun() awsstepfunctionstasks.LambdaInvoke {
	rerun := lines()
	return b.start(protocol.StateReadRerun, b.functions.rerun, rerun.description(), upTo)
}

// start returns a task that invokes a job start. chunk returns how many items a chunk
// has, at most.
func (b *builder) start(id string, function awslambda.IFunction, input any, chunk func(most *float64) any) awsstepfunctionstasks.LambdaInvoke {
	assign := jsonata.Object{"items": b.yielded(), "results": b.emptyResults()}
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
		payload = append(payload, message.Set(&request.ChunkSize, chunk(b.settings.mode.chunkSize)))
	}
	task := b.invoke(id, function, message.Object(&request, payload...),
		&awsstepfunctionstasks.LambdaInvokeJsonataProps{Assign: &assign, Outputs: jsonata.Object{}})
	retryService(task, throttles, maxDelaySeconds)
	retryFailures(task)
	return task
}

// yielded returns the value of the variable items after the job start.
func (b *builder) yielded() any {
	const answer = "$states.result.Payload"
	if b.settings.mode.inline {
		return jsonata.Expression("%s", itemsOf(answer))
	}
	var items protocol.Items
	beside := []string{message.Name(&items, &items.Count)}
	if b.settings.mode.byReference {
		beside = append(beside, message.Name(&items, &items.Chunked))
	}
	return b.settings.mapReader.taken(answer, nil, beside...)
}

func (b *builder) readInput() awsstepfunctions.Pass {
	return awsstepfunctions.Pass_Jsonata(b.scope, jsii.String(protocol.StateReadInput), &awsstepfunctions.PassJsonataProps{
		Assign: &jsonata.Object{
			"items":   b.settings.sourceReader.location(),
			"results": b.emptyResults(),
		},
		Outputs: jsonata.Object{},
	})
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

// checkSource fails an execution whose input does not say where the items are.
func (b *builder) checkSource(next awsstepfunctions.IChainable) awsstepfunctions.Choice {
	valid, expected := b.settings.sourceReader.valid()
	check := awsstepfunctions.Choice_Jsonata(b.scope, jsii.String("CheckSource"), nil)
	b.refuseOthers(check, valid)
	check.When(jsonata.Condition("%s", valid), next, jsonata.When("it says where the items are"))
	check.Otherwise(b.invalidInput("InvalidSource", "the input", expected))
	return check
}

// checkItems fails an execution without items to read, and skips the Map if there
// are none: a Distributed Map can't read an empty object.
func (b *builder) checkItems(mapState awsstepfunctions.State, afterMap awsstepfunctions.IChainable) awsstepfunctions.Choice {
	valid, expected := b.settings.mapReader.valid()
	origin, none := "the input", ""
	if b.functions.jobStart != nil {
		var items protocol.Items
		in := message.In("$items", &items)
		origin = "the job start"
		if b.settings.mode.byReference {
			valid += fmt.Sprintf(" and %s = true", in(&items.Chunked))
			expected = strings.TrimSuffix(expected, "}}") + fmt.Sprintf(`, "%s": true}}`, message.Name(&items, &items.Chunked))
		}
		expected += ", as a handler made with job.Start gives them"
		none = in(&items.Count) + " = 0"
		if !b.settings.mode.inline {
			valid += strings.NewReplacer("COUNT", in(&items.Count), "MOST", strconv.Itoa(protocol.MaxItems)).
				Replace(" and ($type(COUNT) = 'number' ? COUNT >= 0 and COUNT <= MOST and COUNT = $floor(COUNT) : $not($exists(COUNT)))")
		}
	}
	if b.inputHasItems() {
		none = "$count($items) = 0"
	}
	check := awsstepfunctions.Choice_Jsonata(b.scope, jsii.String("CheckItems"), nil)
	if !b.settings.mode.inline && none != "" {
		check.When(jsonata.Condition("%s and %s", valid, none), afterMap, jsonata.When("nothing to do"))
	}
	if b.functions.jobStart == nil {
		b.refuseOthers(check, valid)
	}
	toMap := jsonata.When("there are items")
	if b.settings.mode.inline {
		b.tooManyItems(check, valid)
		toMap.Assign = b.spare()
	}
	check.When(jsonata.Condition("%s", valid), mapState, toMap)
	check.Otherwise(b.invalidInput("InvalidInput", origin, expected))
	return check
}

// refuseOthers fails an execution whose input names an object that the job does not
// take items from. Its role may not read it either, but that error would name no
// rule.
func (b *builder) refuseOthers(check awsstepfunctions.Choice, valid string) {
	allowed, expected := b.settings.sourceReader.allowed(b.results)
	if allowed == "" {
		return
	}
	var items protocol.Items
	in := message.In("$items", &items)
	refused := awsstepfunctions.Fail_Jsonata(b.scope, jsii.String("NotAllowed"), &awsstepfunctions.FailJsonataProps{
		Error: jsii.String(protocol.ErrorNotAllowed),
		Cause: jsii.String(jsonata.Expression("'got items in the bucket ' & $substring(%s, 0, 100) & ' with the key ' & $substring(%s, 0, 500) & ', expected ' & %s",
			in(&items.Bucket), in(&items.Key), expected)),
	})
	check.When(jsonata.Condition("%s and $not(%s)", valid, allowed), refused, jsonata.When("not the job's own, nor of an allowed bucket"))
}

func (b *builder) invalidInput(id, origin, expected string) awsstepfunctions.Fail {
	return awsstepfunctions.Fail_Jsonata(b.scope, jsii.String(id), &awsstepfunctions.FailJsonataProps{
		Error: jsii.String(protocol.ErrorInvalidInput),
		Cause: jsii.String(jsonata.Expression("'got no items from %s but ' & $substring($string($items), 0, 500) & ', expected %s'", origin, expected)),
	})
}
