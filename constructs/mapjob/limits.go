package mapjob

import (
	"fmt"
	"strconv"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/internal/jsonata"
	"github.com/mapjob/mapjob/constructs/internal/message"
	"github.com/mapjob/mapjob/constructs/internal/waiting"
	"github.com/mapjob/mapjob/constructs/joblock"
	"github.com/mapjob/mapjob/internal/protocol"
)

// This file keeps executions within the limits of Step Functions ("Service
// quotas"). An execution over a limit ends with States.DataLimitExceeded or
// States.Runtime, which nothing catches, so the job refuses by name what would
// exceed one.

const (
	// maxEvents is how many events a Standard execution's history holds, and
	// otherEvents is room for those that are not of items.
	maxEvents   = 25_000
	otherEvents = 500

	// lookEvents is how many events a check of the lock adds.
	lookEvents = 16

	// outcomeBytes is the room for what an outcome has in addition to its output.
	outcomeBytes = 250
)

// spareBytes is the variable with the bytes that an outcome of an Inline job may
// have in addition to those of its item.
const spareBytes = "jobSpareBytes"

// bytesOf returns the expression of the size of a value's JSON in bytes of UTF-8.
// JSONata counts characters only, but the URL encoding has three characters for
// each byte that is not a plain letter.
func bytesOf(value string) string {
	return fmt.Sprintf("($url := $encodeUrlComponent($string(%s)); 2 * $length($replace($url, '%%', '')) - $length($url))", value)
}

// checkInput fails an execution whose input is too large or has members for the job
// itself that it does not take, before it takes a lock.
func (b *builder) checkInput(next awsstepfunctions.IChainable) awsstepfunctions.Choice {
	check := awsstepfunctions.Choice_Jsonata(b.scope, jsii.String("CheckInput"), &awsstepfunctions.ChoiceJsonataProps{Assign: b.atStart(noRerun)})
	// A character takes four bytes at most.
	check.When(jsonata.Condition("$length($string($states.input)) > %d ? %s > %d : false", protocol.MaxInput/4, bytesOf("$states.input"), protocol.MaxInput), awsstepfunctions.Fail_Jsonata(b.scope, jsii.String("InputTooLarge"), &awsstepfunctions.FailJsonataProps{
		Error: jsii.String(protocol.ErrorInputTooLarge),
		Cause: jsii.String(jsonata.Expression("'got an input of ' & $string(%s) & ' bytes of JSON, expected at most %d: store the items in S3'",
			bytesOf("$states.input"), protocol.MaxInput)),
	}), jsonata.When("larger than a job can take"))
	if b.settings.canRerun() {
		check.When(jsonata.Condition(hasControls), b.checkRerun(next), jsonata.When("a rerun"))
	} else {
		b.cannotRerun(check)
	}
	return check.Otherwise(next)
}

// inlineBytes returns the expression of the bytes that the items of an Inline job
// take, with their outcomes. The summary gets the input together with the outcomes.
func (b *builder) inlineBytes() string {
	if b.functions.summary == nil {
		return strconv.Itoa(protocol.MaxInput)
	}
	return fmt.Sprintf("(%d - %s)", protocol.MaxInput, bytesOf("$input"))
}

// inlineItems returns how many items an Inline job may have: its history has to
// hold their events if each item is retried as often as possible.
func (s *settings) inlineItems() int {
	events := maxEvents - otherEvents
	if wait, ok := s.Overlap.(*joblock.Wait); ok {
		rule := waiting.Rule{Limit: wait.Limit, PollEvery: wait.PollEvery}
		events -= int(lookEvents * (rule.LimitSeconds()/rule.PollSeconds() + 1))
	}
	return events / s.itemEvents(inlineThrottles)
}

// itemEvents returns how many events an item with its own states adds to a history,
// at most: those of the iteration, of the task and of ItemFailed, one more with a
// task token, and three for each try. The states of a Processor count as a worker
// that is not retried.
func (s *settings) itemEvents(throttles int) int {
	tries := 1 + throttles
	if s.Worker != nil {
		tries += int(*s.WorkerRetries)
	}
	return 7 + 3*tries
}

// tooManyItems fails an Inline job whose items are too many.
func (b *builder) tooManyItems(check awsstepfunctions.Choice, valid string) {
	most := b.settings.inlineItems()
	failed := awsstepfunctions.Fail_Jsonata(b.scope, jsii.String("TooManyItems"), &awsstepfunctions.FailJsonataProps{
		Error: jsii.String(protocol.ErrorTooManyItems),
		Cause: jsii.String(jsonata.Expression("'got ' & $string($count($items)) & ' items of ' & $string(%s) & ' bytes, expected at most %d, and at most ' & $string(%s) & "+
			"' bytes with %d more for each: use Distributed mode'", bytesOf("$items"), most, b.inlineBytes(), outcomeBytes)),
	})
	check.When(jsonata.Condition("%s and ($count($items) > %d or %s + %d * $count($items) > %s)", valid, most, bytesOf("$items"), outcomeBytes, b.inlineBytes()), failed, jsonata.When("more than an Inline job can take"))
}

// spare returns the assignment of the variable spareBytes.
func (b *builder) spare() *jsonata.Object {
	return &jsonata.Object{spareBytes: jsonata.Expression("$floor((%s - %s) / $max([1, $count($items)]))", b.inlineBytes(), bytesOf("$items"))}
}

// bounded returns the outcome of an item, given as an expression or an object. The
// outcomes of an Inline job have to fit into its data together, so each has as many
// bytes as its item and an equal share of those that are left. A larger result fails
// its item.
func (b *builder) bounded(outcome any) any {
	if !b.settings.mode.inline {
		return outcome
	}
	index, item := only()
	var large protocol.Outcome
	in := message.In("$outcome", &large)
	status, name := in(&large.Status), in(&large.Error)
	members := []message.Member{
		message.Set(&large.Index, index),
		message.Set(&large.Status, protocol.Failed),
		message.Set(&large.Error, jsonata.Expression("%s = '%s' ? $substring($string(%s), 0, 50) : '%s'", status, protocol.Failed, name, protocol.ErrorResultTooLarge)),
		message.Set(&large.Cause, jsonata.Expression("'got an outcome of ' & $string($size) & ' bytes, expected at most ' & $string($room)")),
	}
	if b.keepItems() {
		members = append(members, message.Set(&large.Item, item))
	}
	return jsonata.Expression("($outcome := %s; $size := %s; $room := $%s + %s; $size > $room ? %s : $outcome)",
		jsonata.Literal(outcome), bytesOf("$outcome"), spareBytes, bytesOf(jsonata.Inner(item)), jsonata.Literal(message.Object(&large, members...)))
}
